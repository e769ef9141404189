"""Assess one control over a period: its evidence, its status over time, and its exceptions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from ccm_core.assurance.evaluation_history import ControlName, EvaluationHistory
from ccm_core.assurance.inputs import AssuranceInputs, ConnectionHistory, RuleEvidence
from ccm_core.assurance.kind_coverage import coverage
from ccm_core.model.assurance import (
    Conclusion,
    ControlAssurance,
    ControlException,
    EvidenceGap,
    PeriodTest,
    StatusPeriod,
)
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.window import Window, subtract

_INCONCLUSIVE = {Status.INSUFFICIENT, Status.ERROR}
_DEFAULT = timedelta(days=1)


GapFinder = Callable[[str, str, timedelta | None], Sequence[EvidenceGap]]
"""Returns the gaps in a kind's evidence, by connection, kind, and how old it may be."""


def control_assurance(
    inputs: AssuranceInputs,
    connections: Sequence[ConnectionHistory],
    evaluated: EvaluationHistory,
    find_gaps: GapFinder,
    control: ControlName,
) -> ControlAssurance:
    """Return what the evidence of a period proves of one control.

    Args:
        inputs: The period, and which rules support the control.
        connections: The connections.
        evaluated: The results of the evaluations of the period.
        find_gaps: Where evidence was not sufficient.
        control: Framework and id.
    """
    needs, period = inputs.controls[control], inputs.elapsed
    moments = evaluated.statuses[control]
    statuses = [(at, status) for at, status in moments if at < inputs.period.until]
    closing = next((at for at, _ in moments if at >= inputs.period.until), None)
    rules = {evidence.rule for evidence in needs}
    missing = {
        *_missing_evidence(needs, connections, find_gaps, period),
        *_left_untold(evaluated, {*rules, ":".join(control)}, statuses, period),
    }
    untested = {
        *_unevaluated(statuses, closing, needs, connections, inputs),
        *_inconclusive(statuses, missing, period),
    }
    gaps = tuple(
        sorted(
            missing | untested,
            key=lambda gap: (gap.since, gap.until, gap.connection, gap.kind, gap.reason),
        )
    )
    kinds: dict[str, frozenset[str]] = {}
    for evidence in needs:
        kinds[evidence.rule] = kinds.get(evidence.rule, frozenset()) | evidence.kinds
    seen = {history.connection: history.seen(period) for history in connections}
    scoped = evaluated.of_framework(control[0])
    tests = tuple(scoped.tests(kinds, seen))
    exceptions = tuple(scoped.exceptions(rules, seen))
    items, items_failed = scoped.control_items(rules, exceptions)
    return ControlAssurance(
        framework=control[0],
        id=control[1],
        conclusion=_conclusion(gaps, exceptions, tests),
        rules=tuple(sorted(rules)),
        tests=tests,
        items=items,
        items_failed=items_failed,
        items_outside=len(evaluated.items_named(rules) - scoped.items_named(rules)),
        partial_months=tuple(scoped.partial_months(rules, seen)),
        evidence_coverage=coverage(gaps, period),
        evaluations=len(statuses),
        history=tuple(_history(statuses)),
        exceptions=exceptions,
        evidence_gaps=gaps,
    )


def _conclusion(
    gaps: Sequence[EvidenceGap],
    exceptions: Sequence[ControlException],
    tests: Sequence[PeriodTest],
) -> Conclusion:
    if gaps:
        return Conclusion.EVIDENCE_INCOMPLETE
    if exceptions:
        return Conclusion.EXCEPTIONS
    if any(test.passed + test.failed + test.inconclusive for test in tests):
        return Conclusion.NO_EXCEPTIONS
    is_open = any(test.open for test in tests)
    return Conclusion.OPEN_AT_CUT_OFF if is_open else Conclusion.NO_OCCURRENCES


# -- evidence ---------------------------------------------------------------------------------


def _missing_evidence(
    needs: Sequence[RuleEvidence],
    connections: Sequence[ConnectionHistory],
    find_gaps: GapFinder,
    period: Window,
) -> Iterator[EvidenceGap]:
    for evidence in needs:
        sources = [history for history in connections if history.cadences.keys() >= evidence.kinds]
        if not sources:
            reason = f"no connection collects the evidence that {evidence.rule} needs"
            yield _gap(period, reason)
        for history in sources:
            for kind in sorted(evidence.kinds):
                yield from find_gaps(history.connection, kind, evidence.max_age)


def _left_untold(
    evaluated: EvaluationHistory,
    names: Collection[str],
    statuses: Sequence[tuple[datetime, Status]],
    period: Window,
) -> Iterator[EvidenceGap]:
    """Yield the times of which nothing is concluded, as the verifier of packages does."""
    moments = [at for at, _ in statuses]
    ends = dict(zip(moments, [*moments[1:], period.until], strict=False))
    for name in sorted(names):
        spans: list[tuple[datetime, datetime, str]] = []
        for at, why in sorted(evaluated.off.get(name, ())):
            if at not in ends:
                continue
            if spans and spans[-1][1:] == (at, why):
                spans[-1] = (spans[-1][0], ends[at], why)
            else:
                spans.append((at, ends[at], why))
        for since, until, why in spans:
            yield _gap(Window(since, until), why)


# -- evaluations ------------------------------------------------------------------------------


def _unevaluated(
    statuses: Sequence[tuple[datetime, Status]],
    closing: datetime | None,
    needs: Sequence[RuleEvidence],
    connections: Sequence[ConnectionHistory],
    inputs: AssuranceInputs,
) -> Iterator[EvidenceGap]:
    """Yield the parts of the period that no evaluation has seen.

    A result is valid for as long as the slowest evidence behind it may be old. An evaluation says
    nothing of what happened after it: of a period that has ended, the time after the last one is
    proven by one that was made afterwards.
    """
    period = inputs.elapsed
    kinds = {kind for evidence in needs for kind in evidence.kinds}
    cadences = [
        history.cadences[kind]
        for history in connections
        for kind in kinds & history.cadences.keys()
    ]
    allowed = 2 * max(cadences, default=_DEFAULT)
    moments = [at for at, _ in statuses]
    for since, until in pairwise([period.since, *moments, closing or period.until]):
        first = since == period.since
        if until - since > allowed or (first and not statuses):
            begins, ends = since if first else since + allowed, min(until, period.until)
            if begins < ends:
                yield _gap(Window(begins, ends), "it was not evaluated")
    is_ended = inputs.period.until <= inputs.now
    if closing is None and is_ended and moments and moments[-1] + allowed >= period.until:
        unseen = Window(moments[-1], period.until)
        yield _gap(unseen, "no later evaluation has seen what happened then")


def _inconclusive(
    statuses: Sequence[tuple[datetime, Status]], missing: Iterable[EvidenceGap], period: Window
) -> Iterator[EvidenceGap]:
    """Yield the times of inconclusive results that no missing evidence explains."""
    explained = [Window(gap.since, gap.until) for gap in missing if not gap.subjects]
    for (at, status), (following, _) in pairwise([*statuses, (period.until, Status.PASS)]):
        if status in _INCONCLUSIVE:
            for window in subtract([Window(at, following)], explained):
                yield _gap(window, f"its result was {status}")


def _gap(window: Window, reason: str) -> EvidenceGap:
    return EvidenceGap(
        connection="", kind="", since=window.since, until=window.until, reason=reason
    )


def _history(statuses: Sequence[tuple[datetime, Status]]) -> Iterator[StatusPeriod]:
    groups = [list(group) for _, group in groupby(statuses, key=lambda pair: pair[1])]
    ends = [group[0][0] for group in groups[1:]]
    last = statuses[-1][0] if statuses else None
    for group, until in zip(groups, [*ends, last], strict=False):
        if until is not None:
            yield StatusPeriod(
                since=group[0][0], until=until, status=group[0][1], evaluations=len(group)
            )
