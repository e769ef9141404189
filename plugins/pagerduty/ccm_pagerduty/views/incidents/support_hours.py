"""The support hours of a service, and how much of a period falls into them.

Hours are wall-clock times in the time zone of the service, so a day with a clock change has an
hour more or less. They are today's hours: PagerDuty does not report earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ccm_core.sdk.intervals import Window
from ccm_pagerduty.views.intervals import clip, seconds_of, total_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.sdk.types import JsonObject

_DAY = timedelta(days=1)
_EVERY_DAY = frozenset(range(1, 8))
_SUNDAY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportHours:
    """The same hours on certain days of each week."""

    zone: ZoneInfo
    start: time
    end: time
    """Not after ``start``: on the next day."""
    days: frozenset[int]
    """The days on which support begins, 1 is Monday."""

    def elapsed_seconds(self, since: datetime, until: datetime) -> float:
        """Return the seconds between two instants that fall into the hours."""
        if since >= until:
            return 0
        return total_seconds(clip(self._shifts(since, until), Window(since, until)))

    def cover(self, instant: datetime) -> bool:
        """Return whether an instant falls into the hours."""
        return any(instant in shift for shift in self._shifts(instant, instant))

    def _shifts(self, since: datetime, until: datetime) -> Iterator[Window]:
        day, last = since.astimezone(self.zone).date() - _DAY, until.astimezone(self.zone).date()
        while day <= last:
            if day.isoweekday() in self.days:
                overnight = self.end <= self.start
                begin = datetime.combine(day, self.start, self.zone).astimezone(UTC)
                end_day = day + _DAY if overnight else day
                end = datetime.combine(end_day, self.end, self.zone).astimezone(UTC)
                if begin < end:
                    yield Window(begin, end)
            day += _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaClock:
    """Measures the time that counts toward a limit: support hours, or all of the time."""

    hours: SupportHours | None = None
    """None: the service has no support hours, and the clock always runs."""

    def elapsed_seconds(self, since: datetime, until: datetime) -> float:
        """Return the seconds that count between two instants; 0 where the second is not later."""
        if self.hours is not None:
            return self.hours.elapsed_seconds(since, until)
        return seconds_of(max(until - since, timedelta()))

    def is_running(self, instant: datetime) -> bool:
        """Return whether the clock runs at an instant."""
        return self.hours is None or self.hours.cover(instant)


def sla_clock(service: JsonObject) -> SlaClock | None:
    """Return the SLA clock of a service; None where its support hours cannot be read."""
    if "support_hours" not in service:
        return None
    hours = service["support_hours"]
    if hours is None:
        return SlaClock()
    try:
        return SlaClock(hours=_read(hours))
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError):
        return None


def _read(hours: JsonObject) -> SupportHours:
    days = hours.get("days_of_week")
    return SupportHours(
        zone=ZoneInfo(hours["time_zone"]),
        start=time.fromisoformat(hours["start_time"]),
        end=time.fromisoformat(hours["end_time"]),
        days=_EVERY_DAY if days is None else frozenset(day or _SUNDAY for day in days),
    )
