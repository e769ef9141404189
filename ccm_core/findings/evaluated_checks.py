"""What an evaluation says of the checks behind findings. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from ccm_core.model.evaluation.result import (
    CONNECTION,
    POPULATION,
    Evaluation,
    Result,
    RuleResult,
    Status,
    deciding,
)
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.finding.finding import FindingCheck, finding_of
from ccm_core.model.frozen_dataclass import dataclass

INCONCLUSIVE = frozenset({Status.INSUFFICIENT, Status.ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingCheck:
    """A failing check with what it fails on."""

    check: FindingCheck
    connection: str
    subject: Subject
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedChecks:
    """The checks of an evaluation that concern findings."""

    failing: Mapping[str, Sequence[FailingCheck]]
    """Those that fail, by the id of their finding."""
    known: Mapping[str, Result]
    """The results of checks that failed before, by their ids."""
    evaluation: Evaluation

    def inconclusive_reason(self, check: FindingCheck, connection: str) -> str | None:
        """Return why a check is inconclusive; None: it passes, fails, or has no resource now."""
        result = self.known.get(check.result)
        if result is not None:
            return result.reason if result.status in INCONCLUSIVE else None
        if connection and connection not in self.evaluation.connections:
            return f"the connection {connection} was not evaluated"
        rule = next((rule for rule in self.evaluation.rules if rule.rule == check.rule), None)
        if rule is None:
            return self._not_evaluated(check.rule)
        reasons = (
            result.reason
            for result in rule.results
            if result.subject.kind == CONNECTION
            and result.status in INCONCLUSIVE
            and result.connection in {connection, ""}
        )
        return next(reasons, None)

    def _not_evaluated(self, rule: str) -> str:
        off = (entry for entry in self.evaluation.switched_off if entry.rule == rule)
        why = next((f"the check {rule} is switched off: {entry.why}" for entry in off), None)
        return why or f"the rule {rule} was not evaluated"


def evaluated_checks(evaluation: Evaluation, known: AbstractSet[str]) -> EvaluatedChecks:
    """Return what an evaluation says.

    Args:
        evaluation: The evaluation.
        known: The ids of the results of checks of findings that are open or inconclusive.
    """
    failing: dict[str, list[FailingCheck]] = defaultdict(list)
    results: dict[str, Result] = {}
    for rule in evaluation.rules:
        for result in deciding(rule.results):
            if result.status is Status.FAIL:
                failing[finding_of(result)].append(_failing(rule, result))
            if result.id in known:
                results[result.id] = result
    return EvaluatedChecks(failing=failing, known=results, evaluation=evaluation)


def failing_checks(evaluation: Evaluation) -> Mapping[str, Sequence[FailingCheck]]:
    """Return the checks of an evaluation that fail, by the id of their finding."""
    return evaluated_checks(evaluation, frozenset()).failing


def failing_results(evaluation: Evaluation) -> Iterator[Result]:
    """Yield the results of an evaluation that findings consist of."""
    for rule in evaluation.rules:
        for result in deciding(rule.results):
            if result.status is Status.FAIL:
                yield result


def _failing(rule: RuleResult, result: Result) -> FailingCheck:
    subject = result.subject
    reason = result.reason
    if subject.kind == POPULATION:
        reason = f"{subject.title}: {reason}" if subject.key != "all" else reason
        subject = Subject(kind=POPULATION, key="", title=rule.title)
    return FailingCheck(
        check=FindingCheck(
            result=result.id,
            rule=result.rule,
            severity=rule.severity.value,
            status=Status.FAIL,
            reason=reason,
            waiver=result.waiver,
        ),
        connection=result.connection,
        subject=subject,
        occurred_at=result.occurred_at,
    )
