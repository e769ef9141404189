"""Lay out a bar whose segments are proportional to counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Population, Status
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.report.content.summary import Summary

_MIN_WIDTH = 3.0
"""Percent: the smallest segment that can still be population."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One part of a bar."""

    tone: str
    """A status, or ``waived``."""
    number: int
    start: float
    """Percent from the left."""
    width: float
    """Percent."""


def segments(counts: Iterable[tuple[str, int]]) -> tuple[Segment, ...]:
    """Return the segments of a bar, each wide enough to be seen; zeros are left out."""
    shown = [(tone, number) for tone, number in counts if number > 0]
    total = sum(number for _, number in shown)
    widths = [max(_MIN_WIDTH, 100 * number / total) for _, number in shown]
    scale = 100 / sum(widths) if widths else 1
    laid_out: list[Segment] = []
    start = 0.0
    for (tone, number), width in zip(shown, widths, strict=True):
        laid_out.append(
            Segment(tone=tone, number=number, start=round(start, 3), width=round(width * scale, 3))
        )
        start += width * scale
    return tuple(laid_out)


def status_bar(report: Summary) -> tuple[Segment, ...]:
    """Return the bar of all checks by status."""
    return segments((count.status.value, count.number) for count in report.counts)


def population_bar(population: Population) -> tuple[Segment, ...]:
    """Return the bar of one check's resources by status."""
    return segments(
        (
            (Status.FAIL.value, population.failed - population.waived),
            ("waived", population.waived),
            (Status.ERROR.value, population.error),
            (Status.INSUFFICIENT.value, population.insufficient),
            (Status.PASS.value, population.passed),
            (Status.NOT_APPLICABLE.value, population.not_applicable),
        )
    )
