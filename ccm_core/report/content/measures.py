"""The statistics of response times and other measures: computed here for every format."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.report_figures import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.model.evaluation.result import KindSufficiency
    from ccm_core.report.types import Section
    from ccm_core.sdk.report_figures import MeasureGroup


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """One measure of one connection, group by group. Times are in seconds."""

    connection: str
    section: str
    title: str
    about: str
    event: str
    """What ends the time that is measured."""
    by: str
    """What a group is: ``Month``."""
    limit: float | None
    """None: it differs between objects, or there is none."""
    evaluated_at: datetime
    groups: tuple[MeasureStatistics, ...]
    """A time that falls on what never happened is null for programs, as ``never`` tells."""
    problems: tuple[str, ...]
    """Evidence behind it that is not sufficient."""


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


def problem_text(kind: KindSufficiency) -> str:
    """Return why the evidence of a kind is not sufficient."""
    return kind.problem or f"{kind.kind} has gaps"


def measures_of(sections: Sequence[Section], at: datetime) -> Iterator[Measures]:
    """Yield every measure of some sections.

    Args:
        sections: Of the report.
        at: The moment of the evaluation.
    """
    for section in sections:
        for figure in section.figures:
            if isinstance(figure, Distribution):
                yield Measures(
                    connection=section.connection,
                    section=section.name,
                    title=figure.title,
                    about=figure.about,
                    event=figure.event,
                    by=figure.by,
                    limit=figure.limit,
                    evaluated_at=at,
                    groups=tuple(group_statistics(figure)),
                    problems=tuple(map(problem_text, section.problems)),
                )


def finite(statistics: MeasureStatistics) -> MeasureStatistics:
    """Return statistics that JSON can write: what is infinite is null."""
    return replace(
        statistics,
        median=_finite(statistics.median),
        p90=_finite(statistics.p90),
        p95=_finite(statistics.p95),
        slowest=_finite(statistics.slowest),
    )


def _finite(seconds: float | None) -> float | None:
    return None if seconds == math.inf else seconds
