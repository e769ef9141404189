"""When PagerDuty first notifies a person of a high-urgency incident, by the person's own rules.

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


def first_notification(user: JsonObject) -> FirstNotification:
    """Return how soon a user is notified of an incident of high urgency, by the user's record."""
    methods, rules = user.get("contact_methods"), user.get("notification_rules")
    states = {str(method.get("id")): is_in_use(method) for method in methods or ()}
    has_method = methods is None or any(state is not False for state in states.values())
    if methods is None or rules is None:
        nothing = methods is not None and not has_method
        unknown = None if nothing else timedelta(0)
        return FirstNotification(after=None, unknown_after=unknown, has_method=has_method)
    delays = list(_delays(rules, states))
    return FirstNotification(
        after=min((delay for delay, in_use in delays if in_use), default=None),
        unknown_after=min((delay for delay, in_use in delays if in_use is None), default=None),
        has_method=has_method,
    )


def is_in_use(method: JsonObject) -> bool | None:
    """Return whether PagerDuty uses a contact method; None where it does not report that.

    The description of a push notification has no field for it: the app that registered receives
    notifications until PagerDuty blocks it or the person removes it.
    """
    if method.get("blacklisted"):
        return False
    if method.get("type") == "push_notification_contact_method":
        return method.get("enabled") is not False
    enabled = method.get("enabled")
    return None if enabled is None else bool(enabled)


def method_type(method: JsonObject) -> str:
    """Return the type of a contact method, such as ``phone``."""
    return str(method.get("type")).removesuffix("_reference").removesuffix("_contact_method")


def _delays(
    rules: Iterable[JsonObject], states: Mapping[str, bool | None]
) -> Iterable[tuple[timedelta, bool | None]]:
    """Yield the delay of each rule of high urgency, and whether its contact method is in use."""
    for rule in rules:
        urgency, minutes = rule.get("urgency"), rule.get("start_delay_in_minutes")
        if urgency not in {HIGH, None}:
            continue
        method = (rule.get("contact_method") or {}).get("id")
        in_use = states.get(str(method), False)  # the list is whole: others were removed
        if in_use is False:
            continue
        is_known = urgency is not None and minutes is not None
        yield timedelta(minutes=minutes or 0), in_use if is_known else None
