"""Clocks that run now and then: in some stretches of time, and there in some hours of the week.

Rows hold a clock as a list of stretches, in order and disjoint::

    [{"since": "2026-01-05T08:00:00Z", "until": null, "hours": null}]

It runs in each stretch from ``since`` to ``until`` (null: without an end). Where ``hours`` is not
null it runs only then: ``{"time_zone", "days", "start", "end"}``, with ISO weekdays (Monday is 1)
and wall-clock times; an ``end`` that is not after ``start`` is on the next day. ``holidays`` are
dates on which they do not begin. A day on which clocks change has an hour more or less.

``hours`` may be the text ``business_hours``: those of whoever reads the clock, who has to put them
in its place (:func:`in_business_hours`) before it measures anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ccm_core.model.evidence.window import Window, union
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.instant import format_instant, parse_instant
from ccm_core.model.json_codec import JsonObject
from ccm_core.model.time_zones import time_zone

ALWAYS = "always"
"""Hours of the week that are all of the time."""
BUSINESS_HOURS = "business_hours"
"""In place of hours: those that a parameter decides."""
NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""In place of the moment at which a clock has run long enough, where it stops before."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WRITTEN_HOURS = re.compile(
    r"(?P<days>[A-Za-z,-]+) +(?P<start>[0-9]{2}:[0-9]{2})-(?P<end>[0-9]{2}:[0-9]{2})"
    r"( +(?P<zone>[A-Za-z].*))?"
)
_WRITTEN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_LONGEST_SEARCH = timedelta(days=3660)
"""How far a deadline is looked for in hours of the week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyHours:
    """The same hours on certain days of each week."""

    zone: ZoneInfo
    start: time
    end: time
    """Not after ``start``: on the next day."""
    days: frozenset[int]
    """The days on which they begin; Monday is 1."""
    holidays: frozenset[date] = frozenset()
    """Dates on which they do not begin all the same."""

    def shifts(self, since: datetime, until: datetime) -> Iterator[Window]:
        """Yield the hours of each day, whole, that may overlap a period; in order."""
        day, last = since.astimezone(self.zone).date() - _DAY, until.astimezone(self.zone).date()
        while day <= last:
            if day.isoweekday() in self.days and day not in self.holidays:
                end_day = day + _DAY if self.end <= self.start else day
                begin, end = self._instant(day, self.start), self._instant(end_day, self.end)
                if begin < end:
                    yield Window(begin, end)
            day += _DAY

    def _instant(self, day: date, hour: time) -> datetime:
        """Return the instant of a wall-clock time.

        It is the first where a day has it twice, and the change of the clocks where it has it not.
        """
        wall = datetime.combine(day, hour, self.zone)
        instant = wall.astimezone(UTC)
        if instant.astimezone(self.zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
            return instant
        return _change(self.zone, wall.replace(fold=1).astimezone(UTC), instant)

    def plain(self) -> JsonObject:
        """Return them as a row holds them."""
        plain: JsonObject = {
            "time_zone": self.zone.key,
            "days": sorted(self.days),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
        }
        if self.holidays:
            plain["holidays"] = sorted(day.isoformat() for day in self.holidays)
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which a clock runs."""

    since: datetime
    until: datetime | None = None
    """None: without an end."""
    hours: WeeklyHours | None = None
    """None: all of the time."""

    def running(self, until: datetime) -> Iterator[Window]:
        """Yield when the clock runs in it before a moment, disjoint and in order."""
        end = until if self.until is None else min(self.until, until)
        if self.since >= end:
            return
        whole = Window(self.since, end)
        if self.hours is None:
            yield whole
            return
        shifts = self.hours.shifts(self.since, end)
        yield from union(part for shift in shifts if (part := shift.intersection(whole)))

    def plain(self) -> JsonObject:
        """Return it as a row holds it."""
        return {
            "since": format_instant(self.since),
            "until": None if self.until is None else format_instant(self.until),
            "hours": None if self.hours is None else self.hours.plain(),
        }


@dataclass(frozen=True, slots=True)
class Clock:
    """Measures the time that counts toward a limit."""

    stretches: tuple[Stretch, ...]
    """Disjoint and in order."""

    def elapsed(self, until: datetime) -> timedelta:
        """Return how long it ran until a moment."""
        windows = (window for stretch in self.stretches for window in stretch.running(until))
        return sum((window.length for window in windows), timedelta())

    def deadline(self, limit: timedelta) -> datetime:
        """Return the moment at which it has run so long; :data:`NEVER`: it does not.

        Raises:
            ValueError: The limit is negative.
        """
        if limit < timedelta():
            raise ValueError("the limit of a deadline cannot be negative")
        remaining = limit
        for stretch in self.stretches:
            search_end = min(NEVER, stretch.since + limit + _LONGEST_SEARCH)
            if stretch.hours is None:
                search_end = NEVER
            for window in _lazily(stretch, search_end):
                if window.length >= remaining:
                    return window.since + remaining
                remaining -= window.length
        return NEVER

    def is_running(self, instant: datetime) -> bool:
        """Return whether it runs at an instant."""
        after = instant + timedelta(microseconds=1)
        return any(
            instant in window for stretch in self.stretches for window in stretch.running(after)
        )

    def plain(self) -> list[JsonObject]:
        """Return it as a row holds it."""
        return [stretch.plain() for stretch in self.stretches]


def read_clock(stretches: Sequence[Mapping[str, Any]]) -> Clock:
    """Return the clock of a row.

    Raises:
        ValueError: It is no clock; the message says what is wrong.
    """
    try:
        read = tuple(_stretch(stretch) for stretch in stretches)
    except (KeyError, TypeError, AttributeError) as cause:
        raise ValueError(f"this is no clock: {cause!r}") from None
    ends = [stretch.until or NEVER for stretch in read]
    starts = [stretch.since for stretch in read]
    if any(end > start for end, start in zip(ends, starts[1:], strict=False)):
        raise ValueError("this is no clock: its stretches overlap or are out of order")
    return Clock(read)


def in_business_hours(
    clock: Sequence[Mapping[str, Any]], hours: WeeklyHours
) -> list[Mapping[str, Any]]:
    """Return a clock of a row that runs in these hours wherever it left them to its reader."""
    plain = None
    stretches = []
    for stretch in clock:
        if stretch.get("hours") == BUSINESS_HOURS:
            plain = plain or hours.plain()
            stretch = {**stretch, "hours": plain}  # noqa: PLW2901 - the same stretch, filled in
        stretches.append(stretch)
    return stretches


@lru_cache(maxsize=1024)
def weekly_hours(
    zone: str, days: tuple[int, ...], start: str, end: str, holidays: tuple[str, ...] = ()
) -> WeeklyHours:
    """Return hours of the week.

    Raises:
        ValueError: There is no such zone, time, weekday or date.
    """
    if not days or not set(days) <= set(range(1, 8)):
        raise ValueError(f"expected weekdays from 1, Monday, to 7, got {list(days)}")
    return WeeklyHours(
        zone=time_zone(zone),
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        days=frozenset(days),
        holidays=frozenset(map(read_date, holidays)),
    )


def read_date(text: str) -> date:
    """Read a date as people write it: ``2026-12-25``.

    Raises:
        ValueError: It is written in another way, or there is no such day.
    """
    try:
        if _WRITTEN_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"expected a date such as 2026-12-25, got {text!r}")


@lru_cache(maxsize=1024)
def read_weekly_hours(text: str, holidays: tuple[str, ...] = ()) -> WeeklyHours:
    """Read hours as people write them: ``Mon-Fri 09:00-17:00 Europe/Berlin``.

    The days are some or a range of them (``Mon,Wed,Fri``), or ``daily``. Without a time zone they
    are in UTC. ``always`` is all of the time.

    Raises:
        ValueError: They are written in another way, or there is no such zone or date.
    """
    if text.strip().casefold() == ALWAYS:
        text = "daily 00:00-00:00"
    parts = _WRITTEN_HOURS.fullmatch(text.strip())
    if parts is None:
        problem = f"expected hours such as Mon-Fri 09:00-17:00 Europe/Berlin, got {text!r}"
        raise ValueError(problem)
    zone = parts["zone"] or "UTC"
    return weekly_hours(zone, _written_days(parts["days"]), parts["start"], parts["end"], holidays)


def _written_days(text: str) -> tuple[int, ...]:
    if text.casefold() == "daily":
        return tuple(range(1, 8))
    days: set[int] = set()
    for part in text.casefold().split(","):
        first, _, last = part.partition("-")
        if not {first, last or first} <= set(_WEEKDAYS):
            raise ValueError(f"expected days such as Mon-Fri or Sat,Sun, got {text!r}")
        begin, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
        days |= {(begin + offset) % 7 + 1 for offset in range((end - begin) % 7 + 1)}
    return tuple(sorted(days))


@lru_cache(maxsize=1024)
def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the moment between two instants at which a zone's clocks change."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _stretch(plain: Mapping[str, Any]) -> Stretch:
    until, hours = plain["until"], plain["hours"]
    if hours == BUSINESS_HOURS:
        raise ValueError(
            "this clock runs in the business hours of a parameter: hand it to "
            "business(clock, params.business_hours, params.holidays) first"
        )
    stretch = Stretch(
        since=parse_instant(plain["since"]),
        until=None if until is None else parse_instant(until),
        hours=None
        if hours is None
        else weekly_hours(
            hours["time_zone"],
            tuple(hours["days"]),
            hours["start"],
            hours["end"],
            tuple(hours.get("holidays", ())),
        ),
    )
    if stretch.until is not None and stretch.until < stretch.since:
        raise ValueError(f"this is no clock: a stretch ends ({until}) before it begins")
    return stretch


def _lazily(stretch: Stretch, search_end: datetime) -> Iterable[Window]:
    """Yield when a clock runs in a stretch, day by day: a deadline is mostly near its begin."""
    if stretch.hours is None:
        yield from stretch.running(search_end)
        return
    step, begin, last = _DAY * 8, stretch.since, min(search_end, stretch.until or search_end)
    while begin < last:
        end = min(begin + step, last)
        part = Stretch(since=begin, until=end, hours=stretch.hours)
        yield from part.running(end)
        begin = end
