"""Read the evaluations of a period in one pass: they may be many, and large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from ccm_core.model.assurance import ControlException
from ccm_core.model.evaluation.result import Evaluation, Result, Status
from ccm_core.model.evaluation.subject import Subject

ControlName: TypeAlias = tuple[str, str]
"""Framework and id."""
ResultKey: TypeAlias = tuple[str, str, str]
"""Connection, kind and key of the subject."""

_PASSING = {Status.PASS, Status.NOT_APPLICABLE}


@dataclass(slots=True, kw_only=True)
class _Failures:
    """One subject of one rule, as often as it failed."""

    subject: Subject
    first_seen: datetime
    last_seen: datetime
    evaluations: int = 0
    waived: bool = True


@dataclass(slots=True, kw_only=True)
class EvaluationHistory:
    """The statuses of some controls over time, and what failed some rules."""

    statuses: dict[ControlName, list[tuple[datetime, Status]]] = field(default_factory=dict)
    failures: dict[str, dict[ResultKey, _Failures]] = field(default_factory=dict)
    """By rule, then by connection, kind and key."""

    def exceptions(self, rules: AbstractSet[str]) -> Iterator[ControlException]:
        """Yield what failed some rules, sorted by rule and subject."""
        for rule in sorted(rules & self.failures.keys()):
            for key, failures in sorted(self.failures[rule].items(), key=lambda pair: pair[0]):
                yield ControlException(
                    rule=rule,
                    connection=key[0],
                    subject=failures.subject,
                    first_seen=failures.first_seen,
                    last_seen=failures.last_seen,
                    evaluations=failures.evaluations,
                    waived=failures.waived,
                )


def read_history(
    evaluations: Iterable[Evaluation], controls: AbstractSet[ControlName], rules: AbstractSet[str]
) -> EvaluationHistory:
    """Read what evaluations say of some controls and rules; none is kept in memory.

    Args:
        evaluations: In the order of their moments.
        controls: By framework and id.
        rules: By id.
    """
    history = EvaluationHistory(statuses={control: [] for control in controls})
    for evaluation in evaluations:
        at = evaluation.evaluated_at
        for control in evaluation.controls:
            if (name := (control.framework, control.id)) in controls:
                history.statuses[name].append((at, control.status))
        for rule in evaluation.rules:
            # Where a pass rate decides, failures within it are tolerated.
            if rule.rule in rules and rule.status not in _PASSING:
                _add_failures(history.failures.setdefault(rule.rule, {}), at, rule.results)
    return history


def _add_failures(
    failures: dict[ResultKey, _Failures], at: datetime, results: Sequence[Result]
) -> None:
    for result in results:
        if result.status is not Status.FAIL:
            continue
        subject = result.subject
        key = (result.connection, subject.kind, subject.key)
        entry = failures.setdefault(key, _Failures(subject=subject, first_seen=at, last_seen=at))
        entry.subject, entry.last_seen = subject, at
        entry.evaluations += 1
        entry.waived = entry.waived and result.waiver is not None
