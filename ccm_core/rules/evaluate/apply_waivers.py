"""Flags failing results with the waiver that covers them. No status changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Result, RuleResult, Status
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.sdk.timestamps import format_instant


@dataclass(slots=True, kw_only=True)
class _WaiverUse:
    """A waiver and what it covered."""

    waiver: Waiver
    patterns: tuple[re.Pattern[str], ...]
    used: set[int] = field(default_factory=set)
    """The indexes of the patterns that covered a failing result."""
    covered: int = 0

    def covers(self, result: Result) -> bool:
        """Return whether it covers a failing result, and count that."""
        waiver = self.waiver
        if waiver.connections and result.connection not in waiver.connections:
            return False
        matches = {
            index
            for index, pattern in enumerate(self.patterns)
            if pattern.fullmatch(result.subject.key)
        }
        if self.patterns and not matches:
            return False
        self.used |= matches
        self.covered += 1
        return True


def apply_waivers(
    rules: Sequence[RuleResult], waivers: Sequence[Waiver], now: datetime
) -> tuple[tuple[RuleResult, ...], tuple[str, ...]]:
    """Flag the failing results that a waiver covers; return notes on waivers to be reviewed."""
    ordered = sorted(waivers, key=lambda waiver: waiver.id)
    uses = [
        _WaiverUse(waiver=waiver, patterns=tuple(map(_pattern, waiver.subjects)))
        for waiver in ordered
    ]
    in_force = [use for use in uses if use.waiver.created <= now < use.waiver.expires]
    flagged = tuple(_flag(rule, in_force) for rule in rules)
    by_id = {rule.rule: rule for rule in rules}
    notes = [
        f"waiver {use.waiver.id}: {note}"
        for use in uses
        for note in _notes(use, by_id.get(use.waiver.rule), now)
    ]
    return flagged, tuple(notes)


def _pattern(selector: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, selector.split("*"))), re.DOTALL)


def _flag(rule: RuleResult, uses: Sequence[_WaiverUse]) -> RuleResult:
    applicable = [use for use in uses if use.waiver.rule == rule.rule and _in_controls(use, rule)]
    if not applicable:
        return rule
    results = tuple(_flagged(result, applicable) for result in rule.results)
    waived = sum(
        result.waiver is not None and result.subject.kind not in (CONNECTION, POPULATION)
        for result in results
    )
    return replace(rule, results=results, population=replace(rule.population, waived=waived))


def _flagged(result: Result, uses: Sequence[_WaiverUse]) -> Result:
    if result.status is not Status.FAIL:
        return result
    covering = [use.waiver.id for use in uses if use.covers(result)]
    return replace(result, waiver=covering[0]) if covering else result


def _in_controls(use: _WaiverUse, rule: RuleResult) -> bool:
    return not use.waiver.controls or any(name in use.waiver.controls for name in _controls(rule))


def _controls(rule: RuleResult) -> set[str]:
    return {f"{control.framework}:{control.id}" for control in rule.controls}


def _notes(use: _WaiverUse, rule: RuleResult | None, now: datetime) -> Iterator[str]:
    waiver = use.waiver
    if rule is None:
        yield f"rule {waiver.rule} not found; the waiver covers nothing"
        return
    for control in sorted(set(waiver.controls) - _controls(rule)):
        yield f"the rule {waiver.rule} does not support the control {control}"
    if now >= waiver.expires:
        yield f"expired on {format_instant(waiver.expires)}; it no longer covers anything"
        return
    if now < waiver.created:
        yield f"starts on {format_instant(waiver.created)}; it covers nothing yet"
        return
    if not waiver.subjects or any(not pattern.strip("*") for pattern in waiver.subjects):
        yield f"too broad: it covers every subject of {waiver.rule}; name those it is meant for"
    if not use.covered:
        yield f"unused: {waiver.rule} fails on nothing that it covers"
        return
    for index, selector in enumerate(waiver.subjects):
        if index not in use.used:
            yield f"unused selector {selector!r}: {waiver.rule} fails on nothing that it covers"
