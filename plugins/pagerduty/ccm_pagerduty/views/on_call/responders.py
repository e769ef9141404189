"""Who can respond to a page, and whom it reaches, by the user list as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.on_call.notification import APP, first_notification, method_type
from ccm_pagerduty.views.row_builder import USER

if TYPE_CHECKING:
    from datetime import timedelta

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.row_builder import RowBuilder

STAKEHOLDER_ROLES = frozenset({"read_only_user", "read_only_limited_user"})
"""Roles that can view incidents and cannot respond to them."""

OWNER = "owner"
"""The role of the Account Owner, of whom every account has one."""

PRIVILEGED_ROLES = frozenset({OWNER, "admin"})
"""Roles that can change everything."""

MANAGING_ROLES = PRIVILEGED_ROLES | {"user"}
"""Roles that can change the objects of every team: also that of a Manager."""

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
    NO_CONTACT_METHOD = "no_contact_method"
    """May respond; no contact method is enabled and not blocked."""
    NO_NOTIFICATION_RULE = "no_notification_rule"
    """May respond; no notification rule of high urgency uses an enabled contact method."""
    NOTIFIED_LATE = "notified_late"
    """May respond; the incident has moved to the next level before the first notification."""
    UNKNOWN = "unknown"
    """The user record does not say."""


UNNOTIFIED = frozenset(
    {
        ResponderState.NO_CONTACT_METHOD,
        ResponderState.NO_NOTIFICATION_RULE,
        ResponderState.NOTIFIED_LATE,
    }
)
"""States of people who may respond, and whom nothing notifies in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Whether a referenced user can respond and is notified."""

    user: JsonObject
    """The reference, with the name of the user's record where it has none."""
    state: ResponderState
    unknown: str = ""
    """What the evidence does not tell, where the state is unknown."""


def responder(ref: JsonObject, builder: RowBuilder, within: timedelta | None) -> Responder:
    """Return the state of a referenced user.

    Args:
        ref: The reference.
        builder: Looks the user up.
        within: How soon a notification of high urgency has to be sent; None: it is not asked for.
    """
    state, record = responder_state(ref, builder), builder.find(USER, ref["id"])
    user = ref if record is None or ref.get("summary") else ref | {"summary": title_of(record.body)}
    name = title_of(user)
    if state is ResponderState.ACTIVE and within is not None and record is not None:
        state = _notified(record.body, within)
        unknown = f"when {name} is notified of high urgency is unknown"
    else:
        unknown = f"the role of {name} is unknown"
    is_unknown = state is ResponderState.UNKNOWN
    return Responder(user=user, state=state, unknown=unknown if is_unknown else "")


def _notified(user: JsonObject, within: timedelta) -> ResponderState:
    """Return the state of somebody who may respond, by how they are notified."""
    notification = first_notification(user)
    in_time = notification.is_within(within)
    if in_time is None:
        return ResponderState.UNKNOWN
    if in_time:
        return ResponderState.ACTIVE
    if not notification.has_method:
        return ResponderState.NO_CONTACT_METHOD
    is_never = notification.after is None and notification.unknown_after is None
    return ResponderState.NO_NOTIFICATION_RULE if is_never else ResponderState.NOTIFIED_LATE


def invitation_pending(user: JsonObject, builder: RowBuilder) -> bool | None:
    """Return whether a user has yet to sign in for the first time; None where that is unknown.

    PagerDuty reports an invitation as sent for ever where the person signs in by single sign-on and
    never follows its link. Only who has signed in can register the app, so whoever has it has
    accepted, whether PagerDuty uses the app now or not. So has whoever acted on an incident. That
    no act was collected shows nothing.
    """
    sent = user.get("invitation_sent")
    if not sent:
        return None if sent is None else False
    return not _has_registered_app(user) and accepting_act(user, builder) is None


def accepting_act(user: JsonObject, builder: RowBuilder) -> JsonObject | None:
    """Return the log entry that shows that an invitation was accepted which stays sent."""
    if not user.get("invitation_sent") or _has_registered_app(user):
        return None
    return builder.first_act(str(user["id"]))


def _has_registered_app(user: JsonObject) -> bool:
    return any(method_type(method) == APP for method in user.get("contact_methods") or ())


def responder_state(ref: JsonObject, builder: RowBuilder) -> ResponderState:
    """Return whether a referenced user can respond, however they are notified."""
    record = builder.find(USER, ref["id"])
    if record is None or ref.get("deleted_at"):
        return ResponderState.DELETED
    role, invited = record.body.get("role"), invitation_pending(record.body, builder)
    if role in STAKEHOLDER_ROLES:
        return ResponderState.STAKEHOLDER
    if invited:
        return ResponderState.INVITED
    unknown = role is None or invited is None
    return ResponderState.UNKNOWN if unknown else ResponderState.ACTIVE
