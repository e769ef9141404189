"""The arithmetic of a distribution: percentiles by nearest rank, and bars on a logarithmic axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.sdk.report_figures import Distribution, MeasureGroup

MOST = 120
"""Groups that are shown; the newest ones, and the page says how many are left out."""

_BINS = 36
_MARKS = (1, 10, 60, 300, 900, 3_600, 14_400, 86_400, 604_800, 2_592_000)
"""Seconds that may be marked on the axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A logarithmic axis of seconds."""

    least: float
    most: float

    def place(self, seconds: float) -> float:
        """Give per cent from the left."""
        low, high = math.log(self.least), math.log(self.most)
        inside = min(max(seconds, self.least), self.most)
        return round(100 * (math.log(inside) - low) / (high - low), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of the histogram."""

    start: float
    """Per cent from the left."""
    width: float
    height: float
    """Per cent of the highest."""
    late: bool
    """Whether it lies beyond the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnGroup:
    """One line of the table."""

    title: str
    number: int
    median: str
    p90: str
    p95: str
    slowest: str
    within: str
    """The share within the limit, rounded down."""
    unknown: int
    middle: tuple[float, float] | None
    """Per cent from the left of the 25th and the 75th percentile; None: no measure."""
    wide: tuple[float, float] | None
    """Of the 5th and the 95th."""
    tick: float | None
    """Of the median; None where it never happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnDistribution:
    """A distribution as it is shown."""

    title: str
    about: str
    by: str
    limit: str | None
    limit_at: float | None
    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, str], ...]
    never: int
    unknown: int
    whole: DrawnGroup
    """All groups together."""
    groups: tuple[DrawnGroup, ...]
    empty: tuple[str, ...]
    """Titles of groups in which nothing was measured; they have no line."""
    empty_unknown: int
    """In those groups: of how many the evidence does not tell."""
    left_out: int


def distribution(given: Distribution) -> DrawnDistribution:
    """Lay a distribution out. What never happened is slower than everything else."""
    values = sorted(value for group in given.groups for value in group.seconds)
    scale = _scale(values, given.limit)
    whole = _whole(given)
    told = [one for one in given.groups if one.seconds or one.never]
    untold = [one for one in given.groups if not (one.seconds or one.never)]
    return DrawnDistribution(
        title=given.title,
        about=given.about,
        by=given.by,
        limit=None if given.limit is None else phrases.span(given.limit),
        limit_at=None if given.limit is None else scale.place(given.limit),
        bars=tuple(_bars(values, scale, given.limit)),
        marks=tuple(
            (scale.place(mark), phrases.span(mark))
            for mark in _MARKS
            if scale.least <= mark <= scale.most
        ),
        never=whole.never,
        unknown=whole.unknown,
        whole=_group(whole, scale, given.limit),
        groups=tuple(_group(one, scale, given.limit) for one in told[-MOST:]),
        empty=tuple(one.title for one in untold),
        empty_unknown=sum(one.unknown for one in untold),
        left_out=max(0, len(told) - MOST),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Give the smallest value that at least this share of them does not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _whole(given: Distribution) -> MeasureGroup:
    from ccm_core.sdk.report_figures import MeasureGroup

    return MeasureGroup(
        title="All",
        seconds=tuple(value for group in given.groups for value in group.seconds),
        never=sum(group.never for group in given.groups),
        unknown=sum(group.unknown for group in given.groups),
    )


def _scale(ordered: Sequence[float], limit: float | None) -> Scale:
    ends = [*ordered[:1], *ordered[-1:], *([limit] if limit else [])]
    least = max(1.0, min(ends, default=1.0))
    return Scale(least=least, most=max(least * 4, *ends, 60.0))


def _group(group: MeasureGroup, scale: Scale, limit: float | None) -> DrawnGroup:
    ordered = sorted(group.seconds) + [math.inf] * group.never
    told = (
        {share: percentile(ordered, share) for share in (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 1)}
        if ordered
        else {}
    )
    return DrawnGroup(
        title=group.title,
        number=len(ordered),
        median=_said(told.get(0.5)),
        p90=_said(told.get(0.9)),
        p95=_said(told.get(0.95)),
        slowest=_said(told.get(1)),
        within=_within(ordered, limit),
        unknown=group.unknown,
        middle=(scale.place(told[0.25]), scale.place(told[0.75])) if told else None,
        wide=(scale.place(told[0.05]), scale.place(told[0.95])) if told else None,
        tick=scale.place(told[0.5]) if told and told[0.5] < math.inf else None,
    )


def _said(seconds: float | None) -> str:
    if seconds is None:
        return "none"
    return "never" if seconds == math.inf else phrases.span(seconds)


def _within(ordered: Sequence[float], limit: float | None) -> str:
    if limit is None or not ordered:
        return "none"
    share = sum(value <= limit for value in ordered) / len(ordered)
    # Rounded down: what is not all of them never reads 100 %.
    return f"{math.floor(share * 1000) / 10:g} %"


def _bars(ordered: Sequence[float], scale: Scale, limit: float | None) -> Iterator[Bar]:
    counts = [0] * _BINS
    for value in ordered:
        counts[min(_BINS - 1, int(scale.place(value) * _BINS / 100))] += 1
    width, highest = 100 / _BINS, max(counts, default=0)
    edge = None if limit is None else scale.place(limit)
    for place, count in enumerate(counts):
        if count:
            start = place * width
            yield Bar(
                start=round(start, 3),
                width=round(width, 3),
                height=round(max(2.0, 100 * count / highest), 2),
                late=edge is not None and start + width / 2 > edge,
            )
