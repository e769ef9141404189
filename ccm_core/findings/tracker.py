"""Tracks failing results from one evaluation to the next as findings. Pure.

A finding is one cause on one resource: it opens when a check fails for it, stays open while one
does, and is resolved when all of them pass or no longer apply. An inconclusive evaluation neither
resolves nor reopens it: it is unseen until one is conclusive. A check that goes on failing for
another cause leaves its finding for that of the other cause, which goes on from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.findings.apply_changes import unwaived
from ccm_core.findings.evaluated_checks import EvaluatedChecks, FailingCheck, evaluated_checks
from ccm_core.model.evaluation.result import Evaluation, Status
from ccm_core.model.finding.finding import (
    ACTIVE,
    ChangeKind,
    Finding,
    FindingChange,
    FindingCheck,
    FindingState,
    checks_in_order,
)
from ccm_core.model.frozen_dataclass import dataclass


def finding_changes(
    findings: Mapping[str, Finding], evaluation: Evaluation, before: datetime | None
) -> tuple[FindingChange, ...]:
    """Return what an evaluation changed, sorted by finding.

    Args:
        findings: The findings until then, by id: those that are open or inconclusive, and those
            that fail in this evaluation.
        evaluation: The next one.
        before: The moment of the one before it; None: there was none.
    """
    active = {name: finding for name, finding in findings.items() if finding.state in ACTIVE}
    known = frozenset(check.result for finding in active.values() for check in finding.checks)
    step = _Step(
        active=active,
        checks=evaluated_checks(evaluation, known),
        at=evaluation.evaluated_at,
        before=before,
    )
    changes = [
        *(step.failing(name, findings.get(name)) for name in step.checks.failing),
        *(
            step.not_failing(finding)
            for name, finding in active.items()
            if name not in step.checks.failing
        ),
    ]
    return tuple(sorted(filter(None, changes), key=lambda change: change.finding))


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where the checks of findings went: each goes on failing, for another cause."""

    to: Mapping[str, Sequence[Finding]]
    """By the id of a finding: those that it continues."""
    targets: Mapping[str, Sequence[str]]
    """By the id of a finding that was left: those that continue it."""


class _Step:
    """One evaluation after another."""

    def __init__(
        self,
        active: Mapping[str, Finding],
        checks: EvaluatedChecks,
        at: datetime,
        before: datetime | None,
    ) -> None:
        self.checks, self._at, self._before = checks, at, before
        self._moved = _moved(active, checks)

    def failing(self, name: str, finding: Finding | None) -> FindingChange | None:
        """Return how a finding changes for which checks fail; None: not at all."""
        failing = self.checks.failing[name]
        checks = [failed.check for failed in failing]
        if finding is not None and finding.state in ACTIVE:
            checks += self._inconclusive(finding, {check.result for check in checks})
        ordered = checks_in_order(checks)
        continued = self._moved.to.get(name, ())
        kind = _kind_of_failing(finding, ordered, continued)
        if kind is None:
            return None
        first = next(failed for failed in failing if failed.check == ordered[0])
        return FindingChange(
            finding=name,
            connection=first.connection,
            subject=first.subject,
            kind=kind,
            at=self._at,
            reason=ordered[0].reason,
            checks=unwaived(ordered),
            occurred_at=_occurred_at(failing),
            follows=tuple(sorted(other.id for other in continued)),
            since=min((other.first_seen for other in continued), default=None),
            opened_at=min((other.opened_at for other in continued), default=None),
        )

    def not_failing(self, finding: Finding) -> FindingChange | None:
        """Return how a finding changes for which no check fails; None: not at all."""
        inconclusive = self._inconclusive(finding, frozenset())
        if inconclusive and finding.state is FindingState.INCONCLUSIVE:
            return None
        targets = tuple(sorted(self._moved.targets.get(finding.id, ())))
        passed = [
            result.reason
            for check in finding.checks
            if (result := self.checks.known.get(check.result)) and result.status is not Status.FAIL
        ]
        if inconclusive:
            kind, reason = ChangeKind.INCONCLUSIVE, inconclusive[0].reason
        elif targets:
            kind, reason = ChangeKind.REPLACED, f"it fails as finding {', '.join(targets)} now"
        elif passed:
            kind, reason = ChangeKind.RESOLVED, passed[0]
        else:
            subject = finding.subject
            name = f"{subject.kind} {subject.key}".rstrip()
            kind, reason = ChangeKind.REMOVED, f"{name} is no longer evaluated"
        return FindingChange(
            finding=finding.id,
            connection=finding.connection,
            subject=finding.subject,
            kind=kind,
            at=self._at,
            reason=reason,
            checks=unwaived(inconclusive or finding.checks),
            occurred_at=finding.occurred_at,
            last_seen=self._last_seen(finding),
            replaced_by=targets,
        )

    def _inconclusive(
        self, finding: Finding, failing: Iterable[str] | frozenset[str]
    ) -> Sequence[FindingCheck]:
        """Return the checks of a finding of which it is not known whether they still fail."""
        excluded = frozenset(failing)
        reasons = (
            (check, self.checks.inconclusive_reason(check, finding.connection))
            for check in finding.checks
            if check.result not in excluded
        )
        return checks_in_order(
            replace(check, status=Status.INSUFFICIENT, reason=reason)
            for check, reason in reasons
            if reason is not None
        )

    def _last_seen(self, finding: Finding) -> datetime:
        """Return when it was last seen: what is open failed in the evaluation before."""
        if finding.state is FindingState.OPEN and self._before is not None:
            return max(finding.last_seen, self._before)
        return finding.last_seen


def _kind_of_failing(
    finding: Finding | None, checks: Sequence[FindingCheck], continued: Sequence[Finding]
) -> ChangeKind | None:
    if finding is not None and finding.state is FindingState.INCONCLUSIVE:
        return ChangeKind.CONFIRMED
    if finding is not None and finding.state is FindingState.OPEN:
        return None if _outline(checks) == _outline(finding.checks) else ChangeKind.CHANGED
    if continued:
        return ChangeKind.CONTINUED
    return ChangeKind.OPENED if finding is None else ChangeKind.REOPENED


def _outline(checks: Iterable[FindingCheck]) -> Sequence[tuple[str, str, Status]]:
    """Return what of checks is a change of their finding: not their words."""
    return [(check.result, check.severity, check.status) for check in checks]


def _moved(active: Mapping[str, Finding], checks: EvaluatedChecks) -> _Moved:
    """Return which findings go on as others."""
    targets_of = {
        failed.check.result: name for name, some in checks.failing.items() for failed in some
    }
    to: dict[str, dict[str, Finding]] = defaultdict(dict)
    targets: dict[str, set[str]] = defaultdict(set)
    for finding in active.values():
        for check in finding.checks:
            target = targets_of.get(check.result, finding.id)
            if target != finding.id:
                to[target][finding.id] = finding
                targets[finding.id].add(target)
    return _Moved(
        to={name: tuple(others.values()) for name, others in to.items()},
        targets={name: tuple(others) for name, others in targets.items()},
    )


def _occurred_at(failing: Sequence[FailingCheck]) -> datetime | None:
    moments = [failed.occurred_at for failed in failing if failed.occurred_at is not None]
    return min(moments, default=None)
