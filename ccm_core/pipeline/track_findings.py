"""Track failing results as findings, from one stored evaluation to the next, and read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.derived import subject_name
from ccm_core.model.evaluation.finding import Finding, FindingChange, FindingState
from ccm_core.model.evaluation.result import Evaluation, Status
from ccm_core.model.evaluation.result_scope import UNSETTLED, ResultScope
from ccm_core.rules.results.finding_filter import FindingFilter, filter_findings
from ccm_core.rules.results.finding_tracker import (
    apply_changes,
    finding_changes,
    with_latest_results,
)
from ccm_core.store.interface.evidence_store import EvidenceStore

_ACTIVE = frozenset({FindingState.OPEN, FindingState.INCONCLUSIVE})
_FAILING = ResultScope(statuses=frozenset({Status.FAIL}), evidence=False)
_SEVERITIES = ("critical", "high", "medium", "low", "informational")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedPart:
    """As much of an evaluation as tracking its findings needs."""

    digest: str
    evaluation: Evaluation
    scope: ResultScope | None
    """What of it was read; None: all."""


def tracked_part(store: EvidenceStore, digest: str) -> TrackedPart:
    """Read of a stored evaluation what people act on, and what became of known findings."""
    scope = _scope(store.findings.current(_ACTIVE))
    evaluation = store.evaluations.get(digest, scope=scope)
    return TrackedPart(digest=digest, evaluation=evaluation, scope=scope)


def track_findings(store: EvidenceStore, just_stored: TrackedPart | None = None) -> None:
    """Append the finding changes of every evaluation that is later than those tracked so far.

    Whoever stores an evaluation calls it; readers never do. An evaluation of an earlier moment,
    made later, does not change when something was seen. One that was made now, after another by a
    clock that was hours ahead, goes on from the findings as they were at its moment.

    Args:
        store: Where evaluations are stored.
        just_stored: An evaluation that need not be read back.
    """
    for digest in store.findings.untracked_evaluations():
        previous = store.findings.tracked_until()
        active = store.findings.current(_ACTIVE)
        part = just_stored
        if part is None or part.digest != digest or not _covers(part.scope, active):
            part = tracked_part(store, digest)
        if previous is not None and part.evaluation.evaluated_at < previous:
            stored = _track_anew(store, digest, part.evaluation.evaluated_at)
        else:
            changes, findings = _tracked(store, active, part.evaluation, previous)
            stored = store.findings.append(digest, changes, findings)
        if not stored:
            return  # another process tracks the same evaluations


def _track_anew(store: EvidenceStore, digest: str, moment: datetime) -> bool:
    """Track an evaluation from the findings as they were at its moment."""
    before = apply_changes(store.findings.changes(as_of=moment))
    active = [finding for finding in before.values() if finding.state in _ACTIVE]
    evaluation = store.evaluations.get(digest, scope=_scope(active))
    changes = finding_changes(before, evaluation, store.findings.tracked_until(as_of=moment))
    current = with_latest_results(apply_changes(changes, None, before).values(), evaluation)
    return store.findings.append(digest, changes, tuple(current), anew=True)


def _tracked(
    store: EvidenceStore,
    active: Sequence[Finding],
    evaluation: Evaluation,
    previous: datetime | None,
) -> tuple[Sequence[FindingChange], Sequence[Finding]]:
    """Return what an evaluation changed, and the findings that are others by it."""
    before = {finding.id: finding for finding in active}
    failing = {
        result.id
        for rule in evaluation.rules
        for result in rule.results
        if result.status is Status.FAIL
    }
    closed = store.findings.by_id(failing - before.keys())
    before |= {finding.id: finding for finding in closed}
    changes = finding_changes(before, evaluation, previous)
    current = with_latest_results(apply_changes(changes, None, before).values(), evaluation)
    return changes, [finding for finding in current if before.get(finding.id) != finding]


def _scope(active: Iterable[Finding]) -> ResultScope:
    subjects: dict[tuple[str, str], set[str]] = defaultdict(set)
    for finding in active:
        name = subject_name(finding.subject.kind, finding.subject.key)
        subjects[finding.rule, finding.connection].add(name)
    return replace(UNSETTLED, subjects=subjects)


def _covers(scope: ResultScope | None, active: Iterable[Finding]) -> bool:
    """Return whether a scope has the results on all findings that were not closed."""
    if scope is None:
        return True
    return all(
        names <= scope.subjects.get(name, frozenset())
        for name, names in _scope(active).subjects.items()
    )


def unresolved_findings(store: EvidenceStore) -> Sequence[Finding]:
    """Return the findings that are open or inconclusive now; what was resolved is not read."""
    return store.findings.current(_ACTIVE)


def all_findings(store: EvidenceStore, *, as_of: datetime | None = None) -> tuple[Finding, ...]:
    """Return every finding as of the last evaluation by a moment, most severe first.

    Nothing is written: an evaluation is tracked by whoever stores it. As they are now, they are
    read as they are; at a moment before, they are derived from all their changes until then.
    """
    until = store.findings.tracked_until()
    if as_of is None or until is None or until <= as_of:
        return tuple(sorted(store.findings.current(), key=_order))
    return tuple(sorted(derived_findings(store, as_of), key=_order))


def derived_findings(store: EvidenceStore, as_of: datetime | None = None) -> Iterator[Finding]:
    """Yield the findings that all changes by a moment make, with what an evaluation says then."""
    until = store.findings.tracked_until(as_of=as_of)
    current = apply_changes(store.findings.changes(as_of=as_of), until)
    digest = None if until is None else store.findings.tracked_evaluation(until)
    latest = None if digest is None else store.evaluations.get(digest, scope=_FAILING)
    return with_latest_results(current.values(), latest)


def selected_findings(
    store: EvidenceStore, selection: FindingFilter, *, as_of: datetime | None = None
) -> tuple[Sequence[Finding], int]:
    """Return the findings to list, most severe first, and how many there are in all.

    Raises:
        UsageError: A connection, a control or a team is not known.
    """
    if as_of is None and not selection.phrases:
        states = selection.states or frozenset(FindingState)
        return sorted(store.findings.current(states), key=_order), store.findings.count()
    findings = all_findings(store, as_of=as_of)
    latest = None
    if selection.phrases:
        scope = _selection_scope(findings, selection)
        latest = store.evaluations.latest(as_of=as_of, scope=scope)
    evaluation = latest.evaluation if latest else None
    return filter_findings(findings, evaluation, selection), len(findings)


def _selection_scope(findings: Sequence[Finding], selection: FindingFilter) -> ResultScope | None:
    """Return the results that choosing findings needs; None: all, to know every team."""
    teams = {name.casefold() for finding in findings for name in finding.subject.owners}
    if not {name.casefold() for name in selection.owners} <= teams:
        return None
    if selection.statuses:
        return replace(_scope(findings), statuses=frozenset(), not_due=False)
    return ResultScope(evidence=False)


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
