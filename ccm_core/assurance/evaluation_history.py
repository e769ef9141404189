"""What the evaluations of a period say of some controls, and what failed their rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from ccm_core.model.assurance import ControlException, PeriodTest
from ccm_core.model.evaluation.result import POPULATION, Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.window import Window
from ccm_core.model.period import parse_period

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


class PeriodItems(Protocol):
    """What became of the items of one rule over one connection in a period."""

    @property
    def late(self) -> AbstractSet[str]:
        """What was evaluated as of a past moment alone, or worse then."""

    @property
    def found(self) -> AbstractSet[str]:
        """What failed, and is found to fail no more since its test was changed."""

    @property
    def population(self) -> AbstractSet[str]:
        """The items that the rule applied to, as ``KIND:KEY``."""

    def is_exception(self, key: str) -> bool:
        """Return whether an item that failed at some time is an exception of the period."""

    def counts(self) -> Mapping[str, int]:
        """Count the items by what became of them."""


@dataclass(slots=True, kw_only=True)
class EvaluationHistory:
    """The statuses of some controls over time, and what failed some rules."""

    statuses: dict[ControlName, list[tuple[datetime, Status]]] = field(default_factory=dict)
    failures: dict[str, dict[ResultKey, Failures]] = field(default_factory=dict)
    """By rule, then by connection, kind and key."""
    items: Mapping[tuple[str, str], PeriodItems] = field(default_factory=dict)
    """What became of the items of the period, by rule and connection."""

    def tests(self, rules: AbstractSet[str]) -> Iterator[PeriodTest]:
        """Yield how many items each of some rules had in the period, and what became of them."""
        for rule in sorted(rules):
            items = [some for (name, _), some in self.items.items() if name == rule]
            counts = Counter[str]()
            for some in items:
                counts.update(some.counts())
            yield PeriodTest(
                rule=rule,
                population=counts.total(),
                passed=counts[Status.PASS],
                failed=counts[Status.FAIL],
                inconclusive=counts[Status.INSUFFICIENT] + counts[Status.ERROR],
                open=counts["open"],
                made_late=sum(len(some.late) for some in items),
                test_changed=sum(len(some.found) for some in items),
            )

    def exceptions(self, rules: AbstractSet[str], period: Window) -> Iterator[ControlException]:
        """Yield what failed some rules in the period, sorted by rule and subject."""
        for rule in sorted(rules & self.failures.keys()):
            for key, failures in sorted(self.failures[rule].items(), key=lambda pair: pair[0]):
                if not self._is_of_period(rule, key, period):
                    continue
                yield ControlException(
                    rule=rule,
                    connection=key[0],
                    subject=failures.subject,
                    first_seen=failures.first_seen,
                    last_seen=failures.last_seen,
                    evaluations=failures.evaluations,
                    waived=failures.waived,
                )

    def _is_of_period(self, rule: str, key: ResultKey, period: Window) -> bool:
        """Return whether what failed is an exception of the period: its share, or an item of it."""
        connection, kind, name = key
        if kind == POPULATION:
            return _is_month_of(name, period)
        items = self.items.get((rule, connection))
        return items is None or items.is_exception(f"{kind}:{name}")


def _is_month_of(name: str, period: Window) -> bool:
    """Return whether a share is of a month that the period touches, or of no month."""
    try:
        month = parse_period(name).window
    except ValueError:
        return True
    return month.since < period.until and month.until > period.since
