"""The statistics of response times and other measures: computed here for every format."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.sdk.report_figures import Distribution, MeasureGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureStatistics:
    """What is stated of one group, such as one month. Times are in seconds."""

    title: str
    number: int
    """How many there are, with those that never happened."""
    median: float | None
    """By nearest rank; infinite: it falls on what never happened. None: there is no measure."""
    p90: float | None
    p95: float | None
    slowest: float | None
    mean: float | None
    """Of those that happened."""
    within: float | None
    """The share within the limit; None: there is no limit, or no measure."""
    never: int
    unknown: int
    incomplete: str | None
    """Why the evidence does not hold all of the group; None: it does."""
    change: float | None = None
    """Of the median from the group before; None: one of the two is incomplete or has none."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of them does not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def statistics(
    group: MeasureGroup, limit: float | None, before: MeasureStatistics | None = None
) -> MeasureStatistics:
    """Return the statistics of a group. What never happened is slower than everything else.

    Args:
        group: The measures.
        limit: Seconds that are allowed; None: there is no one limit.
        before: The group before it, which it is compared with.
    """
    ordered = sorted(group.seconds) + [math.inf] * group.never
    median, p90, p95, slowest = (
        percentile(ordered, share) if ordered else None for share in (0.5, 0.9, 0.95, 1)
    )
    return MeasureStatistics(
        title=group.title,
        number=len(ordered),
        median=median,
        p90=p90,
        p95=p95,
        slowest=slowest,
        mean=math.fsum(group.seconds) / len(group.seconds) if group.seconds else None,
        within=bisect_right(ordered, limit) / len(ordered) if limit and ordered else None,
        never=group.never,
        unknown=group.unknown,
        incomplete=group.incomplete,
        change=_change(before, median) if before and group.incomplete is None else None,
    )


def group_statistics(figure: Distribution) -> Iterator[MeasureStatistics]:
    """Yield the statistics of each group, in order."""
    before = None
    for group in figure.groups:
        before = statistics(group, figure.limit, before)
        yield before


def _change(before: MeasureStatistics, median: float | None) -> float | None:
    values = (before.median, median)
    if before.incomplete is not None or None in values or math.inf in values:
        return None
    return float(median or 0) - float(before.median or 0)
