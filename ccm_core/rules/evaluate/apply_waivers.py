"""Puts waivers beside the failing results they cover. No status changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Result, RuleResult, Status
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.sdk.timestamps import format_instant


@dataclass(slots=True, kw_only=True)
class _Use:
    """What a waiver did."""

    waiver: Waiver
    patterns: tuple[re.Pattern[str], ...]
    used: set[int] = field(default_factory=set)
    """Which patterns covered a failing result."""
    covered: int = 0

    def covers(self, result: Result) -> bool:
        """Whether it covers a failing result, which is then noted."""
        waiver = self.waiver
        if waiver.connections and result.connection not in waiver.connections:
            return False
        hits = {n for n, one in enumerate(self.patterns) if one.fullmatch(result.subject.key)}
        if self.patterns and not hits:
            return False
        self.used |= hits
        self.covered += 1
        return True


def apply_waivers(
    rules: Sequence[RuleResult], waivers: Sequence[Waiver], now: datetime
) -> tuple[tuple[RuleResult, ...], tuple[str, ...]]:
    """Flag the failing results that a waiver covers, and tell what is odd about the waivers."""
    ordered = sorted(waivers, key=lambda one: one.id)
    uses = [_Use(waiver=one, patterns=tuple(map(_pattern, one.subjects))) for one in ordered]
    standing = [use for use in uses if use.waiver.created <= now < use.waiver.expires]
    flagged = tuple(_flag(rule, standing) for rule in rules)
    by_id = {rule.rule: rule for rule in rules}
    notes = [
        f"waiver {use.waiver.id}: {note}"
        for use in uses
        for note in _notes(use, by_id.get(use.waiver.rule), now)
    ]
    return flagged, tuple(notes)


def _pattern(selector: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, selector.split("*"))), re.DOTALL)


def _flag(rule: RuleResult, uses: Sequence[_Use]) -> RuleResult:
    mine = [use for use in uses if use.waiver.rule == rule.rule and _in_controls(use, rule)]
    if not mine:
        return rule
    results = tuple(_flagged(result, mine) for result in rule.results)
    waived = sum(
        result.waiver is not None and result.subject.kind not in (CONNECTION, POPULATION)
        for result in results
    )
    return replace(rule, results=results, population=replace(rule.population, waived=waived))


def _flagged(result: Result, uses: Sequence[_Use]) -> Result:
    if result.status is not Status.FAIL:
        return result
    covering = [use.waiver.id for use in uses if use.covers(result)]
    return replace(result, waiver=covering[0]) if covering else result


def _in_controls(use: _Use, rule: RuleResult) -> bool:
    return not use.waiver.controls or any(name in use.waiver.controls for name in _controls(rule))


def _controls(rule: RuleResult) -> set[str]:
    return {f"{one.framework}:{one.id}" for one in rule.controls}


def _notes(use: _Use, rule: RuleResult | None, now: datetime) -> Iterator[str]:
    waiver = use.waiver
    if rule is None:
        yield f"there is no rule {waiver.rule}; it covers nothing"
        return
    for control in sorted(set(waiver.controls) - _controls(rule)):
        yield f"the rule {waiver.rule} does not support the control {control}"
    if now >= waiver.expires:
        yield f"expired on {format_instant(waiver.expires)}; it covers nothing any more"
        return
    if now < waiver.created:
        yield f"begins on {format_instant(waiver.created)}; it covers nothing yet"
        return
    if not waiver.subjects or any(not one.strip("*") for one in waiver.subjects):
        yield f"too wide: it covers every subject of {waiver.rule}; name those it is meant for"
    if not use.covered:
        yield f"unused: {waiver.rule} fails on nothing that it covers"
        return
    for number, selector in enumerate(waiver.subjects):
        if number not in use.used:
            yield f"unused selector {selector!r}: {waiver.rule} fails on nothing that it covers"
