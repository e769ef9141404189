"""The results of an evaluation in little memory: each is made when somebody looks at it.

There are as many as subjects times rules, and they share nearly all: of a subject its packed row is
kept, and of a rule what its verdicts say, once for all subjects of which it says the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import field
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evaluation.result_id import joined_id, rule_part
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.instant import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ccm_core.store.evaluations.derived_bodies import Body

T = TypeVar("T")
TOGETHER = 2000
"""Bodies that are unpacked at a time."""


@dataclass(frozen=True, slots=True)
class PackedSubject:
    """What all results on a subject share."""

    subject: Subject
    id_part: str
    occurred_at: datetime | None
    evidence: tuple[str, ...]
    """The digests of the records behind its row."""


@dataclass(frozen=True, slots=True)
class ResultOutcome:
    """What a rule says of subjects."""

    status: Status
    reason: str
    due_at: datetime | None
    waiver: str | None
    cause: tuple[str, ...]
    evidence: tuple[str, ...]
    """The digests of the records that the rule looked up."""


@dataclass(slots=True)
class CompactSubjects:
    """The subjects of one view and connection, in the order of their results."""

    connection: str
    packed: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """As ``KIND:KEY``; forgotten by whoever has read the verdicts on them."""
    before: set[str] = field(default_factory=set)
    """The keys of those that occurred before the period."""

    def add(self, key: str, subject: PackedSubject, *, is_before: bool) -> None:
        """Add the next one."""
        self.keys.append(key)
        self.packed.append(json_codec.encode(subject))
        if is_before:
            self.before.add(key)

    def sort(self) -> None:
        """Sort them as results are: by kind, and then by key."""
        order = sorted(range(len(self.keys)), key=lambda index: self.keys[index].partition(":"))
        self.packed = [self.packed[index] for index in order]
        self.keys = [self.keys[index] for index in order]


@dataclass(slots=True)
class CompactColumn:
    """The results of one rule on the subjects of one connection."""

    rule: str
    subjects: CompactSubjects
    outcomes: Sequence[ResultOutcome | None]
    """In the order of the subjects; None: there is no result."""

    def __len__(self) -> int:
        """Return how many results there are."""
        return len(self.outcomes) - self.outcomes.count(None)

    def __iter__(self) -> Iterator[Result]:
        """Make one result after the other."""
        of_rule = rule_part(self.rule)
        for packed, outcome in zip(self.subjects.packed, self.outcomes, strict=True):
            if outcome is None:
                continue
            shared = json_codec.decode_as(packed, PackedSubject)
            evidence = shared.evidence
            if outcome.evidence:
                evidence = tuple(sorted({*evidence, *outcome.evidence}))
            yield Result(
                id=joined_id(of_rule, shared.id_part),
                rule=self.rule,
                connection=self.subjects.connection,
                subject=shared.subject,
                status=outcome.status,
                reason=outcome.reason,
                due_at=outcome.due_at,
                waiver=outcome.waiver,
                cause=outcome.cause,
                occurred_at=shared.occurred_at,
                evidence_digests=evidence,
            )


class CompactResults(Collection[Result]):
    """All results of one rule, sorted; equal ones are other objects each time."""

    def __init__(
        self,
        stored: Sequence[Result],
        columns: Sequence[CompactColumn],
        order: Callable[[Result], tuple[str, ...]],
    ) -> None:
        """Return those on whole connections and shares, and those of each connection."""
        self._stored, self._columns, self._order = sorted(stored, key=order), columns, order

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._stored) + sum(map(len, self._columns))

    def __iter__(self) -> Iterator[Result]:
        """Make one after the other."""
        return merge(self._stored, *self._columns, key=self._order)

    def __contains__(self, result: object) -> bool:
        """Return whether one of them is equal."""
        return any(result == other for other in self)


def in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield some thousand at a time."""
    remaining = iter(values)
    while part := list(islice(remaining, TOGETHER)):
        yield part


class OutcomeReader:
    """What verdicts say by rule, where equal outcomes of a rule are one object."""

    def __init__(self, rules: Iterable[str], waived: Mapping[str, Mapping[str, str]]) -> None:
        """Read those of some rules."""
        self._rules, self._waived = tuple(rules), waived
        self._shared: dict[str, dict[ResultOutcome, ResultOutcome]] = defaultdict(dict)

    def read(
        self, key: str, verdict: Body, digests: Callable[[Iterable[str]], tuple[str, ...]]
    ) -> Iterator[tuple[str, ResultOutcome]]:
        """Yield each rule that says something of a subject, with what it says."""
        for rule in self._rules:
            stated = verdict.get(rule)
            if stated is not None:
                due_at = stated.get("due_at")
                outcome = ResultOutcome(
                    status=Status(stated["status"]),
                    reason=stated["reason"],
                    due_at=None if due_at is None else parse_instant(due_at),
                    waiver=self._waived.get(rule, {}).get(key),
                    cause=tuple(stated.get("cause", ())),
                    evidence=digests(stated.get("looked_up", ())),
                )
                yield rule, self._shared[rule].setdefault(outcome, outcome)
