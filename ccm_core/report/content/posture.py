"""The status of each framework's controls, and of the checks day by day."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import bar, phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.model.evaluation.result import ControlResult, ControlScope, TrendPoint
    from ccm_core.model.evaluation.rule_choices import SwitchedOff

STATUSES = (Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.ERROR, Status.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """The controls of one framework, and how many have each status."""

    name: str
    controls: tuple[ControlResult, ...]
    bar: tuple[bar.Segment, ...]
    headline: str
    """Such as ``3 passed, 1 failed``."""
    automated: str
    """Such as ``1 fully automated, 7 partly automated``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendDay:
    """The checks by status at the end of one day."""

    day: date
    start: float
    """Percent from the left."""
    width: float
    blocks: tuple[tuple[str, float, float], ...]
    """Status, top and height in percent, stacked in the order of :data:`STATUSES`."""
    numbers: tuple[int, ...]
    """In the order of :data:`STATUSES`."""


def shown_controls(
    controls: Iterable[ControlResult], frameworks: Sequence[str]
) -> tuple[ControlResult, ...]:
    """Return the controls of the frameworks that are shown; of all, where none is named."""
    return tuple(
        control for control in controls if not frameworks or control.framework in frameworks
    )


def not_shown(controls: Iterable[ControlResult], frameworks: Sequence[str]) -> str:
    """Return which frameworks are evaluated and not shown, in words; empty: there are none."""
    hidden = Counter(
        control.framework
        for control in controls
        if frameworks and control.framework not in frameworks
    )
    return ", ".join(
        f"{name} ({phrases.count(number, 'control')})" for name, number in sorted(hidden.items())
    )


def switched_off_words(
    controls: Iterable[ControlResult], rules: Iterable[SwitchedOff]
) -> Mapping[tuple[str, str], str]:
    """Return of each control with checks that are switched off which they are, and why."""
    by_rule = {rule.rule: rule for rule in rules}
    words = {}
    for control in controls:
        if off := [by_rule[name] for name in control.switched_off if name in by_rule]:
            number = phrases.count(len(off), "check")
            reasons = "; ".join(f"{rule.rule}: {rule.why}" for rule in off)
            words[control.framework, control.id] = f"{number} switched off: {reasons}"
    return words


def scope_words(controls: Iterable[ControlResult]) -> Mapping[tuple[str, str], str]:
    """Return of each control whose framework has a scope how much is in it."""
    return {
        (control.framework, control.id): _scope_words(control.framework, control.scope)
        for control in controls
        if control.scope is not None
    }


def _scope_words(framework: str, scope: ControlScope) -> str:
    inside = f"in scope: {scope.inside:,}" if scope.inside else "nothing in scope"
    return f"{inside}; outside the scope of {framework}: {scope.outside:,}"


def frameworks(controls: Iterable[ControlResult], order: Sequence[str] = ()) -> Iterator[Framework]:
    """Yield each framework with its controls, ``A.5.9`` before ``A.5.15``.

    Args:
        controls: The controls.
        order: The frameworks that come first; the others follow by name.
    """
    ranks = {name: rank for rank, name in enumerate(order)}
    for name, group in groupby(
        sorted(
            controls,
            key=lambda control: (
                ranks.get(control.framework, len(ranks)),
                control.framework,
                _natural_key(control.id),
            ),
        ),
        key=lambda control: control.framework,
    ):
        members = tuple(group)
        counts = Counter(control.status for control in members)
        yield Framework(
            name=name,
            controls=members,
            bar=bar.segments((status.value, counts[status]) for status in STATUSES),
            headline=", ".join(
                f"{counts[status]:,} {phrases.STATUS[status]}"
                for status in STATUSES
                if counts[status]
            ),
            automated=phrases.automated(control.automated for control in members),
        )


def trend(outlines: Sequence[TrendPoint], rules: Iterable[str]) -> tuple[TrendDay, ...]:
    """Return the checks by status, one column for each day that has an evaluation.

    Args:
        outlines: One for each such day, in order.
        rules: Only these are counted.
    """
    reported = set(rules)
    if len(outlines) < 2:  # noqa: PLR2004 - one day is no trend
        return ()
    days = [outline.evaluated_at.date() for outline in outlines]
    span = (days[-1] - days[0]).days + 1
    return tuple(
        _day(outline, reported, start=100 * (day - days[0]).days / span, width=100 / span)
        for outline, day in zip(outlines, days, strict=True)
    )


def _day(outline: TrendPoint, reported: set[str], *, start: float, width: float) -> TrendDay:
    counts = Counter(rule.status for rule in outline.rules if rule.rule in reported)
    total = counts.total() or 1
    blocks, top = [], 100.0
    for status in STATUSES:
        height = 100 * counts[status] / total
        top -= height
        if height:
            blocks.append((status.value, round(top, 3), round(height, 3)))
    return TrendDay(
        day=outline.evaluated_at.date(),
        start=round(start, 3),
        width=round(width, 3),
        blocks=tuple(blocks),
        numbers=tuple(counts[status] for status in STATUSES),
    )


def _natural_key(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts ``A.5.9`` before ``A.5.15``."""
    return [(int(digits or 0), rest) for digits, rest in re.findall(r"([0-9]*)([^0-9]*)", name)]
