"""Findings as the changes of evaluations make them, and with what the last one says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from ccm_core.findings.evaluated_checks import FailingCheck, failing_checks
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.finding.finding import (
    ACTIVE,
    STATE_AFTER,
    ChangeKind,
    Finding,
    FindingChange,
    FindingCheck,
    FindingState,
    checks_in_order,
)

_OPENING = frozenset({ChangeKind.OPENED, ChangeKind.REOPENED, ChangeKind.CONTINUED})


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
        current[change.finding] = _after(current.get(change.finding), change)
    if until is None:
        return current
    return {
        name: replace(finding, last_seen=until) if finding.state is FindingState.OPEN else finding
        for name, finding in current.items()
    }


def with_latest_results(
    findings: Iterable[Finding], evaluation: Evaluation | None
) -> Iterator[Finding]:
    """Yield findings; open ones with the resource, reasons and waivers of their last results."""
    failing = failing_checks(evaluation) if evaluation else {}
    for finding in findings:
        checks = failing.get(finding.id) if finding.state is FindingState.OPEN else None
        yield with_checks(finding, checks) if checks else finding


def with_checks(finding: Finding, failing: Iterable[FailingCheck]) -> Finding:
    """Return an open finding as its failing checks say; checks that are inconclusive stay."""
    checks = list(failing)
    names = {failed.check.result for failed in checks}
    others = (check for check in finding.checks if check.result not in names)
    ordered = checks_in_order([*(failed.check for failed in checks), *others])
    first = next(failed for failed in checks if failed.check == ordered[0])
    return replace(finding, subject=first.subject, reason=ordered[0].reason, checks=ordered)


def _after(finding: Finding | None, change: FindingChange) -> Finding:
    state = STATE_AFTER[change.kind]
    if finding is None:
        return Finding(
            id=change.finding,
            connection=change.connection,
            subject=change.subject,
            state=state,
            checks=change.checks,
            reason=change.reason,
            first_seen=change.since or change.at,
            opened_at=change.opened_at or change.at,
            last_seen=change.at,
            occurred_at=change.occurred_at,
            follows=change.follows,
        )
    return replace(
        finding,
        subject=change.subject,
        state=state,
        checks=change.checks,
        reason=change.reason,
        first_seen=min(finding.first_seen, change.since or finding.first_seen),
        opened_at=_opened_at(finding, change),
        last_seen=change.last_seen or change.at,
        occurred_at=change.occurred_at,
        closed_at=None if state in ACTIVE else change.at,
        opened=finding.opened + (change.kind is ChangeKind.REOPENED),
        follows=tuple(sorted({*finding.follows, *change.follows})),
    )


def _opened_at(finding: Finding, change: FindingChange) -> datetime:
    if change.kind in _OPENING:
        return change.opened_at or change.at
    return min(finding.opened_at, change.opened_at or finding.opened_at)


def unwaived(checks: Iterable[FindingCheck]) -> tuple[FindingCheck, ...]:
    """Return checks as a change states them: waivers follow the last evaluation alone."""
    return tuple(replace(check, waiver=None) for check in checks)
