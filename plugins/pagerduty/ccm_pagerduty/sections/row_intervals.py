"""Intervals of rows, clipped to a period for drawing; what is unknown in it stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, subtract
from ccm_core.sdk.timestamps import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject


def window_of(interval: JsonObject) -> Window:
    """Return the window of an interval."""
    return Window(parse_instant(interval["since"]), parse_instant(interval["until"]))


def observed_within(body: JsonObject, period: Window) -> Window | None:
    """Return what a row observes of a period; None where it observes nothing, or does not say."""
    return window_of(body["observed"]).intersection(period) if "observed" in body else None


def split(period: Window, now: datetime) -> tuple[Window | None, Window | None]:
    """Return the parts of a period before a moment and from it on."""
    return (
        Window(period.since, min(period.until, now)) if period.since < now else None,
        Window(max(period.since, now), period.until) if now < period.until else None,
    )


def within(
    intervals: Iterable[JsonObject], period: Window | None
) -> tuple[tuple[Window, JsonObject], ...]:
    """Return the intervals that overlap a period, each with the part that does."""
    return tuple(
        (part, interval)
        for interval in intervals
        if period and (part := window_of(interval).intersection(period))
    )


def known_parts(intervals: Sequence[JsonObject], period: Window | None) -> tuple[Window, ...]:
    """Return the parts of a period that no unknown interval overlaps."""
    unknown = [part for part, interval in within(intervals, period) if "unknown" in interval]
    return () if period is None else subtract([period], unknown)
