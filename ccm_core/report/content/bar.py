"""The arithmetic of a bar that is cut in proportion to counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Population, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.report.content.summary import Summary

_LEAST = 3.0
"""Per cent: what is there at all can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One stretch of a bar."""

    tone: str
    """A status, or ``waived``."""
    number: int
    start: float
    """Per cent from the left."""
    width: float
    """Per cent."""


def segments(parts: Iterable[tuple[str, int]]) -> tuple[Segment, ...]:
    """Cut a bar. Nothing that exists is narrower than can be seen; what is zero is left out."""
    shown = [(tone, number) for tone, number in parts if number > 0]
    total = sum(number for _, number in shown)
    widths = [max(_LEAST, 100 * number / total) for _, number in shown]
    scale = 100 / sum(widths) if widths else 1
    cut: list[Segment] = []
    start = 0.0
    for (tone, number), width in zip(shown, widths, strict=True):
        cut.append(
            Segment(tone=tone, number=number, start=round(start, 3), width=round(width * scale, 3))
        )
        start += width * scale
    return tuple(cut)


def of_rules(given: Summary) -> tuple[Segment, ...]:
    """Cut the bar of every rule's status."""
    return segments((share.status.value, share.number) for share in given.shares)


def of_population(seen: Population) -> tuple[Segment, ...]:
    """Cut the bar of one rule's subjects."""
    return segments(
        (
            (Status.FAIL.value, seen.failed - seen.waived),
            ("waived", seen.waived),
            (Status.ERROR.value, seen.error),
            (Status.INSUFFICIENT.value, seen.insufficient),
            (Status.PASS.value, seen.passed),
            (Status.NOT_APPLICABLE.value, seen.not_applicable),
        )
    )
