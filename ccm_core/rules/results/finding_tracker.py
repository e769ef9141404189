"""What became of failing results from one evaluation to the next. Pure.

A finding opens when a rule fails on a subject, is still there while it does, and is resolved when
the rule holds or no longer applies. An evaluation that could not judge it neither resolves nor
reopens it: it is inconclusive until one can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from ccm_core.model.evaluation.finding import ChangeKind, Finding, FindingChange, FindingState
from ccm_core.model.evaluation.result import CONNECTION, Evaluation, Result, RuleResult, Status

_UNJUDGED = {Status.INSUFFICIENT, Status.ERROR}
_OPENING = {ChangeKind.OPENED, ChangeKind.REOPENED, ChangeKind.CONFIRMED}
_STATES = {
    ChangeKind.OPENED: FindingState.OPEN,
    ChangeKind.REOPENED: FindingState.OPEN,
    ChangeKind.CONFIRMED: FindingState.OPEN,
    ChangeKind.INCONCLUSIVE: FindingState.INCONCLUSIVE,
    ChangeKind.RESOLVED: FindingState.RESOLVED,
    ChangeKind.REMOVED: FindingState.REMOVED,
}


def changes(
    known: Mapping[str, Finding], evaluation: Evaluation, before: datetime | None
) -> tuple[FindingChange, ...]:
    """Tell what an evaluation changed, sorted by finding.

    Args:
        known: The findings until then, by id.
        evaluation: The next one.
        before: The moment of the one before it; None: there was none.
    """
    told = {
        result.id: (rule, result)
        for rule in evaluation.rules
        for result in rule.results
        if result.status is Status.FAIL or result.id in known
    }
    found = [
        change
        for rule, result in told.values()
        if (change := _of_result(known.get(result.id), rule, result, evaluation, before))
    ]
    rules = {one.rule: one for one in evaluation.rules}
    for name, finding in known.items():
        if name not in told and (change := _untold(finding, rules, evaluation, before)):
            found.append(change)
    return tuple(sorted(found, key=lambda one: one.finding))


def findings(
    told: Iterable[FindingChange],
    until: datetime | None = None,
    known: Mapping[str, Finding] = MappingProxyType({}),
) -> dict[str, Finding]:
    """Put changes together to how each finding stands, by id.

    Args:
        told: Changes, in the order in which they happened.
        until: The moment of the last evaluation: what is open was seen then.
        known: How the findings stood before.
    """
    standing = dict(known)
    for change in told:
        standing[change.finding] = _changed(standing.get(change.finding), change)
    if until is None:
        return standing
    return {
        name: replace(one, last_seen=until) if one.state is FindingState.OPEN else one
        for name, one in standing.items()
    }


def with_latest_results(
    standing: Iterable[Finding], evaluation: Evaluation | None
) -> Iterator[Finding]:
    """Give what is open with what the last evaluation told: reason, waiver, title and owners."""
    results = evaluation.rules if evaluation else ()
    told = {one.id: one for rule in results for one in rule.results if one.status is Status.FAIL}
    for one in standing:
        result = told.get(one.id) if one.state is FindingState.OPEN else None
        if result is None:
            yield one
        else:
            yield replace(one, subject=result.subject, reason=result.reason, waiver=result.waiver)


def _of_result(
    known: Finding | None,
    rule: RuleResult,
    result: Result,
    evaluation: Evaluation,
    before: datetime | None,
) -> FindingChange | None:
    kind = _kind(known.state if known else None, result.status)
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
        last_seen=_last_seen(known, before) if known and kind not in _OPENING else None,
    )


def _kind(state: FindingState | None, status: Status) -> ChangeKind | None:
    """Tell what a status means for a finding in a state; None: nothing changes."""
    if status is Status.FAIL:
        return {
            None: ChangeKind.OPENED,
            FindingState.INCONCLUSIVE: ChangeKind.CONFIRMED,
            FindingState.RESOLVED: ChangeKind.REOPENED,
            FindingState.REMOVED: ChangeKind.REOPENED,
        }.get(state)
    if state in {FindingState.RESOLVED, FindingState.REMOVED}:
        return None
    if status in _UNJUDGED:
        return ChangeKind.INCONCLUSIVE if state is FindingState.OPEN else None
    return ChangeKind.RESOLVED


def _untold(
    finding: Finding,
    rules: Mapping[str, RuleResult],
    evaluation: Evaluation,
    before: datetime | None,
) -> FindingChange | None:
    """Tell what it means that an evaluation says nothing of a finding."""
    if finding.state in {FindingState.RESOLVED, FindingState.REMOVED}:
        return None
    why = _unjudged(finding, rules, evaluation)
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
        reason=why or f"{finding.subject.kind} {finding.subject.key} is no longer judged",
        last_seen=_last_seen(finding, before),
    )


def _unjudged(
    finding: Finding, rules: Mapping[str, RuleResult], evaluation: Evaluation
) -> str | None:
    """Say why nobody could tell; None where the rule was judged and the subject is not there."""
    if finding.connection and finding.connection not in evaluation.connections:
        return f"the connection {finding.connection} was not judged"
    rule = rules.get(finding.rule)
    if rule is None:
        return f"the rule {finding.rule} was not judged"
    whole = (
        one.reason
        for one in rule.results
        if one.subject.kind == CONNECTION
        and one.status in _UNJUDGED
        and one.connection in {finding.connection, ""}
    )
    return next(whole, None)


def _last_seen(finding: Finding, before: datetime | None) -> datetime:
    """What is open until now failed in the evaluation before."""
    if finding.state is FindingState.OPEN and before is not None:
        return max(finding.last_seen, before)
    return finding.last_seen


def _changed(finding: Finding | None, change: FindingChange) -> Finding:
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
        opened=finding.opened + (change.kind is ChangeKind.REOPENED),
    )
