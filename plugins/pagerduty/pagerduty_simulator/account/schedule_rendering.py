"""Rendered schedules: layers, turns and restrictions expanded into spans of time.

Turns and restrictions follow the wall clock of the schedule, so a handoff at nine stays at
nine when the clocks change.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pagerduty_simulator.account.objects import AccountSchedule, Restriction, ScheduleLayer

_DAY = 86_400
_FOREVER = 1 << 40


class Span(NamedTuple):
    """A user, or deliberately nobody, on call from one instant to another."""

    start: int
    end: int
    user_id: str | None
    """None is an ``empty_member``."""
    source: str
    """The id of its layer or override."""


def layer_spans(layer: ScheduleLayer, time_zone: str, since: int, until: int) -> list[Span]:
    """Return the whole spans of one layer that overlap a window."""
    if not layer.user_ids:
        return []
    zone = ZoneInfo(time_zone)
    wide_since, wide_until = since - 2 * layer.turn_seconds, until + 2 * layer.turn_seconds
    lower = max(wide_since, layer.start)
    upper = min(wide_until, layer.end if layer.end is not None else _FOREVER)
    if lower >= upper:
        return []
    windows = _restricted_windows(layer.restrictions, zone, lower, upper)
    spans = [
        Span(max(start, begin), min(end, stop), user, layer.id)
        for start, end, users in _turns(layer, zone, lower, upper)
        for begin, stop in windows
        if max(start, begin) < min(end, stop)
        for user in users
    ]
    return overlapping(spans, since, until)


@lru_cache(maxsize=2048)
def final_spans(schedule: AccountSchedule, since: int, until: int) -> tuple[Span, ...]:
    """Return the whole spans of the final schedule that overlap a window, sorted."""
    if schedule.form == "shifts":
        return tuple(_final_shifts(schedule, since, until))
    longest = max((layer.turn_seconds for layer in schedule.layers), default=_DAY)
    wide_since, wide_until = since - 2 * longest, until + 2 * longest
    final: list[Span] = []
    for layer in schedule.layers:
        upper = layer_spans(layer, schedule.time_zone, wide_since, wide_until)
        final = [*_subtract(final, upper), *upper]
    overrides = override_spans(schedule, wide_since, wide_until)
    whole = [*_subtract(final, overrides), *overrides]
    return tuple(sorted(overlapping(whole, since, until), key=_by_time))


def override_spans(schedule: AccountSchedule, since: int, until: int) -> list[Span]:
    """Return the overrides that overlap a window."""
    spans = [
        Span(override.start, override.end, override.user_id, override.id)
        for override in schedule.overrides
    ]
    return overlapping(spans, since, until)


def overlapping(spans: Iterable[Span], since: int, until: int) -> list[Span]:
    """Return the spans that overlap a window; a window of no length is an instant."""
    if since == until:
        return [span for span in spans if span.start <= since < span.end]
    return [span for span in spans if span.start < until and span.end > since]


def cut(spans: Iterable[Span], since: int, until: int) -> list[Span]:
    """Cut spans at the bounds of a window."""
    return [span._replace(start=max(span.start, since), end=min(span.end, until)) for span in spans]


def coverage(spans: Iterable[Span], since: int, until: int) -> float:
    """Return the percentage of a window with somebody on call, rounded like PagerDuty's."""
    if until <= since:
        return 0.0
    covered, reached = 0, since
    for span in sorted(cut(spans, since, until), key=_by_time):
        if span.user_id is not None and span.end > reached:
            covered += span.end - max(span.start, reached)
            reached = span.end
    return round(100 * covered / (until - since), 2)


def _by_time(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _turns(
    layer: ScheduleLayer, zone: ZoneInfo, lower: int, upper: int
) -> Iterator[tuple[int, int, Sequence[str | None]]]:
    first = _wall_time(layer.start, zone)
    length = timedelta(seconds=layer.turn_seconds)
    turn = max(0, (_wall_time(lower, zone) - first) // length - 1)
    while True:
        start = _instant(first + turn * length, zone)
        if start >= upper:
            return
        end = _instant(first + (turn + 1) * length, zone)
        users = layer.user_ids
        on_call = users if layer.everyone else (users[turn % len(users)],)
        if end > lower:
            yield max(start, lower), min(end, upper), on_call
        turn += 1


def _restricted_windows(
    restrictions: Sequence[Restriction], zone: ZoneInfo, lower: int, upper: int
) -> list[tuple[int, int]]:
    if not restrictions:
        return [(lower, upper)]
    windows = sorted(
        window
        for restriction in restrictions
        for window in _repeated(restriction, zone, lower, upper)
    )
    merged: list[tuple[int, int]] = []
    for start, end in windows:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _repeated(
    restriction: Restriction, zone: ZoneInfo, lower: int, upper: int
) -> Iterator[tuple[int, int]]:
    hours, minutes, seconds = map(int, restriction.start_time_of_day.split(":"))
    start_of_day = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    length = timedelta(seconds=restriction.duration_seconds)
    midnight = _wall_time(lower, zone).replace(hour=0, minute=0, second=0)
    day = midnight - timedelta(days=1 + length.days)
    while (start := _instant(day + start_of_day, zone)) < upper:
        end = _instant(day + start_of_day + length, zone)
        if end > lower and restriction.start_day_of_week in {None, day.isoweekday()}:
            yield max(start, lower), min(end, upper)
        day += timedelta(days=1)


def _subtract(spans: Iterable[Span], covered: Sequence[Span]) -> list[Span]:
    """Return what remains of spans outside the covered ones."""
    remaining = []
    for span in spans:
        start = span.start
        for upper in sorted(overlapping(covered, span.start, span.end), key=_by_time):
            if upper.start > start:
                remaining.append(span._replace(start=start, end=upper.start))
            start = max(start, upper.end)
        if start < span.end:
            remaining.append(span._replace(start=start))
    return remaining


def _final_shifts(schedule: AccountSchedule, since: int, until: int) -> list[Span]:
    spans = [
        span
        for layer in schedule.layers
        for span in layer_spans(layer, schedule.time_zone, since, until)
    ]
    overrides = override_spans(schedule, since, until)
    spans = sorted([*_subtract(spans, overrides), *overrides], key=_by_time)
    return _with_empty_members(spans)


def _with_empty_members(spans: list[Span]) -> list[Span]:
    """Fill the gaps between shifts; the time before the first and after the last stays open."""
    filled, reached = [], None
    for span in spans:
        if reached is not None and span.start > reached:
            filled.append(Span(reached, span.start, None, span.source))
        filled.append(span)
        reached = span.end if reached is None else max(reached, span.end)
    return filled


def _wall_time(instant: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(instant, UTC).astimezone(zone).replace(tzinfo=None)


def _instant(wall_time: datetime, zone: ZoneInfo) -> int:
    return int(wall_time.replace(tzinfo=zone).timestamp())
