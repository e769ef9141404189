"""Track failing results as findings, from one stored evaluation to the next, and read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.finding import Finding, FindingChange
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.rules.results.finding_filter import FindingFilter, filter_findings
from ccm_core.rules.results.finding_tracker import (
    apply_changes,
    finding_changes,
    with_latest_results,
)
from ccm_core.store.interface.evidence_store import EvidenceStore

_SEVERITIES = ("critical", "high", "medium", "low", "informational")


def track_findings(store: EvidenceStore, just_stored: tuple[str, Evaluation] | None = None) -> None:
    """Append the finding changes of every evaluation that is later than those tracked so far.

    Whoever stores an evaluation calls it; readers never do. An evaluation of an earlier moment,
    made later, does not change when something was seen.

    Args:
        store: Where evaluations are stored.
        just_stored: The digest of an evaluation, and itself: it need not be read back.
    """
    untracked = store.findings.untracked_evaluations()
    if not untracked:
        return
    previous = store.findings.tracked_until()
    current = apply_changes(store.findings.changes(), previous)
    for digest in untracked:
        is_new = just_stored is not None and digest == just_stored[0]
        evaluation = just_stored[1] if is_new and just_stored else store.evaluations.get(digest)
        appended = finding_changes(current, evaluation, previous)
        if not store.findings.append(digest, appended):
            return  # another process tracks the same evaluations
        previous = evaluation.evaluated_at
        current = apply_changes(appended, previous, current)


def all_findings(store: EvidenceStore, *, as_of: datetime | None = None) -> tuple[Finding, ...]:
    """Return every finding as of the last evaluation by a moment, most severe first.

    Nothing is written: an evaluation is tracked by whoever stores it.
    """
    return _findings(store, as_of)[0]


def selected_findings(
    store: EvidenceStore, selection: FindingFilter, *, as_of: datetime | None = None
) -> tuple[Sequence[Finding], int]:
    """Return the findings to list, most severe first, and how many there are in all.

    Raises:
        UsageError: A connection, a control or a team is not known.
    """
    findings, evaluation = _findings(store, as_of)
    return filter_findings(findings, evaluation, selection), len(findings)


def _findings(
    store: EvidenceStore, as_of: datetime | None
) -> tuple[tuple[Finding, ...], Evaluation | None]:
    """Return every finding, and the last evaluation."""
    current = apply_changes(
        store.findings.changes(as_of=as_of), store.findings.tracked_until(as_of=as_of)
    )
    latest = store.evaluations.latest(as_of=as_of)
    evaluation = None if latest is None else latest.evaluation
    findings = with_latest_results(current.values(), evaluation)
    return tuple(sorted(findings, key=_order)), evaluation


def finding_history(
    store: EvidenceStore, name: str, *, as_of: datetime | None = None
) -> tuple[Finding, Sequence[FindingChange]]:
    """Return a finding, by its id or the beginning of it, and its changes.

    Raises:
        UsageError: There is no such finding, or several ids begin so.
    """
    matches = [
        finding
        for finding in all_findings(store, as_of=as_of)
        if name and finding.id.startswith(name)
    ]
    if not matches:
        raise UsageError(f"no finding {name!r}; `ccm findings list --all` lists them")
    if len(matches) > 1:
        ids = ", ".join(finding.id for finding in matches[:5])
        raise UsageError(f"{name!r} may be {ids}; write more of the id")
    history = store.findings.changes(as_of=as_of)
    return matches[0], [change for change in history if change.finding == matches[0].id]


def _order(finding: Finding) -> tuple[bool, int, str, str, str]:
    severity = _SEVERITIES.index(finding.severity)
    is_closed = finding.closed_at is not None
    return (is_closed, severity, finding.rule, finding.connection, finding.subject.key)
