"""The conditions that people may be notified of, by findings, an evaluation and its runs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from ccm_core.model.evaluation.result import Evaluation, KindSufficiency, Result, RuleResult, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.finding.policy import Person
from ccm_core.model.finding.work_item import WorkItem
from ccm_core.notify.acceptance_conditions import acceptances_asked, acceptances_ending
from ccm_core.notify.finding_conditions import finding_conditions
from ccm_core.notify.types import Condition, NotifyEvent
from ccm_core.sdk.timestamps import format_duration

_INCONCLUSIVE = (Status.INSUFFICIENT, Status.ERROR)


def conditions(
    evaluation: Evaluation,
    items: Sequence[WorkItem],
    manifests: Sequence[Manifest],
    people: Mapping[str, Person],
    approvers: Mapping[str, str],
) -> tuple[Condition, ...]:
    """Return everything that holds at the evaluation's moment.

    A finding whose risk is accepted is not a condition, and one that cannot be evaluated stays
    one: it is neither resolved nor new.

    Args:
        evaluation: The results.
        items: The findings that are open or inconclusive, the most urgent first.
        manifests: The newest of each connection.
        people: Those of the settings, by id.
        approvers: Who is to approve each risk acceptance, by its id.
    """
    return (
        *chain.from_iterable(finding_conditions(item, people) for item in items),
        *acceptances_asked(items, people, approvers),
        *acceptances_ending(evaluation, items, people),
        *(condition for rule in evaluation.rules for condition in _inconclusive(rule)),
        *_rotations_due(evaluation, manifests),
        *_evidence_overdue(evaluation),
    )


def _inconclusive(rule: RuleResult) -> Iterator[Condition]:
    by_connection: dict[str, list[Result]] = {}
    for result in rule.results:
        if result.status in _INCONCLUSIVE:
            by_connection.setdefault(result.connection, []).append(result)
    for connection, results in sorted(by_connection.items()):
        count = "" if len(results) == 1 else f", {len(results):,} results"
        yield Condition(
            key=f"inconclusive:{rule.pack}:{rule.rule}:{connection}",
            event=NotifyEvent.INCONCLUSIVE,
            severity=rule.severity,
            text=f"{rule.title}: inconclusive for {connection or 'any connection'}{count}",
            resolved_text=f"{rule.title}: conclusive again for {connection or 'every connection'}",
            connection=connection,
            rules=(rule.rule,),
            frameworks=tuple(dict.fromkeys(control.framework for control in rule.controls)),
        )


def _rotations_due(evaluation: Evaluation, manifests: Sequence[Manifest]) -> Iterator[Condition]:
    for manifest in manifests:
        rotate_by, connection = manifest.rotate_by, manifest.connection
        if rotate_by is not None and rotate_by <= evaluation.evaluated_at:
            yield Condition(
                key=f"rotation:{connection}",
                event=NotifyEvent.KEY_DUE,
                severity=Severity.HIGH,
                text=f"the credential of {connection} was due for rotation on {rotate_by:%Y-%m-%d}",
                resolved_text=f"the credential of {connection} was rotated",
                connection=connection,
            )


def _evidence_overdue(evaluation: Evaluation) -> Iterator[Condition]:
    for sufficiency in evaluation.sufficiency:
        kind, connection = sufficiency.kind, sufficiency.connection
        late = _late(sufficiency, evaluation)
        if late is not None:
            yield Condition(
                key=f"evidence_overdue:{connection}:{kind}",
                event=NotifyEvent.EVIDENCE_OVERDUE,
                severity=Severity.HIGH,
                text=f"{kind} of {connection} {late}",
                resolved_text=f"{kind} of {connection} was collected",
                connection=connection,
            )


def _late(sufficiency: KindSufficiency, evaluation: Evaluation) -> str | None:
    if sufficiency.collected_at is None:
        return "was never collected"
    age = (evaluation.evaluated_at - sufficiency.collected_at).total_seconds()
    if sufficiency.max_age is None or age <= sufficiency.max_age:
        return None
    return f"was last collected {format_duration(age)} ago"
