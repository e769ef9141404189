"""The functions of conditions over intervals and clocks. Pure: none of them reads a moment.

An interval is ``{since, until}`` with whatever else a view says of it; one with a key ``unknown``,
the reason, makes a question about a period that overlaps it inconclusive. A clock is a list of
``{since, until, hours}``, see :mod:`ccm_core.model.clock`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from ccm_core.model.clock import ALWAYS, NEVER, in_business_hours, read_clock, read_weekly_hours
from ccm_core.model.evidence.window import Window, union
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.instant import format_instant, parse_instant
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.runtime_errors import NOT_IN_EVIDENCE

if TYPE_CHECKING:
    from cel_expr_python import cel

_Overload: TypeAlias = "tuple[str, cel.Type, list[cel.Type], Callable[..., Any]]"
"""The end of its id, the types of its value and its operands, and the function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interval:
    window: Window
    body: JsonObject

    def require_known(self) -> None:
        """Require that the evidence shows what happened in it.

        Raises:
            LookupError: It does not.
            ValueError: It does not, and the reason is no text.
        """
        if "unknown" not in self.body:
            return
        reason = self.body["unknown"]
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"`unknown` of an interval is the reason in words, got {reason!r}")
        since, until = format_instant(self.window.since), format_instant(self.window.until)
        raise LookupError(f"{NOT_IN_EVIDENCE}{reason} (from {since} to {until})")


def overlapping(intervals: Sequence[Any], since: datetime, until: datetime) -> list[JsonObject]:
    """Return the intervals that overlap a period, as they are.

    Raises:
        LookupError: The period is empty, or it overlaps an interval that is unknown.
        ValueError: An interval is malformed.
    """
    return [interval.body for interval, _ in _overlaps(intervals, since, until)]


def within(intervals: Sequence[Any], since: datetime, until: datetime) -> list[JsonObject]:
    """Return the intervals that overlap a period, each clipped to it.

    Raises:
        LookupError: The period is empty, or it overlaps an interval that is unknown.
        ValueError: An interval is malformed.
    """
    return [_clipped(interval, part) for interval, part in _overlaps(intervals, since, until)]


def _clipped(interval: _Interval, part: Window) -> JsonObject:
    if part == interval.window:
        return interval.body
    bounds = {"since": format_instant(part.since), "until": format_instant(part.until)}
    return {**interval.body, **bounds}


def in_hours(
    intervals: Sequence[Any], since: datetime, until: datetime, hours: str, holidays: Sequence[str]
) -> list[JsonObject]:
    """Return what of the intervals that overlap a period lies in some hours of the week.

    Each part is clipped to the hours, and not to the period: it is the same whenever it is asked
    for. With ``always`` they are the intervals as they are.

    Raises:
        LookupError: The period is empty, or an interval that is unknown has a part in the hours.
        ValueError: An interval is malformed, or the hours or a holiday are written in another way.
    """
    if hours.strip().casefold() == ALWAYS:
        return overlapping(intervals, since, until)
    week = read_weekly_hours(hours, tuple(holidays))
    read = [_interval(body) for body in intervals]
    period = _period(since, until)
    shifts = [
        shift
        for shift in week.shifts(period.since, period.until)
        if shift.intersection(period) is not None
    ]
    return list(_parts(read, shifts))


def _parts(intervals: Sequence[_Interval], shifts: Sequence[Window]) -> Iterator[JsonObject]:
    for interval in intervals:
        for shift in shifts:
            part = interval.window.intersection(shift)
            if part is not None:
                interval.require_known()
                yield _clipped(interval, part)


def total(intervals: Sequence[Any]) -> float:
    """Return how many seconds the intervals cover; what overlaps counts once.

    Raises:
        LookupError: One of them is unknown.
        ValueError: One of them is malformed.
    """
    read = [_interval(body) for body in intervals]
    for interval in read:
        interval.require_known()
    windows = union(interval.window for interval in read)
    return sum((window.length for window in windows), timedelta()).total_seconds()


def elapsed(clock: Sequence[Any], until: datetime) -> float:
    """Return how many seconds a clock ran until a moment.

    Raises:
        ValueError: The clock is malformed.
    """
    return read_clock(clock).elapsed(_aware(until)).total_seconds()


def deadline(clock: Sequence[Any], limit: float) -> datetime:
    """Return the moment at which a clock has run for some seconds; the end of time: never.

    Raises:
        ValueError: The clock is malformed, or the limit is negative.
    """
    read = read_clock(clock)
    try:
        return read.deadline(timedelta(seconds=limit))
    except OverflowError:
        return NEVER


def business(clock: Sequence[Any], hours: str, holidays: Sequence[str]) -> list[Any]:
    """Return a clock that runs in these hours wherever it left them to whoever reads it.

    Raises:
        ValueError: The hours or a holiday are written in another way.
    """
    return in_business_hours(clock, read_weekly_hours(hours, tuple(holidays)))


def declarations() -> list[cel.FunctionDecl]:
    """Return the functions as the runtime needs them.

    Seconds are declared as dynamic, so that they compare with whole numbers and with fractions.

    The runtime never releases the copies that it hands to a function (cel-expr-python 0.1.3). They
    must not be emptied here: it does not own the references to ``None`` in them, and Python ends
    the process when it has given up all of those.
    """
    from cel_expr_python import cel  # only where a condition is compiled

    intervals, moment = cel.Type.List(cel.Type.DYN), cel.Type.TIMESTAMP
    period = [intervals, moment, moment]
    overloads: dict[str, list[_Overload]] = {
        "overlapping": [("period", intervals, period, overlapping)],
        "within": [("period", intervals, period, within)],
        "in_hours": [
            (
                "period",
                intervals,
                [*period, cel.Type.STRING, cel.Type.List(cel.Type.DYN)],
                in_hours,
            )
        ],
        "total": [("intervals", cel.Type.DYN, [intervals], total)],
        "elapsed": [("clock", cel.Type.DYN, [intervals, moment], elapsed)],
        "business": [
            (
                "clock",
                intervals,
                [intervals, cel.Type.STRING, cel.Type.List(cel.Type.DYN)],
                business,
            )
        ],
        "deadline": [
            (f"clock_{limit.name().lower()}", moment, [intervals, limit], deadline)
            for limit in (cel.Type.INT, cel.Type.DOUBLE)
        ],
    }
    return [
        cel.FunctionDecl(
            name,
            [
                cel.Overload(f"{name}_{suffix}", value, operands, is_member=False, impl=function)
                for suffix, value, operands, function in alternatives
            ],
        )
        for name, alternatives in overloads.items()
    ]


def _overlaps(
    intervals: Sequence[Any], since: datetime, until: datetime
) -> Iterator[tuple[_Interval, Window]]:
    """Yield each interval that overlaps a period, with the part that does."""
    read = [_interval(body) for body in intervals]
    period = _period(since, until)
    for interval in read:
        part = interval.window.intersection(period)
        if part is not None:
            interval.require_known()
            yield interval, part


def _period(since: datetime, until: datetime) -> Window:
    since, until = _aware(since), _aware(until)
    if until <= since:
        raise LookupError(f"{NOT_IN_EVIDENCE}no period: it ends when it begins, or before")
    return Window(since, until)


def _interval(body: Any) -> _Interval:
    if not isinstance(body, Mapping) or not {"since", "until"} <= body.keys():
        raise ValueError("this is no interval: expected {since, until}")
    since, until = _instant(body["since"]), _instant(body["until"])
    if until < since:
        raise ValueError(f"an interval ends ({body['until']}) before it begins ({body['since']})")
    return _Interval(window=Window(since, until), body=dict(body))


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, str):
        return _parsed(value)
    problem = f"this is no instant like 2026-11-23T14:00:00Z: {value!r}"
    raise ValueError(problem)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> datetime:
    return parse_instant(text)


def _aware(instant: datetime) -> datetime:
    """Return a moment of the runtime, whose moments are in UTC, with its zone."""
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
