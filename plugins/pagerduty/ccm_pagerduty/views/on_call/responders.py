"""Who can answer a page: people as PagerDuty's user list shows them now."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ccm_pagerduty.views.row_builder import USER

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.row_builder import RowBuilder

STAKEHOLDER_ROLES = frozenset({"read_only_user", "read_only_limited_user"})
"""Roles that may look and cannot respond."""

PRIVILEGED_ROLES = frozenset({"owner", "admin"})
"""Roles that may change everything."""

ROLE_NAMES = {
    "owner": "Account Owner",
    "admin": "Global Admin",
    "user": "Manager",
    "limited_user": "Responder",
    "observer": "Observer",
    "restricted_access": "Restricted Access",
    "read_only_user": "Full Stakeholder",
    "read_only_limited_user": "Limited Stakeholder",
}
"""What the product calls each base role."""


class ResponderState(StrEnum):
    """What stands behind a reference to a user."""

    ACTIVE = "active"
    """A user who accepted the invitation and may respond."""
    DELETED = "deleted"
    """Not among the users any more; the reference is all that is left."""
    STAKEHOLDER = "stakeholder"
    """May look, cannot respond."""
    INVITED = "invited"
    """Has not accepted the invitation."""
    UNKNOWN = "unknown"
    """The user record does not say."""


def responder_state(ref: JsonObject, trail: RowBuilder) -> ResponderState:
    """Tell what stands behind a reference to a user."""
    record = trail.find(USER, ref["id"])
    if record is None or ref.get("deleted_at"):
        return ResponderState.DELETED
    role, invited = record.body.get("role"), record.body.get("invitation_sent")
    if role in STAKEHOLDER_ROLES:
        return ResponderState.STAKEHOLDER
    if invited:
        return ResponderState.INVITED
    return ResponderState.UNKNOWN if role is None or invited is None else ResponderState.ACTIVE


def single_person(living: AbstractSet[str], *, resolved: bool) -> bool | None:
    """Tell whether everything hangs on one person; None where there may be others.

    Args:
        living: The ids of those who can answer.
        resolved: Whether the evidence tells of everybody.
    """
    if len(living) > 1:
        return False
    return len(living) == 1 if resolved else None
