"""Flags failing results with the waiver that covers them. No status changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ccm_core.approvals.standing import approval_problem
from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Result, RuleResult, Status
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.finding.finding import finding_of
from ccm_core.sdk.timestamps import format_instant


@dataclass(slots=True, kw_only=True)
class _WaiverUse:
    """A waiver and what it covered."""

    waiver: Waiver
    patterns: tuple[re.Pattern[str], ...]
    problem: str | None
    """Why it does not count; None: it is approved."""
    used: set[int] = field(default_factory=set)
    """The indexes of the patterns that covered a failing result."""
    rules: set[str] = field(default_factory=set)
    """The rules of which it covered one."""
    findings: set[str] = field(default_factory=set)
    """The findings of which it covered one, where it names some."""

    def covers(self, result: Result) -> bool:
        """Return whether it covers a failing result, and remember that."""
        waiver = self.waiver
        if waiver.connections and result.connection not in waiver.connections:
            return False
        finding = finding_of(result) if waiver.findings else ""
        if finding and finding not in waiver.findings:
            return False
        matches = {
            index
            for index, pattern in enumerate(self.patterns)
            if pattern.fullmatch(result.subject.key)
        }
        if self.patterns and not matches:
            return False
        self.used |= matches
        self.rules.add(result.rule)
        self.findings.add(finding)
        return True


def apply_waivers(
    rules: Sequence[RuleResult], waivers: Sequence[Waiver], now: datetime
) -> tuple[tuple[RuleResult, ...], tuple[str, ...]]:
    """Flag the failing results that a waiver covers; return notes on waivers to be reviewed.

    A waiver that nobody approved, or that is not what was approved, covers nothing.
    """
    ordered = sorted(waivers, key=lambda waiver: waiver.id)
    uses = [
        _WaiverUse(
            waiver=waiver,
            patterns=tuple(map(subject_pattern, waiver.subjects)),
            problem=approval_problem(waiver, now),
        )
        for waiver in ordered
    ]
    in_force = [
        use
        for use in uses
        if use.problem is None and use.waiver.created <= now < use.waiver.expires
    ]
    flagged = tuple(_flag(rule, in_force) for rule in rules)
    by_id = {rule.rule: rule for rule in rules}
    notes = [f"waiver {use.waiver.id}: {note}" for use in uses for note in _notes(use, by_id, now)]
    return flagged, tuple(notes)


def subject_pattern(selector: str) -> re.Pattern[str]:
    """Return the pattern of the keys of subjects that a waiver selects."""
    return re.compile(".*".join(map(re.escape, selector.split("*"))), re.DOTALL)


def _flag(rule: RuleResult, uses: Sequence[_WaiverUse]) -> RuleResult:
    applicable = [use for use in uses if rule.rule in use.waiver.rules and _in_controls(use, rule)]
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


def _notes(use: _WaiverUse, by_id: Mapping[str, RuleResult], now: datetime) -> Iterator[str]:
    waiver = use.waiver
    rules = [by_id[name] for name in waiver.rules if name in by_id]
    for name in waiver.rules:
        if name not in by_id:
            yield f"rule {name} not found; the waiver covers nothing of it"
    if not rules:
        return
    names = ", ".join(rule.rule for rule in rules)
    supported = {name for rule in rules for name in _controls(rule)}
    for control in sorted(set(waiver.controls) - supported):
        yield f"the rule {names} does not support the control {control}"
    if now >= waiver.expires:
        yield f"expired on {format_instant(waiver.expires)}; it no longer covers anything"
    elif use.problem is not None:
        yield f"it does not count: {use.problem}"
    elif now < waiver.created:
        yield f"starts on {format_instant(waiver.created)}; it covers nothing yet"
    else:
        yield from _notes_on_cover(use, names)


def _notes_on_cover(use: _WaiverUse, names: str) -> Iterator[str]:
    """Yield how what a waiver covers differs from what it says."""
    waiver = use.waiver
    if not waiver.findings and _is_broad(waiver):
        yield f"too broad: it covers every subject of {names}; name those it is meant for"
    if not use.rules:
        yield f"unused: {names} fails on nothing that it covers"
        return
    for finding in waiver.findings:
        if finding not in use.findings:
            yield f"unused: finding {finding} does not fail"
    for index, selector in enumerate(waiver.subjects):
        if index not in use.used:
            yield f"unused selector {selector!r}: {names} fails on nothing that it covers"


def _is_broad(waiver: Waiver) -> bool:
    return not waiver.subjects or any(not pattern.strip("*") for pattern in waiver.subjects)
