"""Tracks failing results from one evaluation to the next as findings. Pure.

A finding opens when a rule fails on a subject, stays open while it does, and is resolved when the
rule passes or no longer applies. An inconclusive evaluation neither resolves nor reopens it: it is
unseen until one is conclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from ccm_core.model.evaluation.finding import ChangeKind, Finding, FindingChange, FindingState
from ccm_core.model.evaluation.result import CONNECTION, Evaluation, Result, RuleResult, Status

_INCONCLUSIVE = {Status.INSUFFICIENT, Status.ERROR}
_OPENING = {ChangeKind.OPENED, ChangeKind.REOPENED, ChangeKind.CONFIRMED}
_STATES = {
    ChangeKind.OPENED: FindingState.OPEN,
    ChangeKind.REOPENED: FindingState.OPEN,
    ChangeKind.CONFIRMED: FindingState.OPEN,
    ChangeKind.INCONCLUSIVE: FindingState.INCONCLUSIVE,
    ChangeKind.RESOLVED: FindingState.RESOLVED,
    ChangeKind.REMOVED: FindingState.REMOVED,
}


def finding_changes(
    findings: Mapping[str, Finding], evaluation: Evaluation, before: datetime | None
) -> tuple[FindingChange, ...]:
    """Return what an evaluation changed, sorted by finding.

    Args:
        findings: The findings until then, by id.
        evaluation: The next one.
        before: The moment of the one before it; None: there was none.
    """
    results = {
        result.id: (rule, result)
        for rule in evaluation.rules
        for result in rule.results
        if result.status is Status.FAIL or result.id in findings
    }
    changes = [
        change
        for rule, result in results.values()
        if (change := _of_result(findings.get(result.id), rule, result, evaluation, before))
    ]
    rules = {rule.rule: rule for rule in evaluation.rules}
    for name, finding in findings.items():
        if name not in results and (change := _without_result(finding, rules, evaluation, before)):
            changes.append(change)
    return tuple(sorted(changes, key=lambda change: change.finding))


def apply_changes(
    changes: Iterable[FindingChange],
    until: datetime | None = None,
    findings: Mapping[str, Finding] = MappingProxyType({}),
) -> dict[str, Finding]:
    """Return the findings after some changes, by id.

    Args:
        changes: Changes, in the order in which they happened.
        until: The moment of the last evaluation: what is open was seen then.
        findings: The findings before.
    """
    current = dict(findings)
    for change in changes:
        current[change.finding] = _apply_change(current.get(change.finding), change)
    if until is None:
        return current
    return {
        name: replace(finding, last_seen=until) if finding.state is FindingState.OPEN else finding
        for name, finding in current.items()
    }


def with_latest_results(
    findings: Iterable[Finding], evaluation: Evaluation | None
) -> Iterator[Finding]:
    """Yield findings; open ones with the reason, waiver, title and owners of their last result."""
    rules = evaluation.rules if evaluation else ()
    failures = {
        result.id: result
        for rule in rules
        for result in rule.results
        if result.status is Status.FAIL
    }
    for finding in findings:
        result = failures.get(finding.id) if finding.state is FindingState.OPEN else None
        if result is None:
            yield finding
        else:
            yield replace(
                finding, subject=result.subject, reason=result.reason, waiver=result.waiver
            )


def _of_result(
    finding: Finding | None,
    rule: RuleResult,
    result: Result,
    evaluation: Evaluation,
    before: datetime | None,
) -> FindingChange | None:
    kind = _kind(finding.state if finding else None, result.status)
    if kind is None:
        return None
    return FindingChange(
        finding=result.id,
        rule=result.rule,
        connection=result.connection,
        subject=result.subject,
        severity=rule.severity.value,
        kind=kind,
        at=evaluation.evaluated_at,
        reason=result.reason,
        last_seen=_last_seen(finding, before) if finding and kind not in _OPENING else None,
    )


def _kind(state: FindingState | None, status: Status) -> ChangeKind | None:
    """Return how a status changes a finding in a state; None: not at all."""
    if status is Status.FAIL:
        return {
            None: ChangeKind.OPENED,
            FindingState.INCONCLUSIVE: ChangeKind.CONFIRMED,
            FindingState.RESOLVED: ChangeKind.REOPENED,
            FindingState.REMOVED: ChangeKind.REOPENED,
        }.get(state)
    if state in {FindingState.RESOLVED, FindingState.REMOVED}:
        return None
    if status in _INCONCLUSIVE:
        return ChangeKind.INCONCLUSIVE if state is FindingState.OPEN else None
    return ChangeKind.RESOLVED


def _without_result(
    finding: Finding,
    rules: Mapping[str, RuleResult],
    evaluation: Evaluation,
    before: datetime | None,
) -> FindingChange | None:
    """Return how a finding changes of which an evaluation has no result."""
    if finding.state in {FindingState.RESOLVED, FindingState.REMOVED}:
        return None
    why = _inconclusive_reason(finding, rules, evaluation)
    if why and finding.state is FindingState.INCONCLUSIVE:
        return None
    return FindingChange(
        finding=finding.id,
        rule=finding.rule,
        connection=finding.connection,
        subject=finding.subject,
        severity=finding.severity,
        kind=ChangeKind.INCONCLUSIVE if why else ChangeKind.REMOVED,
        at=evaluation.evaluated_at,
        reason=why or f"{finding.subject.kind} {finding.subject.key} is no longer evaluated",
        last_seen=_last_seen(finding, before),
    )


def _inconclusive_reason(
    finding: Finding, rules: Mapping[str, RuleResult], evaluation: Evaluation
) -> str | None:
    """Return why it was inconclusive; None where the rule was evaluated and the subject is gone."""
    if finding.connection and finding.connection not in evaluation.connections:
        return f"the connection {finding.connection} was not evaluated"
    rule = rules.get(finding.rule)
    if rule is None:
        return f"the rule {finding.rule} was not evaluated"
    reasons = (
        result.reason
        for result in rule.results
        if result.subject.kind == CONNECTION
        and result.status in _INCONCLUSIVE
        and result.connection in {finding.connection, ""}
    )
    return next(reasons, None)


def _last_seen(finding: Finding, before: datetime | None) -> datetime:
    """Return when a finding was last seen: what is open failed in the evaluation before."""
    if finding.state is FindingState.OPEN and before is not None:
        return max(finding.last_seen, before)
    return finding.last_seen


def _apply_change(finding: Finding | None, change: FindingChange) -> Finding:
    state = _STATES[change.kind]
    closed = state in {FindingState.RESOLVED, FindingState.REMOVED}
    if finding is None:
        return Finding(
            id=change.finding,
            rule=change.rule,
            connection=change.connection,
            subject=change.subject,
            severity=change.severity,
            state=state,
            reason=change.reason,
            first_seen=change.at,
            last_seen=change.at,
        )
    return replace(
        finding,
        subject=change.subject,
        severity=change.severity,
        state=state,
        reason=change.reason,
        last_seen=change.last_seen or change.at,
        closed_at=change.at if closed else None,
        waiver=None,
        opened=finding.opened + (change.kind is ChangeKind.REOPENED),
    )
