"""Lay out a distribution: percentiles by nearest rank, and a histogram on a logarithmic axis."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases
from ccm_core.report.content.measures import group_statistics, percentile, statistics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.report.content.measures import MeasureStatistics
    from ccm_core.sdk.report_figures import Distribution, MeasureGroup

MOST = 120
"""Groups that are shown: the newest ones. The page counts the others."""

_BINS = 36
_MARKS = (1, 10, 60, 300, 900, 3_600, 14_400, 86_400, 604_800, 2_592_000)
"""Seconds that may be marked on the axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A logarithmic axis of seconds."""

    least: float
    most: float

    def position(self, seconds: float) -> float:
        """Return percent from the left."""
        low, high = math.log(self.least), math.log(self.most)
        inside = min(max(seconds, self.least), self.most)
        return round(100 * (math.log(inside) - low) / (high - low), 3)

    def bar(self, seconds: float) -> int:
        """Return the bar that they are counted in."""
        return min(_BINS - 1, int(self.position(seconds) * _BINS / 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of the histogram."""

    start: float
    """Percent from the left."""
    width: float
    height: float
    """Percent of the highest."""
    late: bool
    """Whether it lies beyond the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLayout:
    """One line of the table."""

    title: str
    number: int
    median: str
    p90: str
    p95: str
    mean: str
    """Of those that happened."""
    slowest: str
    within: str
    """The share within the limit, rounded down."""
    change: str
    """Of the median from the group before."""
    incomplete: str | None
    """Why the evidence does not hold all of the group."""
    unknown: int
    middle: tuple[float, float] | None
    """Percent from the left of the 25th and the 75th percentile; None: no measure."""
    spread: tuple[float, float] | None
    """Of the 5th and the 95th."""
    tick: float | None
    """Of the median; None where it never happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramLayout:
    """A distribution as it is shown."""

    title: str
    about: str
    by: str
    limit: str | None
    limit_at: float | None
    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, str], ...]
    event: str
    never: int
    unknown: int
    total: GroupLayout
    """All groups together."""
    groups: tuple[GroupLayout, ...]
    empty: tuple[str, ...]
    """Titles of groups in which nothing was measured; they have no line."""
    empty_unknown: int
    """How many could not be measured in those groups."""
    left_out: int
    compared: bool
    """Whether any group is compared with the one before."""


def lay_out_histogram(figure: Distribution) -> HistogramLayout:
    """Lay a distribution out. What never happened counts as slower than everything else."""
    values = sorted(value for group in figure.groups for value in group.seconds)
    scale = _scale(values, figure.limit)
    total = _total(figure)
    stated = [*group_statistics(figure)]
    measured = [
        (group, of_group)
        for group, of_group in zip(figure.groups, stated, strict=True)
        if of_group.number
    ]
    unmeasured = [group for group in figure.groups if not (group.seconds or group.never)]
    return HistogramLayout(
        title=figure.title,
        about=figure.about,
        by=figure.by,
        limit=None if figure.limit is None else phrases.duration(figure.limit),
        limit_at=None if figure.limit is None else scale.position(figure.limit),
        bars=tuple(_bars(values, scale, figure.limit)),
        marks=tuple(
            (scale.position(mark), phrases.duration(mark))
            for mark in _MARKS
            if scale.least <= mark <= scale.most
        ),
        event=figure.event,
        never=total.never,
        unknown=total.unknown,
        total=_group(total, scale, figure.limit),
        groups=tuple(
            _group(group, scale, figure.limit, of_group) for group, of_group in measured[-MOST:]
        ),
        compared=any(group.change is not None for group in stated),
        empty=tuple(group.title for group in unmeasured),
        empty_unknown=sum(group.unknown for group in unmeasured),
        left_out=max(0, len(measured) - MOST),
    )


def _total(figure: Distribution) -> MeasureGroup:
    from ccm_core.sdk.report_figures import MeasureGroup

    return MeasureGroup(
        title="All",
        seconds=tuple(value for group in figure.groups for value in group.seconds),
        never=sum(group.never for group in figure.groups),
        unknown=sum(group.unknown for group in figure.groups),
    )


def _scale(ordered: Sequence[float], limit: float | None) -> Scale:
    ends = [*ordered[:1], *ordered[-1:], *([limit] if limit else [])]
    least = max(1.0, min(ends, default=1.0))
    return Scale(least=least, most=max(least * 4, *ends, 60.0))


def _group(
    group: MeasureGroup, scale: Scale, limit: float | None, stated: MeasureStatistics | None = None
) -> GroupLayout:
    stated = stated or statistics(group, limit)
    ordered = sorted(group.seconds) + [math.inf] * group.never

    def between(low: float, high: float) -> tuple[float, float] | None:
        ends = (percentile(ordered, low), percentile(ordered, high)) if ordered else None
        return None if ends is None else (scale.position(ends[0]), scale.position(ends[1]))

    happened = stated.median is not None and stated.median < math.inf
    return GroupLayout(
        title=group.title,
        number=stated.number,
        median=_duration(stated.median),
        p90=_duration(stated.p90),
        p95=_duration(stated.p95),
        mean=_duration(stated.mean),
        slowest=_duration(stated.slowest),
        within=_within(stated.within),
        change=_change(stated.change),
        incomplete=stated.incomplete,
        unknown=group.unknown,
        middle=between(0.25, 0.75),
        spread=between(0.05, 0.95),
        tick=scale.position(stated.median or 0) if happened else None,
    )


def _change(seconds: float | None) -> str:
    if seconds is None:
        return "not compared"
    return "none" if not seconds else f"{'+' if seconds > 0 else ''}{phrases.duration(seconds)}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "none"
    return "never" if seconds == math.inf else phrases.duration(seconds)


def _within(share: float | None) -> str:
    if share is None:
        return "none"
    # Rounded down: what is not all of them never reads 100 %.
    return f"{math.floor(share * 1000) / 10:g} %"


def _bars(ordered: Sequence[float], scale: Scale, limit: float | None) -> Iterator[Bar]:
    # They are sorted, so a bar ends where the first value of the next one stands.
    ends = [bisect_left(ordered, index + 1, key=scale.bar) for index in range(_BINS)]
    counts = [end - begin for begin, end in pairwise([0, *ends])]
    width, highest = 100 / _BINS, max(counts, default=0)
    edge = None if limit is None else scale.position(limit)
    for index, count in enumerate(counts):
        if count:
            start = index * width
            yield Bar(
                start=round(start, 3),
                width=round(width, 3),
                height=round(max(2.0, 100 * count / highest), 2),
                late=edge is not None and start + width / 2 > edge,
            )
