"""Who can respond to a page, by the user list as it is now."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ccm_pagerduty.views.row_builder import USER

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.row_builder import RowBuilder

STAKEHOLDER_ROLES = frozenset({"read_only_user", "read_only_limited_user"})
"""Roles that can view incidents and cannot respond to them."""

PRIVILEGED_ROLES = frozenset({"owner", "admin"})
"""Roles that can change everything."""

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
"""The product's name of each base role."""


class ResponderState(StrEnum):
    """Whether a referenced user can respond."""

    ACTIVE = "active"
    """Accepted the invitation and can respond."""
    DELETED = "deleted"
    """Not among the users any more; only the reference remains."""
    STAKEHOLDER = "stakeholder"
    """Can view incidents, cannot respond."""
    INVITED = "invited"
    """Has not accepted the invitation."""
    UNKNOWN = "unknown"
    """The user record does not say."""


def responder_state(ref: JsonObject, builder: RowBuilder) -> ResponderState:
    """Return the state of a referenced user."""
    record = builder.find(USER, ref["id"])
    if record is None or ref.get("deleted_at"):
        return ResponderState.DELETED
    role, invited = record.body.get("role"), record.body.get("invitation_sent")
    if role in STAKEHOLDER_ROLES:
        return ResponderState.STAKEHOLDER
    if invited:
        return ResponderState.INVITED
    unknown = role is None or invited is None
    return ResponderState.UNKNOWN if unknown else ResponderState.ACTIVE
