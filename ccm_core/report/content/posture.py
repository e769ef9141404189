"""How the controls of each framework stand, and how the rules stood day by day."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.report.content import bar, phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.model.evaluation.result import ControlResult, Outline

_ORDER = (Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.ERROR, Status.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """The controls of one framework, and how many have each status."""

    name: str
    controls: tuple[ControlResult, ...]
    bar: tuple[bar.Segment, ...]
    counted: str
    """Such as ``3 hold, 1 fails``."""
    automated: str
    """Such as ``1 wholly automated, 7 partly automated``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How the rules stood at the end of one day."""

    day: date
    at: float
    """Per cent from the left."""
    width: float
    blocks: tuple[tuple[str, float, float], ...]
    """Status, top and height in per cent: what could not be judged stands on what fails."""
    numbers: tuple[int, ...]
    """In the order of :data:`STATUSES`."""


STATUSES = _ORDER


def frameworks(controls: Iterable[ControlResult]) -> Iterator[Framework]:
    """Give each framework with its controls, ``A.5.9`` before ``A.5.15``."""
    for name, group in groupby(
        sorted(controls, key=lambda one: (one.framework, _counting(one.id))),
        key=lambda one: one.framework,
    ):
        members = tuple(group)
        seen = Counter(one.status for one in members)
        yield Framework(
            name=name,
            controls=members,
            bar=bar.segments((status.value, seen[status]) for status in _ORDER),
            counted=", ".join(
                f"{seen[status]:,} {phrases.status(status, seen[status])}"
                for status in _ORDER
                if seen[status]
            ),
            automated=phrases.automated(one.automated for one in members),
        )


def trend(outlines: Sequence[Outline], rules: Iterable[str]) -> tuple[Day, ...]:
    """Lay out how rules stood, one column for each day that has an evaluation.

    Args:
        outlines: One for each such day, in order.
        rules: Only these are counted.
    """
    counted = set(rules)
    if len(outlines) < 2:  # noqa: PLR2004 - one day is no trend
        return ()
    days = [one.evaluated_at.date() for one in outlines]
    span = (days[-1] - days[0]).days + 1
    return tuple(
        _day(one, counted, at=100 * (day - days[0]).days / span, width=100 / span)
        for one, day in zip(outlines, days, strict=True)
    )


def _day(outline: Outline, counted: set[str], *, at: float, width: float) -> Day:
    seen = Counter(one.status for one in outline.rules if one.rule in counted)
    total = seen.total() or 1
    blocks, top = [], 100.0
    for status in _ORDER:
        height = 100 * seen[status] / total
        top -= height
        if height:
            blocks.append((status.value, round(top, 3), round(height, 3)))
    return Day(
        day=outline.evaluated_at.date(),
        at=round(at, 3),
        width=round(width, 3),
        blocks=tuple(blocks),
        numbers=tuple(seen[status] for status in _ORDER),
    )


def _counting(name: str) -> list[tuple[int, str]]:
    """Give a key that sorts ``A.5.9`` before ``A.5.15``."""
    return [(int(digits or 0), rest) for digits, rest in re.findall(r"([0-9]*)([^0-9]*)", name)]
