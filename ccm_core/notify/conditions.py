"""From an evaluation and the runs behind it to the conditions that people may be told of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ccm_core.model.evaluation.finding import Finding, FindingState
from ccm_core.model.evaluation.result import Evaluation, KindSufficiency, Result, RuleResult, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.notify.types import Condition, NotifyEvent
from ccm_core.sdk.timestamps import format_duration

_OPEN = (Status.INSUFFICIENT, Status.ERROR)
_STILL = (FindingState.OPEN, FindingState.INCONCLUSIVE)
"""A finding that cannot be seen is neither over nor new."""


def conditions(
    evaluation: Evaluation, findings: Iterable[Finding], manifests: Sequence[Manifest]
) -> tuple[Condition, ...]:
    """Give everything that is so at the evaluation's moment.

    A failure that a waiver covers is no condition: somebody knows of it and let it be.

    Args:
        evaluation: What the rules said.
        findings: Failing results through time, as they stand after it.
        manifests: The newest of each connection.
    """
    return (
        *_failing(evaluation, findings),
        *(one for rule in evaluation.rules for one in _unjudged(rule)),
        *_keys(evaluation, manifests),
        *_overdue(evaluation),
    )


def _failing(evaluation: Evaluation, findings: Iterable[Finding]) -> Iterator[Condition]:
    rules = {one.rule: one for one in evaluation.rules}
    waived = {result.id for rule in evaluation.rules for result in rule.results if result.waiver}
    for one in findings:
        if one.state in _STILL and one.id not in waived:
            title = rules[one.rule].title if one.rule in rules else one.rule
            yield Condition(
                key=f"finding:{one.id}",
                occasion=NotifyEvent.OPENED,
                severity=Severity(one.severity),
                text=f"{title}: {one.subject.title} [{one.id}]",
                over=f"{title}: {one.subject.title} [{one.id}]",
            )


def _unjudged(rule: RuleResult) -> Iterator[Condition]:
    by_connection: dict[str, list[Result]] = {}
    for result in rule.results:
        if result.status in _OPEN:
            by_connection.setdefault(result.connection, []).append(result)
    for connection, results in sorted(by_connection.items()):
        many = "" if len(results) == 1 else f", {len(results):,} results"
        yield Condition(
            key=f"unjudged:{rule.pack}:{rule.rule}:{connection}",
            occasion=NotifyEvent.INSUFFICIENT,
            severity=rule.severity,
            text=f"{rule.title}: could not be judged for {connection or 'any connection'}{many}",
            over=f"{rule.title}: judged again for {connection or 'every connection'}",
        )


def _keys(evaluation: Evaluation, manifests: Sequence[Manifest]) -> Iterator[Condition]:
    for one in manifests:
        if one.rotate_by is not None and one.rotate_by <= evaluation.evaluated_at:
            yield Condition(
                key=f"key:{one.connection}",
                occasion=NotifyEvent.KEY_DUE,
                severity=Severity.HIGH,
                text=f"the credential of {one.connection} should have been replaced by "
                f"{one.rotate_by:%Y-%m-%d}",
                over=f"the credential of {one.connection} was replaced",
            )


def _overdue(evaluation: Evaluation) -> Iterator[Condition]:
    for one in evaluation.sufficiency:
        late = _late(one, evaluation)
        if late is not None:
            yield Condition(
                key=f"overdue:{one.connection}:{one.kind}",
                occasion=NotifyEvent.OVERDUE,
                severity=Severity.HIGH,
                text=f"{one.kind} of {one.connection} {late}",
                over=f"{one.kind} of {one.connection} was collected",
            )


def _late(standing: KindSufficiency, evaluation: Evaluation) -> str | None:
    if standing.collected_at is None:
        return "was never collected"
    age = (evaluation.evaluated_at - standing.collected_at).total_seconds()
    if standing.max_age is None or age <= standing.max_age:
        return None
    return f"was last collected {format_duration(age)} ago"
