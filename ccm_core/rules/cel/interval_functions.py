"""The functions of conditions over intervals and clocks. Pure: none of them reads a moment.

An interval is ``{since, until}`` with whatever else a view says of it; one with a key ``unknown``,
the reason, makes a question about a period that overlaps it inconclusive. A clock is a list of
``{since, until, hours}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from ccm_core.model import clock
from ccm_core.model.evidence.window import Window, union
from ccm_core.model.hours import read_weekly_hours
from ccm_core.model.instant import format_instant, parse_instant
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import format_instant, parse_instant

NOT_IN_EVIDENCE = "not in the evidence: "
"""Leads the message of an error that is for want of evidence, so that it is recognized as that."""
_NO_PERIOD = "the period that is asked about is empty: it ends when it begins, or before"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interval:
    window: Window
    body: JsonObject

    def known(self) -> _Interval:
        """Return it.

        Raises:
            LookupError: What happened in it is not known.
            ValueError: Why that is not known is no text.
        """
        if "unknown" not in self.body:
            return self
        reason = self.body["unknown"]
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"`unknown` of an interval is the reason in words, got {reason!r}")
        raise LookupError(f"{NOT_IN_EVIDENCE}{reason}")


def overlapping(intervals: Sequence[Any], since: datetime, until: datetime) -> list[JsonObject]:
    """Return the intervals that overlap a period, as they are.

    Raises:
        LookupError: The period is empty, or it overlaps an interval that is unknown.
        ValueError: An interval is malformed.
    """
    period = _period(since, until)
    return [interval.body for interval, _ in _overlaps(intervals, period)]


def within(intervals: Sequence[Any], since: datetime, until: datetime) -> list[JsonObject]:
    """Return the intervals that overlap a period, each clipped to it.

    Raises:
        LookupError: The period is empty, or it overlaps an interval that is unknown.
        ValueError: An interval is malformed.
    """
    period = _period(since, until)
    return [
        interval.body
        if part == interval.window
        else {
            **interval.body,
            "since": format_instant(part.since),
            "until": format_instant(part.until),
        }
        for interval, part in _overlaps(intervals, period)
    ]


def total(intervals: Sequence[Any]) -> float:
    """Return how many seconds the intervals cover; what overlaps counts once.

    Raises:
        LookupError: One of them is unknown.
        ValueError: One of them is malformed.
    """
    windows = [interval.known().window for interval in _read_intervals(intervals)]
    return sum((window.length for window in union(windows)), timedelta()).total_seconds()


def elapsed(stretches: Sequence[Any], until: datetime) -> float:
    """Return how many seconds a clock ran until a moment.

    Raises:
        ValueError: The clock is malformed.
    """
    return clock.elapsed(_read_clock(stretches), _utc(until)).total_seconds()


def deadline(stretches: Sequence[Any], limit: float) -> datetime:
    """Return the moment at which a clock has run for some seconds; the end of time: never.

    Raises:
        ValueError: The clock is malformed, or the limit is no duration.
    """
    try:
        duration = timedelta(seconds=limit)
    except OverflowError:
        return clock.NEVER
    return clock.deadline(_read_clock(stretches), duration)


def _period(since: datetime, until: datetime) -> Window:
    if _utc(until) <= _utc(since):
        raise LookupError(f"{NOT_IN_EVIDENCE}{_NO_PERIOD}")
    return Window(_utc(since), _utc(until))


def _overlaps(intervals: Sequence[Any], period: Window) -> Iterator[tuple[_Interval, Window]]:
    """Yield each interval that overlaps a period with the part that does."""
    for interval in _read_intervals(intervals):
        part = interval.window.intersection(period)
        if part is not None:
            yield interval.known(), part


# -- what rows hold ---------------------------------------------------------------------------


def _read_intervals(intervals: Sequence[Any]) -> list[_Interval]:
    return [_interval(body) for body in intervals]


def _interval(body: Any) -> _Interval:
    if not isinstance(body, Mapping) or not {"since", "until"} <= body.keys():
        raise ValueError("an interval is {since, until}, and so is each in a list of intervals")
    since, until = _instant(body["since"]), _instant(body["until"])
    if until < since:
        raise ValueError(f"an interval ends ({body['until']}) before it begins ({body['since']})")
    return _Interval(window=Window(since, until), body=dict(body))


def _read_clock(stretches: Sequence[Any]) -> clock.Clock:
    read = [_stretch(body) for body in stretches]
    clock.require_order(read)
    return read


def _stretch(body: Any) -> clock.Stretch:
    if not isinstance(body, Mapping) or set(body) != {"since", "until", "hours"}:
        raise ValueError("a clock is a list of stretches {since, until, hours}")
    until, hours = body["until"], body["hours"]
    return clock.Stretch(
        since=_instant(body["since"]),
        until=None if until is None else _instant(until),
        hours=None if hours is None else read_weekly_hours(hours),
    )


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return _utc(value)
    if not isinstance(value, str):
        raise ValueError(f"expected an instant like 2026-11-23T14:00:00Z, got {value!r}")  # noqa: TRY004 - a view's value is wrong, not an argument
    return _parsed(value)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> datetime:
    return parse_instant(text)


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


# -- what CEL knows of them -------------------------------------------------------------------

Overload: TypeAlias = tuple[str, str, tuple[str, ...], Callable[..., Any]]
"""The type of the value, an id, the types of the operands, and the function."""

FUNCTIONS: Mapping[str, tuple[Overload, ...]] = {
    "overlapping": (("list", "intervals", ("list", "timestamp", "timestamp"), overlapping),),
    "within": (("list", "intervals", ("list", "timestamp", "timestamp"), within),),
    "total": (("dyn", "intervals", ("list",), total),),
    "elapsed": (("dyn", "clock", ("list", "timestamp"), elapsed),),
    "deadline": (
        ("timestamp", "int", ("list", "int"), deadline),
        ("timestamp", "double", ("list", "double"), deadline),
    ),
}
"""By name. Seconds are ``dyn``, so that they compare with whole numbers and with fractions."""
DURATIONS = ("total", "elapsed")
"""Those that return seconds."""
