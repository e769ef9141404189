"""What the evaluations of a period say of some controls, and what failed their rules."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from ccm_core.model.assurance import ControlException
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject

ControlName: TypeAlias = tuple[str, str]
"""Framework and id."""
ResultKey: TypeAlias = tuple[str, str, str]
"""Connection, kind and key of the subject."""


@dataclass(slots=True, kw_only=True)
class Failures:
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
    failures: dict[str, dict[ResultKey, Failures]] = field(default_factory=dict)
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
