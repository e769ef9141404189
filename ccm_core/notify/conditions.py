"""The conditions that recipients may be notified of, by an evaluation and its runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ccm_core.model.evaluation.result import Evaluation, KindSufficiency, Result, RuleResult, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.finding.finding import Finding, FindingState
from ccm_core.notify.types import Condition, NotifyEvent
from ccm_core.sdk.timestamps import format_duration

_INCONCLUSIVE = (Status.INSUFFICIENT, Status.ERROR)
_UNRESOLVED = (FindingState.OPEN, FindingState.INCONCLUSIVE)
"""A finding that cannot be evaluated is neither resolved nor new."""


def conditions(
    evaluation: Evaluation, findings: Iterable[Finding], manifests: Sequence[Manifest]
) -> tuple[Condition, ...]:
    """Return everything that holds at the evaluation's moment.

    A failure that a waiver covers is not a condition: its risk was accepted.

    Args:
        evaluation: The results.
        findings: Failing results through time, as of the evaluation: those that are not resolved.
        manifests: The newest of each connection.
    """
    return (
        *_failing(evaluation, findings),
        *(condition for rule in evaluation.rules for condition in _inconclusive(rule)),
        *_rotations_due(evaluation, manifests),
        *_overdue(evaluation),
    )


def _failing(evaluation: Evaluation, findings: Iterable[Finding]) -> Iterator[Condition]:
    rules = {rule.rule: rule for rule in evaluation.rules}
    waived = {result.id for rule in evaluation.rules for result in rule.results if result.waiver}
    for finding in findings:
        if finding.state in _UNRESOLVED and finding.id not in waived:
            title = rules[finding.rule].title if finding.rule in rules else finding.rule
            text = f"{title}: {finding.subject.title} [{finding.id}]"
            yield Condition(
                key=f"finding:{finding.id}",
                event=NotifyEvent.OPENED,
                severity=Severity(finding.severity),
                text=text,
                resolved_text=text,
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
            event=NotifyEvent.INSUFFICIENT,
            severity=rule.severity,
            text=f"{rule.title}: inconclusive for {connection or 'any connection'}{count}",
            resolved_text=f"{rule.title}: conclusive again for {connection or 'every connection'}",
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
            )


def _overdue(evaluation: Evaluation) -> Iterator[Condition]:
    for sufficiency in evaluation.sufficiency:
        kind, connection = sufficiency.kind, sufficiency.connection
        late = _late(sufficiency, evaluation)
        if late is not None:
            yield Condition(
                key=f"overdue:{connection}:{kind}",
                event=NotifyEvent.OVERDUE,
                severity=Severity.HIGH,
                text=f"{kind} of {connection} {late}",
                resolved_text=f"{kind} of {connection} was collected",
            )


def _late(sufficiency: KindSufficiency, evaluation: Evaluation) -> str | None:
    if sufficiency.collected_at is None:
        return "was never collected"
    age = (evaluation.evaluated_at - sufficiency.collected_at).total_seconds()
    if sufficiency.max_age is None or age <= sufficiency.max_age:
        return None
    return f"was last collected {format_duration(age)} ago"
