"""The support hours of a service, and how much of a stretch of time falls into them.

Hours are wall-clock times of the zone that the service names, so a day on which the clocks change
has an hour more or less in it. They are today's: PagerDuty does not tell what they were before.
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
    """The same hours on some days of each week."""

    zone: ZoneInfo
    start: time
    end: time
    """Not after ``start``: on the next day."""
    days: frozenset[int]
    """The days on which support begins, 1 is Monday."""

    def counted(self, since: datetime, until: datetime) -> float:
        """Give the seconds between two instants that fall into the hours."""
        if since >= until:
            return 0
        return total_seconds(clip(self._shifts(since, until), Window(since, until)))

    def cover(self, instant: datetime) -> bool:
        """Tell whether an instant falls into the hours."""
        return any(instant in shift for shift in self._shifts(instant, instant))

    def _shifts(self, since: datetime, until: datetime) -> Iterator[Window]:
        day, last = since.astimezone(self.zone).date() - _DAY, until.astimezone(self.zone).date()
        while day <= last:
            if day.isoweekday() in self.days:
                over_night = self.end <= self.start
                begin = datetime.combine(day, self.start, self.zone).astimezone(UTC)
                end_day = day + _DAY if over_night else day
                end = datetime.combine(end_day, self.end, self.zone).astimezone(UTC)
                if begin < end:
                    yield Window(begin, end)
            day += _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaClock:
    """What counts of the time an incident takes: all of it, or the support hours of its service."""

    hours: SupportHours | None = None

    def counted(self, since: datetime, until: datetime) -> float:
        """Give the seconds that count between two instants; 0 where the second is not later."""
        if self.hours is not None:
            return self.hours.counted(since, until)
        return seconds_of(max(until - since, timedelta()))

    def runs(self, instant: datetime) -> bool:
        """Tell whether an instant counts."""
        return self.hours is None or self.hours.cover(instant)


def sla_clock(service: JsonObject) -> SlaClock | None:
    """Give the clock of a service; None where its hours cannot be told from the evidence."""
    if "support_hours" not in service:
        return None
    written = service["support_hours"]
    if written is None:
        return SlaClock()
    try:
        return SlaClock(hours=_read(written))
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError):
        return None


def _read(written: JsonObject) -> SupportHours:
    days = written.get("days_of_week")
    return SupportHours(
        zone=ZoneInfo(written["time_zone"]),
        start=time.fromisoformat(written["start_time"]),
        end=time.fromisoformat(written["end_time"]),
        days=_EVERY_DAY if days is None else frozenset(day or _SUNDAY for day in days),
    )
