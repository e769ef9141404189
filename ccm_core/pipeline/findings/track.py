"""Track failing results as findings, from one stored evaluation to the next, and read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.findings.apply_changes import apply_changes, with_latest_results
from ccm_core.findings.changed_checks import seen_before, with_changed_checks
from ccm_core.findings.evaluated_checks import failing_results
from ccm_core.findings.tracker import finding_changes
from ccm_core.model.evaluation.derived import subject_name
from ccm_core.model.evaluation.result import Evaluation, Status
from ccm_core.model.evaluation.result_scope import UNSETTLED, ResultScope
from ccm_core.model.finding.finding import ACTIVE, Finding, FindingChange, finding_of
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.interface.evidence_store import EvidenceStore

_FAILING = ResultScope(statuses=frozenset({Status.FAIL}), evidence=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedPart:
    """As much of an evaluation as tracking its findings needs."""

    digest: str
    evaluation: Evaluation
    scope: ResultScope | None
    """What of it was read; None: all."""


def tracked_part(store: EvidenceStore, digest: str) -> TrackedPart:
    """Read of a stored evaluation what people act on, and what became of known findings."""
    scope = _scope(store.findings.current(ACTIVE))
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
        active = store.findings.current(ACTIVE)
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
    active = [finding for finding in before.values() if finding.state in ACTIVE]
    evaluation = store.evaluations.get(digest, scope=_scope(active))
    previous = store.findings.tracked_until(as_of=moment)
    changes = _changes(store, before, evaluation, previous)
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
    failing = {finding_of(result) for result in failing_results(evaluation)}
    closed = store.findings.by_id(failing - before.keys())
    before |= {finding.id: finding for finding in closed}
    changes = _changes(store, before, evaluation, previous)
    current = with_latest_results(apply_changes(changes, None, before).values(), evaluation)
    return changes, [finding for finding in current if before.get(finding.id) != finding]


def _changes(
    store: EvidenceStore,
    before: Mapping[str, Finding],
    evaluation: Evaluation,
    previous: datetime | None,
) -> Sequence[FindingChange]:
    """Return what an evaluation changed, and where the check itself was changed, that it was."""
    changes = {change.finding: change for change in finding_changes(before, evaluation, previous)}
    if previous is not None:
        for moment, some in seen_before(changes.values(), previous).items():
            digest = store.findings.tracked_evaluation(moment)
            if digest is not None:
                basis = store.evaluations.basis(digest)
                explained = with_changed_checks(some, before, basis, evaluation)
                changes |= {change.finding: change for change in explained}
    return tuple(changes.values())


def _scope(active: Iterable[Finding]) -> ResultScope:
    subjects: dict[tuple[str, str], set[str]] = defaultdict(set)
    for finding in active:
        name = subject_name(finding.subject.kind, finding.subject.key)
        for rule in finding.rules:
            subjects[rule, finding.connection].add(name)
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
    return store.findings.current(ACTIVE)


def all_findings(store: EvidenceStore, *, as_of: datetime | None = None) -> tuple[Finding, ...]:
    """Return every finding as of the last evaluation by a moment, by id.

    Nothing is written: an evaluation is tracked by whoever stores it. As they are now, they are
    read as they are; at a moment before, they are derived from all their changes until then.
    """
    until = store.findings.tracked_until()
    if as_of is None or until is None or until <= as_of:
        return tuple(store.findings.current())
    return tuple(sorted(derived_findings(store, as_of), key=lambda finding: finding.id))


def derived_findings(store: EvidenceStore, as_of: datetime | None = None) -> Iterator[Finding]:
    """Yield the findings that all changes by a moment make, with what an evaluation says then."""
    until = store.findings.tracked_until(as_of=as_of)
    current = apply_changes(store.findings.changes(as_of=as_of), until)
    digest = None if until is None else store.findings.tracked_evaluation(until)
    latest = None if digest is None else store.evaluations.get(digest, scope=_FAILING)
    return with_latest_results(current.values(), latest)
