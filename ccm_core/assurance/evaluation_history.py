"""What the evaluations of a period say of some controls, and what failed their rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from ccm_core.assurance.seen_period import Seen, slowest_cadence
from ccm_core.model.assurance import ControlException, PartialMonth, PeriodTest
from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Status
from ccm_core.model.evaluation.subject import Subject
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
    def cleared_by_change(self) -> AbstractSet[str]:
        """What failed, and is found to fail no more since its test was changed."""

    def month_of(self, key: str) -> str | None:
        """Return the month in which an item occurred; None: it is of no moment."""

    def read_back(self, watched_since: datetime | None) -> int:
        """Count the items that occurred before their connection was watched."""

    def tested_late(self, allowed: timedelta) -> int:
        """Count the items of which nobody knew for too long once they could be tested."""

    def late_items(self, allowed: timedelta) -> Sequence[tuple[datetime, datetime]]:
        """Return from when these items could be tested, and when they were."""

    @property
    def population(self) -> AbstractSet[str]:
        """The items that the rule applied to, as ``KIND:KEY``."""

    def is_exception(self, key: str) -> bool:
        """Return whether an item that failed at some time is an exception of the period."""

    def counts(self) -> Mapping[str, int]:
        """Count the items by what became of them."""


class PeriodShare(Protocol):
    """The share of the items of one month that passed a test."""

    @property
    def fails(self) -> bool:
        """Whether too few did, as the evaluations found it that saw most of the month."""


@dataclass(slots=True, kw_only=True)
class EvaluationHistory:
    """The statuses of some controls over time, and what failed some rules."""

    statuses: dict[ControlName, list[tuple[datetime, Status]]] = field(default_factory=dict)
    failures: dict[str, dict[ResultKey, Failures]] = field(default_factory=dict)
    """By rule, then by connection, kind and key."""
    items: Mapping[tuple[str, str], PeriodItems] = field(default_factory=dict)
    """What became of the items of the period, by rule and connection."""
    off: Mapping[str, Sequence[tuple[datetime, str]]] = field(default_factory=dict)
    """Of what nothing is concluded, by rule or control: when evaluations were, and why."""

    shares: Mapping[tuple[str, str, str], PeriodShare] = field(default_factory=dict)
    """By rule, connection and month."""
    monitoring: AbstractSet[str] = frozenset()
    """The tests of the health of monitoring itself."""
    scoped: Mapping[str, EvaluationHistory] = field(default_factory=dict)
    """By framework that has a scope: what became of what is in it."""

    def of_framework(self, framework: str) -> EvaluationHistory:
        """Return what became of what a framework concerns: of all, unless it has a scope."""
        return self.scoped.get(framework, self)

    def items_named(self, rules: AbstractSet[str]) -> AbstractSet[tuple[str, str]]:
        """Return the items that some rules applied to: connection, and kind and key."""
        return {
            (connection, key)
            for (rule, connection), items in self.items.items()
            if rule in rules
            for key in items.population
        }

    def tests(
        self, needs: Mapping[str, AbstractSet[str]], seen: Mapping[str, Seen]
    ) -> Iterator[PeriodTest]:
        """Yield how many items each of some rules had in the period, and what became of them.

        Args:
            needs: The evidence kinds of each rule.
            seen: What was seen of the period over each connection.
        """
        for rule in sorted(needs):
            over = {name: some for (own, name), some in self.items.items() if own == rule}
            items = list(over.values())
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
                monitoring=rule in self.monitoring,
                made_late=sum(len(some.late) for some in items),
                test_changed=sum(len(some.cleared_by_change) for some in items),
                read_back=sum(
                    some.read_back(seen[name].watched_since)
                    for name, some in over.items()
                    if name in seen
                ),
                tested_late=sum(
                    some.tested_late(slowest_cadence(seen.get(name), needs[rule]))
                    for name, some in over.items()
                ),
            )

    def control_items(
        self, rules: AbstractSet[str], exceptions: Iterable[ControlException]
    ) -> tuple[int, int]:
        """Count the items of some rules, and those with exceptions: each once, whatever failed."""
        population = self.items_named(rules)
        failed = {
            (one.connection, one.subject.kind, one.subject.key)
            for one in exceptions
            if one.subject.kind not in (CONNECTION, POPULATION)
        }
        return len(population), len(failed)

    def partial_months(
        self, rules: AbstractSet[str], seen: Mapping[str, Seen]
    ) -> Iterator[PartialMonth]:
        """Yield the shares of months that are not whole in the period, and what was seen."""
        for rule in sorted(rules & self.failures.keys()):
            for connection, kind, name in sorted(self.failures[rule]):
                part = seen[connection].part_of(name) if connection in seen else None
                if kind == POPULATION and part and part != parse_period(name).window:
                    yield PartialMonth(
                        rule=rule,
                        connection=connection,
                        month=name,
                        since=part.since,
                        until=part.until,
                    )

    def exceptions(
        self, rules: AbstractSet[str], seen: Mapping[str, Seen]
    ) -> Iterator[ControlException]:
        """Yield what failed some rules in the period, sorted by rule and subject."""
        for rule in sorted(rules & self.failures.keys()):
            for key, failures in sorted(self.failures[rule].items(), key=lambda pair: pair[0]):
                if not self._is_of_period(rule, key, seen):
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

    def _is_of_period(self, rule: str, key: ResultKey, seen: Mapping[str, Seen]) -> bool:
        """Return whether what failed is an exception of the period: its share, or an item of it."""
        connection, kind, name = key
        if kind == POPULATION:
            share = self.shares.get((rule, connection, name))
            has_whole = connection not in seen or seen[connection].has_whole(name)
            return has_whole and (share is None or share.fails)
        items = self.items.get((rule, connection))
        if items is None:
            return True
        month = items.month_of(f"{kind}:{name}")
        return items.is_exception(f"{kind}:{name}") and not self._tolerates(
            rule, connection, month, seen
        )

    def _tolerates(
        self, rule: str, connection: str, month: str | None, seen: Mapping[str, Seen]
    ) -> bool:
        """Return whether the share of a month that is whole in the period tolerates failures."""
        share = self.shares.get((rule, connection, month)) if month else None
        if month is None or share is None or share.fails:
            return False
        return connection not in seen or seen[connection].has_whole(month)
