"""What the windows of the sdk do not do by themselves: clip, complement, cut and measure.

Windows are half-open, so shifts that touch leave no gap, and a gap is exact to the second.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, subtract, union

if TYPE_CHECKING:
    from collections.abc import Iterable

Windows = tuple[Window, ...]
"""Disjoint windows in order, as :func:`union` gives them."""


def clip(windows: Iterable[Window], within: Window) -> Windows:
    """Give the part of the windows that lies within another one."""
    parts = (window.intersection(within) for window in windows)
    return union(part for part in parts if part is not None)


def complement(within: Window, covered: Iterable[Window]) -> Windows:
    """Give what is left of a window when the covered stretches are taken away: its gaps."""
    return subtract((within,), covered)


def split_at(windows: Iterable[Window], instants: Iterable[datetime]) -> Windows:
    """Cut the windows at the instants, so that none reaches across one of them."""
    marks = sorted(set(instants))
    return tuple(piece for window in union(windows) for piece in _pieces(window, marks))


def total_seconds(windows: Iterable[Window]) -> float:
    """Give how many seconds the windows cover, counting what overlaps once."""
    return seconds_of(sum((window.length for window in union(windows)), timedelta()))


def longest_seconds(windows: Iterable[Window]) -> float:
    """Give the seconds of the longest stretch without a break; 0 where there is none."""
    return seconds_of(max((window.length for window in union(windows)), default=timedelta()))


def seconds_of(length: timedelta) -> float:
    """Give a length in seconds, as an integer where it is a whole number of them."""
    total = length.total_seconds()
    return int(total) if total.is_integer() else total


def whole_seconds(window: Window) -> Window | None:
    """Give the whole seconds inside a window, or nothing where there is not one.

    Sources speak in whole seconds while our own clock does not: without this the fraction at
    the edge of a period would look like a gap.
    """
    since, until = window.since, window.until.replace(microsecond=0)
    if since.microsecond:
        since = since.replace(microsecond=0) + timedelta(total_seconds=1)
    return Window(since, until) if since < until else None


def _pieces(window: Window, marks: list[datetime]) -> Iterable[Window]:
    inside = [mark for mark in marks if window.since < mark < window.until]
    return (Window(a, b) for a, b in pairwise([window.since, *inside, window.until]))
