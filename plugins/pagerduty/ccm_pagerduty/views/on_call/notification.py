"""When PagerDuty notifies a person of an incident, by the person's own rules.

https://support.pagerduty.com/main/docs/user-profile: a notification rule names an urgency, a delay
after the assignment and one contact method. A person without such a rule is assigned the incident
and never learns of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccm_core.sdk.types import JsonObject

HIGH = "high"
APP = "push_notification"
"""The type of the contact method that the app registers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstNotification:
    """How soon after an assignment a person is notified of an incident of high urgency."""

    after: timedelta | None
    """The shortest delay of a rule whose contact method is in use; None: there is no such rule."""
    unknown_after: timedelta | None
    """The shortest delay of a rule of which the evidence does not tell whether it notifies."""
    has_method: bool
    """Whether any contact method is, or may be, in use."""

    def is_within(self, limit: timedelta) -> bool | None:
        """Return whether it is sent in time; None where the evidence does not tell."""
        if self.after is not None and self.after <= limit:
            return True
        return None if self.unknown_after is not None and self.unknown_after <= limit else False


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotification:
    """One notification rule that applies."""

    after: timedelta
    """Since the assignment."""
    by: str
    """The type of the contact method, such as ``phone``."""
    is_sent: bool | None
    """None: the evidence does not tell whether the rule applies and the method is in use."""


def first_notification(user: JsonObject, urgency: str = HIGH) -> FirstNotification:
    """Return how soon a user is notified of an incident of an urgency, by the user's record."""
    methods = user.get("contact_methods")
    states = [is_in_use(method) for method in methods or ()]
    has_method = methods is None or any(state is not False for state in states)
    sent = notifications(user, urgency)
    if sent is None:
        unknown = timedelta(0) if has_method else None
        return FirstNotification(after=None, unknown_after=unknown, has_method=has_method)
    return FirstNotification(
        after=min((rule.after for rule in sent if rule.is_sent), default=None),
        unknown_after=min((rule.after for rule in sent if rule.is_sent is None), default=None),
        has_method=has_method,
    )


def notifications(user: JsonObject, urgency: str) -> tuple[SentNotification, ...] | None:
    """Return what a user is sent about an incident of an urgency, in order of time.

    None: the record does not have the user's notification rules or contact methods.
    """
    methods, rules = user.get("contact_methods"), user.get("notification_rules")
    if methods is None or rules is None:
        return None
    states = {str(method.get("id")): is_in_use(method) for method in methods}
    return tuple(sorted(_sent(rules, states, urgency), key=lambda sent: (sent.after, sent.by)))


def is_in_use(method: JsonObject) -> bool | None:
    """Return whether PagerDuty uses a contact method; None where it does not report that.

    The description of a push notification has no field for it: the app that registered receives
    notifications until PagerDuty blocks it or the person removes it.
    """
    if method.get("blacklisted"):
        return False
    if method_type(method) == APP:
        return method.get("enabled") is not False
    enabled = method.get("enabled")
    return None if enabled is None else bool(enabled)


def method_type(method: JsonObject) -> str:
    """Return the type of a contact method, such as ``phone``."""
    return str(method.get("type")).removesuffix("_reference").removesuffix("_contact_method")


def _sent(
    rules: Iterable[JsonObject], states: Mapping[str, bool | None], urgency: str
) -> Iterable[SentNotification]:
    """Yield each rule of an urgency whose contact method may be in use."""
    for rule in rules:
        of, minutes = rule.get("urgency"), rule.get("start_delay_in_minutes")
        method = rule.get("contact_method") or {}
        in_use = states.get(str(method.get("id")), False)  # the list is whole: others were removed
        if of not in {urgency, None} or in_use is False:
            continue
        yield SentNotification(
            after=timedelta(minutes=minutes or 0),
            by=method_type(method),
            is_sent=None if of is None or minutes is None else in_use,
        )
