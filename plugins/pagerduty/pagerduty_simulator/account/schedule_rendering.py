"""Who is on call when: layers, turns and restrictions made into spans of time.

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
    """Somebody, or on purpose nobody, from one instant to another."""

    start: int
    end: int
    user_id: str | None
    """None is an ``empty_member``."""
    source: str
    """The id of the layer, or of the override, it comes from."""


def layer_spans(layer: ScheduleLayer, time_zone: str, since: int, until: int) -> list[Span]:
    """Give the whole spans of one layer that overlap a window."""
    if not layer.user_ids:
        return []
    zone = ZoneInfo(time_zone)
    wide_since, wide_until = since - 2 * layer.turn_seconds, until + 2 * layer.turn_seconds
    lower = max(wide_since, layer.start)
    upper = min(wide_until, layer.end if layer.end is not None else _FOREVER)
    if lower >= upper:
        return []
    windows = _windows(layer.restrictions, zone, lower, upper)
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
    """Give the whole spans of the final schedule that overlap a window, sorted."""
    if schedule.form == "shifts":
        return tuple(_final_shifts(schedule, since, until))
    longest = max((layer.turn_seconds for layer in schedule.layers), default=_DAY)
    wide_since, wide_until = since - 2 * longest, until + 2 * longest
    final: list[Span] = []
    for layer in schedule.layers:
        upper = layer_spans(layer, schedule.time_zone, wide_since, wide_until)
        final = [*_without(final, upper), *upper]
    overrides = override_spans(schedule, wide_since, wide_until)
    whole = [*_without(final, overrides), *overrides]
    return tuple(sorted(overlapping(whole, since, until), key=_by_time))


def override_spans(schedule: AccountSchedule, since: int, until: int) -> list[Span]:
    """Give the overrides that overlap a window."""
    spans = [Span(each.start, each.end, each.user_id, each.id) for each in schedule.overrides]
    return overlapping(spans, since, until)


def overlapping(spans: Iterable[Span], since: int, until: int) -> list[Span]:
    """Keep the spans that touch a window; a window of no length is an instant."""
    if since == until:
        return [span for span in spans if span.start <= since < span.end]
    return [span for span in spans if span.start < until and span.end > since]


def cut(spans: Iterable[Span], since: int, until: int) -> list[Span]:
    """Cut spans at the bounds of a window."""
    return [span._replace(start=max(span.start, since), end=min(span.end, until)) for span in spans]


def coverage(spans: Iterable[Span], since: int, until: int) -> float:
    """Give the percentage of a window in which somebody is on call, as PagerDuty rounds it."""
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
    first = _wall(layer.start, zone)
    length = timedelta(seconds=layer.turn_seconds)
    turn = max(0, (_wall(lower, zone) - first) // length - 1)
    while True:
        start = _instant(first + turn * length, zone)
        if start >= upper:
            return
        end = _instant(first + (turn + 1) * length, zone)
        users = layer.user_ids
        whose = users if layer.everyone else (users[turn % len(users)],)
        if end > lower:
            yield max(start, lower), min(end, upper), whose
        turn += 1


def _windows(
    restrictions: Sequence[Restriction], zone: ZoneInfo, lower: int, upper: int
) -> list[tuple[int, int]]:
    if not restrictions:
        return [(lower, upper)]
    windows = sorted(
        window for each in restrictions for window in _repeated(each, zone, lower, upper)
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
    at = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    length = timedelta(seconds=restriction.duration_seconds)
    midnight = _wall(lower, zone).replace(hour=0, minute=0, second=0)
    day = midnight - timedelta(days=1 + length.days)
    while (start := _instant(day + at, zone)) < upper:
        wanted = restriction.start_day_of_week
        end = _instant(day + at + length, zone)
        if end > lower and wanted in {None, day.isoweekday()}:
            yield max(start, lower), min(end, upper)
        day += timedelta(days=1)


def _without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    kept = []
    for span in spans:
        start = span.start
        for other in sorted(overlapping(taken, span.start, span.end), key=_by_time):
            if other.start > start:
                kept.append(span._replace(start=start, end=other.start))
            start = max(start, other.end)
        if start < span.end:
            kept.append(span._replace(start=start))
    return kept


def _final_shifts(schedule: AccountSchedule, since: int, until: int) -> list[Span]:
    spans = [
        span
        for layer in schedule.layers
        for span in layer_spans(layer, schedule.time_zone, since, until)
    ]
    overrides = override_spans(schedule, since, until)
    spans = sorted([*_without(spans, overrides), *overrides], key=_by_time)
    return _with_empty_members(spans)


def _with_empty_members(spans: list[Span]) -> list[Span]:
    """Write the holes between shifts down; what lies before the first and after the last is not."""
    filled, reached = [], None
    for span in spans:
        if reached is not None and span.start > reached:
            filled.append(Span(reached, span.start, None, span.source))
        filled.append(span)
        reached = span.end if reached is None else max(reached, span.end)
    return filled


def _wall(instant: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(instant, UTC).astimezone(zone).replace(tzinfo=None)


def _instant(wall: datetime, zone: ZoneInfo) -> int:
    return int(wall.replace(tzinfo=zone).timestamp())
