"""Operations on time windows that the SDK lacks: complement, split and round.

Windows are half-open, so adjacent shifts leave no gap, and a gap is exact to the second.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window, subtract, union

if TYPE_CHECKING:
    from collections.abc import Iterable

Windows = tuple[Window, ...]
"""Disjoint windows in order, as :func:`union` returns them."""
ALWAYS = Window(
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
)
"""What is observed where no rendering bounds it: a user whom a policy names is on call always."""


def complement(within: Window, covered: Iterable[Window]) -> Windows:
    """Return the gaps: the parts of a window that the covered windows leave open."""
    return subtract((within,), covered)


def split_at(windows: Iterable[Window], instants: Iterable[datetime]) -> Windows:
    """Split the windows at the instants, so that no window spans one of them."""
    boundaries = sorted(set(instants))
    return tuple(part for window in union(windows) for part in _parts(window, boundaries))


def seconds_of(duration: timedelta) -> float:
    """Return a duration in seconds, as an integer where it is a whole number."""
    total = duration.total_seconds()
    return int(total) if total.is_integer() else total


def whole_seconds(window: Window) -> Window | None:
    """Return the whole seconds inside a window, or None where it does not hold one.

    Sources report whole seconds and our own clock does not: without this, the fraction at the
    edge of a period would look like a gap.
    """
    since, until = window.since, window.until.replace(microsecond=0)
    if since.microsecond:
        since = since.replace(microsecond=0) + timedelta(seconds=1)
    return Window(since, until) if since < until else None


def _parts(window: Window, boundaries: list[datetime]) -> Iterable[Window]:
    inside = [instant for instant in boundaries if window.since < instant < window.until]
    return (Window(a, b) for a, b in pairwise([window.since, *inside, window.until]))
