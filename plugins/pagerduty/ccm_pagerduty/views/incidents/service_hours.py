"""The hours in which a service counts time toward limits, by the urgency of its incidents.

High urgency counts in the support hours of the service only where its incidents are of low urgency
outside them: a service that pages at night counts the night. Low urgency counts in the support
hours, or where there are none in business hours, which a parameter of the rules decides.

Hours are wall-clock times in the time zone of the service, so a day with a clock change has an
hour more or less. They are today's hours: PagerDuty does not report earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import BUSINESS_HOURS, Clock, Stretch, WeeklyHours, weekly_hours
from ccm_core.sdk.timestamps import format_instant
from ccm_pagerduty.views.intervals import seconds_of

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject

HIGH, LOW = "high", "low"
_EVERY_DAY = tuple(range(1, 8))
_SUNDAY = 7
_LEAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CountedHours:
    """The hours in which time counts: always, those of a week, or the business hours."""

    hours: WeeklyHours | None = None
    """None: always, or business hours."""
    business: bool = False
    """Whether they are those that a parameter decides: then only a condition can measure."""
    plain: JsonObject | str | None = None
    """The hours as rows hold them."""

    def seconds(self, since: datetime, until: datetime) -> float | None:
        """Return the seconds that count; 0 where the end is not later; None: business hours."""
        if self.business:
            return None
        if self.hours is None:
            return seconds_of(until - since) if until > since else 0
        return seconds_of(Clock((Stretch(since=since, hours=self.hours),)).elapsed(until))

    def clock(self, *stretches: tuple[datetime, datetime | None]) -> list[JsonObject]:
        """Return the clock that runs in these hours of some stretches of time."""
        return [
            {
                "since": written(since),
                "until": None if until is None else written(until),
                "hours": self.plain,
            }
            for since, until in stretches
        ]


_ALWAYS, _BUSINESS = CountedHours(), CountedHours(business=True, plain=BUSINESS_HOURS)
written = lru_cache(maxsize=64)(format_instant)
"""Writes an instant as rows hold it; a row has the same one several times."""


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """The hours of one service."""

    high: CountedHours | None = _ALWAYS
    """None: unknown, because the service does not show how urgent its incidents are at night."""
    low: CountedHours = _BUSINESS
    support: WeeklyHours | None = None
    """None: it has no support hours."""

    def of(self, urgency: str) -> CountedHours | None:
        """Return the hours that count for an urgency; None: unknown."""
        return self.high if urgency == HIGH else self.low

    def supports(self, instant: datetime) -> bool:
        """Return whether a moment is in the support hours; it always is without any."""
        if self.support is None:
            return True
        return Clock((Stretch(since=instant, hours=self.support),)).elapsed(instant + _LEAST) > (
            timedelta()
        )


def service_hours(service: JsonObject) -> ServiceHours | None:
    """Return the hours of a service; None where its support hours cannot be read."""
    if "support_hours" not in service:
        return None
    written = service["support_hours"]
    if written is None:
        return ServiceHours()
    try:
        support = _read(written)
    except (KeyError, TypeError, ValueError):
        return None
    during = CountedHours(support, plain=support.plain())
    quiet = _is_quiet_outside(service.get("incident_urgency_rule"))
    high = None if quiet is None else during if quiet else _ALWAYS
    return ServiceHours(high=high, low=during, support=support)


def _is_quiet_outside(rule: JsonObject | None) -> bool | None:
    """Return whether incidents are of low urgency outside the support hours; None: unknown."""
    if rule is None or rule.get("type") is None:
        return None
    if rule["type"] == "use_support_hours":
        rule = rule.get("outside_support_hours") or {}
    urgency = rule.get("urgency")
    return None if urgency is None else bool(urgency == LOW)


def _read(hours: JsonObject) -> WeeklyHours:
    days = hours.get("days_of_week")
    return weekly_hours(
        hours["time_zone"],
        _EVERY_DAY if days is None else tuple(sorted({day or _SUNDAY for day in days})),
        hours["start_time"],
        hours["end_time"],
    )
