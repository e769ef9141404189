"""The hours of a week in which something counts, as wall-clock times of a time zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ccm_core.model.evidence.window import Window

_DAY = timedelta(days=1)
_WEEKDAYS = range(1, 8)
LONGEST = timedelta(days=36525)
"""Over how much time hours are followed, a century: longer is a mistake, and slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyHours:
    """The same hours on certain days of each week."""

    zone: ZoneInfo
    days: frozenset[int]
    """The days on which they begin, 1 is Monday."""
    start: time
    end: time
    """Not after ``start``: on the next day."""

    def windows(self, since: datetime, until: datetime) -> Iterator[Window]:
        """Yield the windows that the hours have between two instants, in order and disjoint.

        Raises:
            ValueError: There is more than a century between the instants.
        """
        if until - since > LONGEST:
            raise ValueError("hours of a week cannot be followed over more than a century")
        for day in self._days(since, until):
            shift = Window(self._instant(day, self.start), self._end(day)).intersection(
                Window(since, max(since, until))
            )
            if shift is not None:
                yield shift

    def _days(self, since: datetime, until: datetime) -> Iterator[date]:
        day = since.astimezone(self.zone).date() - _DAY
        last = until.astimezone(self.zone).date()
        while day <= last:
            if day.isoweekday() in self.days:
                yield day
            day += _DAY

    def _end(self, day: date) -> datetime:
        return self._instant(day + _DAY if self.end <= self.start else day, self.end)

    def _instant(self, day: date, hour: time) -> datetime:
        """Return the instant of a wall-clock time.

        Of a time that a day has twice it is the first; in place of one that a day has not, it is
        the moment at which the clocks change.
        """
        wall = datetime.combine(day, hour, self.zone)
        instant = wall.astimezone(UTC)
        if instant.astimezone(self.zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
            return instant
        return _change(self.zone, wall.replace(fold=1).astimezone(UTC), instant)


def read_weekly_hours(body: Any) -> WeeklyHours:
    """Read ``{time_zone, days, start, end}``; days are ISO weekdays, times are ``HH:MM[:SS]``.

    Raises:
        ValueError: It is of another form; the message says what was expected.
    """
    if not isinstance(body, Mapping) or set(body) != {"time_zone", "days", "start", "end"}:
        raise ValueError("hours are {time_zone, days, start, end}")
    days = body["days"]
    if not isinstance(days, list | tuple) or any(
        type(day) is not int or day not in _WEEKDAYS for day in days
    ):
        raise ValueError("days of hours are ISO weekdays: numbers from 1 (Monday) to 7")
    return WeeklyHours(
        zone=_zone(body["time_zone"]),
        days=frozenset(days),
        start=_time(body["start"]),
        end=_time(body["end"]),
    )


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (TypeError, ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError(f"there is no time zone {name!r}") from None


def _time(text: Any) -> time:
    try:
        hour = time.fromisoformat(text)
    except (TypeError, ValueError):
        hour = None
    if hour is None or hour.tzinfo is not None:
        raise ValueError(f"expected a time of day like 09:00, got {text!r}")
    return hour


@lru_cache(maxsize=1024)
def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the moment between two instants at which a zone's clocks change, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
