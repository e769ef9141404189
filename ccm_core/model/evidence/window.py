"""Windows of time and their algebra: union, difference, intersection and splitting.

All windows are half-open, ``since <= t < until``, over aware instants.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open period, ``since <= t < until``."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a window that ends before it begins, or that has no zone."""
        if self.since.tzinfo is None or self.until.tzinfo is None:
            msg = f"a window needs aware instants, got {self.since} and {self.until}"
            raise ValueError(msg)
        if self.until < self.since:
            msg = f"a window cannot end ({self.until}) before it begins ({self.since})"
            raise ValueError(msg)

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since

    def __contains__(self, instant: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.since <= instant < self.until

    def intersection(self, other: Window) -> Window | None:
        """Return the window that both share; None where they do not overlap."""
        since, until = max(self.since, other.since), min(self.until, other.until)
        return Window(since, until) if since < until else None


def union(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return disjoint windows in order that cover the same time; empty windows vanish."""
    merged: list[Window] = []
    for window in sorted(w for w in windows if w.since < w.until):
        if merged and window.since <= merged[-1].until:
            merged[-1] = Window(merged[-1].since, max(merged[-1].until, window.until))
        else:
            merged.append(window)
    return tuple(merged)


def subtract(whole: Iterable[Window], covered: Iterable[Window]) -> tuple[Window, ...]:
    """Return what is in ``whole`` and in none of ``covered``, as disjoint windows in order."""
    merged = tuple(union(covered))
    return tuple(gap for window in union(whole) for gap in _gaps(window, merged))


def cover(covered: list[Window], window: Window) -> tuple[Window, ...]:
    """Add a window to others, and return the parts of it that they did not cover.

    Args:
        covered: Disjoint windows in order, which stay so.
        window: What to add; an empty one changes nothing.
    """
    if window.since >= window.until:
        return ()
    first = bisect_left(covered, window.since, key=_until)
    last = bisect_right(covered, window.until, lo=first, key=_since)
    touching = tuple(covered[first:last])
    if touching:
        merged = Window(min(window.since, touching[0].since), max(window.until, touching[-1].until))
    else:
        merged = window
    covered[first:last] = [merged]
    return tuple(_gaps(window, touching))


def _since(window: Window) -> datetime:
    return window.since


def _until(window: Window) -> datetime:
    return window.until


def split_window(window: Window, longest: timedelta) -> tuple[Window, ...]:
    """Split a window into windows of about one length, none longer than ``longest``.

    Inner edges fall on whole seconds, because sources may ignore fractions of a window's bounds:
    an edge inside a second would then lose what happened in the rest of it.
    """
    count = max(1, -(-window.length // max(SECOND, longest)))
    step = timedelta(seconds=max(1, -(-window.length // (count * SECOND))))
    edges, edge = [window.since], window.since.replace(microsecond=0) + step
    while edge < window.until:
        edges.append(edge)
        edge += step
    return tuple(Window(since, until) for since, until in pairwise([*edges, window.until]))


def _gaps(window: Window, covered: tuple[Window, ...]) -> Iterator[Window]:
    since = window.since
    for cover in covered:
        if cover.until <= since:
            continue
        if cover.since >= window.until:
            break
        if since < cover.since:
            yield Window(since, cover.since)
        since = max(since, cover.until)
    if since < window.until:
        yield Window(since, window.until)
