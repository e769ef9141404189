"""The support hours of a service, and how much of a period falls into them.

Hours are wall-clock times in the time zone of the service, so a day with a clock change has an
hour more or less. They are today's hours: PagerDuty does not report earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Clock, Stretch, WeeklyHours, weekly_hours
from ccm_pagerduty.views.intervals import seconds_of

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject

_EVERY_DAY = tuple(range(1, 8))
_SUNDAY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaClock:
    """Measures the time that counts toward a limit: support hours, or all of the time."""

    hours: WeeklyHours | None = None
    """None: the service has no support hours, and the clock always runs."""

    def elapsed_seconds(self, since: datetime, until: datetime) -> float:
        """Return the seconds that count between two instants; 0 where the second is not later."""
        return seconds_of(self._clock(since).elapsed(until))

    def is_running(self, instant: datetime) -> bool:
        """Return whether the clock runs at an instant."""
        return self._clock(instant).is_running(instant)

    def between(self, since: datetime, until: datetime | None) -> list[JsonObject]:
        """Return the clock from an instant to another as rows hold it; None: without an end."""
        return self._clock(since, until).plain()

    def _clock(self, since: datetime, until: datetime | None = None) -> Clock:
        return Clock((Stretch(since=since, until=until, hours=self.hours),))


def sla_clock(service: JsonObject) -> SlaClock | None:
    """Return the SLA clock of a service; None where its support hours cannot be read."""
    if "support_hours" not in service:
        return None
    hours = service["support_hours"]
    if hours is None:
        return SlaClock()
    try:
        return SlaClock(hours=_read(hours))
    except (KeyError, TypeError, ValueError):
        return None


def _read(hours: JsonObject) -> WeeklyHours:
    days = hours.get("days_of_week")
    return weekly_hours(
        hours["time_zone"],
        _EVERY_DAY if days is None else tuple(sorted({day or _SUNDAY for day in days})),
        hours["start_time"],
        hours["end_time"],
    )
