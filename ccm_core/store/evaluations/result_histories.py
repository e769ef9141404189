"""The results of the evaluations of a time, from every version of rows and verdicts, once each.

No evaluation is made whole: a version counts for all evaluations until the next one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from ccm_core.model.evaluation.derived import rows_kind, subject_name, verdicts_kind
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.result_history import WORST_FIRST, ResultHistory
from ccm_core.model.evaluation.result_id import joined_id, rule_part, subject_part
from ccm_core.model.evaluation.result_scope import WHOLE_SUBJECTS
from ccm_core.model.instant import parse_instant
from ccm_core.store.evaluations.connection_results import ConnectionResults
from ccm_core.store.evaluations.derived_bodies import KeptBodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evaluation.result import DerivedState, Evaluation, Result
    from ccm_core.store.evaluations.derived_bodies import Body
    from ccm_core.store.sql.transaction import Transaction

    Group = tuple[str, str]
    """A pack, and what its rules are over."""


class RuleName(NamedTuple):
    """A rule, and where its verdicts are."""

    rule: str
    pack: str
    over: str


class LeftState(NamedTuple):
    """What one evaluation left of one connection."""

    number: int
    """Of the evaluation."""
    rules: Sequence[RuleName]
    state: DerivedState
    position: int


class ResultSpan(NamedTuple):
    """For which evaluations a body counts."""

    first: int
    end: int
    body: Body


def histories(
    transaction: Transaction,
    evaluations: Iterable[tuple[Evaluation, int]],
    rules: frozenset[str],
    connections: AbstractSet[str],
) -> Iterator[ResultHistory]:
    """Yield what evaluations say of each single subject, by some rules over some connections.

    Args:
        transaction: Sees one state of the store.
        evaluations: As they are stored, each with its position; by their moments.
        rules: Which.
        connections: Which.

    Raises:
        IntegrityError: Rows or verdicts are not those that one of them left.
    """
    left: dict[str, list[LeftState]] = {}
    stated: dict[str, ResultHistory] = {}
    for number, (evaluation, position) in enumerate(evaluations):
        names = [RuleName(rule.rule, rule.pack, rule.over) for rule in evaluation.rules]
        for state in evaluation.derived:
            if state.connection in connections:
                slim = replace(state, waived={}, rule_keys={}, lines={})
                entry = LeftState(number, names, slim, position)
                left.setdefault(state.connection, []).append(entry)
        for result in _stated(evaluation, rules):
            if result.connection in connections:
                _add(stated, _history(result, number))
    for _, entries in sorted(left.items()):
        here = ConnectionHistories(transaction, entries, rules)
        if here.is_ordered:
            for history in here.read():
                other = stated.pop(history.id, None)
                yield history if other is None else history.merged(other)
        else:
            for history in here.singly():
                _add(stated, history)
    yield from stated.values()


def _stated(evaluation: Evaluation, rules: frozenset[str]) -> Iterator[Result]:
    """Yield the results on single subjects that are in the document."""
    for rule in evaluation.rules:
        if rule.rule in rules:
            yield from (
                result for result in rule.results if result.subject.kind not in WHOLE_SUBJECTS
            )


def _add(histories_by_id: dict[str, ResultHistory], history: ResultHistory) -> None:
    other = histories_by_id.get(history.id)
    histories_by_id[history.id] = history if other is None else other.merged(history)


def _history(result: Result, number: int) -> ResultHistory:
    return ResultHistory(
        id=result.id,
        rule=result.rule,
        connection=result.connection,
        subject=subject_name(result.subject.kind, result.subject.key),
        evaluations=1,
        worst_status=result.status,
        last_status=result.status,
        last=number,
    )


@dataclass(slots=True)
class RuleSums:
    """In how many of the first evaluations the verdicts of a rule count."""

    judged: list[int]
    unrated: list[int]
    """In which it judges no share, too: what is not final counts whenever it occurred."""


@dataclass(slots=True)
class ConnectionHistories:
    """The results of one connection."""

    transaction: Transaction
    left: Sequence[LeftState]
    """In the order of their moments."""
    rules: frozenset[str]
    _positions: list[int] = field(init=False)
    _sinces: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare to look up evaluations."""
        self._positions = [entry.position for entry in self.left]
        self._sinces = [entry.state.period_since for entry in self.left]

    @property
    def is_ordered(self) -> bool:
        """Whether rows, and the periods, follow the moments; and each rule stays in its group."""
        groups = {
            (rule.rule, rule.pack, rule.over) for entry in self.left for rule in self._judged(entry)
        }
        return (
            self._positions == sorted(self._positions)
            and self._sinces == sorted(self._sinces)
            and len(groups) == len({name for name, *_ in groups})
        )

    def singly(self) -> Iterator[ResultHistory]:
        """Yield each result of each evaluation, where moments and positions do not agree."""
        for entry in self.left:
            bodies = KeptBodies(self.transaction, entry.state, entry.position)
            rules = [*self._judged(entry)]
            for result in ConnectionResults(bodies).whole(rules, evidence=False):
                yield _history(result, entry.number)

    def read(self) -> Iterator[ResultHistory]:
        """Yield the history of each result.

        Raises:
            IntegrityError: Rows or verdicts are not those that an evaluation left.
        """
        groups: dict[Group, set[str]] = {}
        for entry in self.left:
            for rule in self._judged(entry):
                groups.setdefault((rule.pack, rule.over), set()).add(rule.rule)
        for (pack, over), names in sorted(groups.items()):
            sums = {name: self._sums(name) for name in sorted(names)}
            rows = self._spans(rows_kind(over))
            verdicts = self._spans(verdicts_kind(pack, over))
            for key, of_row, of_verdict in _joined(rows, verdicts):
                yield from self._of_subject(key, of_row, of_verdict, sums)

    def _judged(self, entry: LeftState) -> Iterator[RuleName]:
        judged = self.rules.intersection(entry.state.judged)
        return (rule for rule in entry.rules if rule.rule in judged)

    def _sums(self, rule: str) -> RuleSums:
        states = [entry.state for entry in self.left]
        judged = [rule in state.judged for state in states]
        unrated = [
            is_judged and rule not in state.rated
            for is_judged, state in zip(judged, states, strict=True)
        ]
        return RuleSums(list(accumulate(judged, initial=0)), list(accumulate(unrated, initial=0)))

    def _spans(self, kind: str) -> Iterator[tuple[str, Sequence[ResultSpan]]]:
        last = self.left[-1]
        bodies = KeptBodies(self.transaction, last.state, last.position)
        bodies.require_roots(kind, ((entry.position, entry.state) for entry in self.left))
        for key, versions in bodies.versions(kind):
            firsts = [bisect_left(self._positions, number) for number, _ in versions]
            ends = [*firsts[1:], len(self.left)]
            yield (
                key,
                [
                    ResultSpan(first, end, body)
                    for first, end, (_, body) in zip(firsts, ends, versions, strict=True)
                    if body is not None and first < end
                ],
            )

    def _of_subject(
        self,
        key: str,
        rows: Sequence[ResultSpan],
        verdicts: Sequence[ResultSpan],
        sums: dict[str, RuleSums],
    ) -> Iterator[ResultHistory]:
        connection = self.left[-1].state.connection
        kind, _, name = key.partition(":")
        of_subject = subject_part(connection, kind, name)
        for rule, of_rule in sums.items():
            parts = list(self._parts(rule, rows, verdicts, of_rule))
            if parts:
                last, status = max((last, status) for _, last, status in parts)
                yield ResultHistory(
                    id=joined_id(rule_part(rule), of_subject),
                    rule=rule,
                    connection=connection,
                    subject=key,
                    evaluations=sum(number for number, *_ in parts),
                    worst_status=min((status for *_, status in parts), key=WORST_FIRST.index),
                    last_status=status,
                    last=self.left[last].number,
                )

    def _parts(
        self, rule: str, rows: Sequence[ResultSpan], verdicts: Sequence[ResultSpan], sums: RuleSums
    ) -> Iterator[tuple[int, int, Status]]:
        """Yield for rows with verdicts in how many evaluations they count, the last, the status."""
        for row in rows:
            occurred_at, final = row.body["occurred_at"], row.body["final"]
            cut = len(self.left)
            if occurred_at is not None:
                cut = bisect_right(self._sinces, parse_instant(occurred_at))
            for verdict in verdicts:
                stated = verdict.body.get(rule)
                first, end = max(row.first, verdict.first), min(row.end, verdict.end)
                if stated is None or first >= end:
                    continue
                status = Status(stated["status"])
                yield from _counted(sums.judged, first, min(end, cut), status)
                if not final:
                    yield from _counted(sums.unrated, max(first, cut), end, status)


def _counted(
    sums: Sequence[int], first: int, end: int, status: Status
) -> Iterator[tuple[int, int, Status]]:
    number = sums[end] - sums[first] if first < end else 0
    if number:
        yield number, bisect_left(sums, sums[end]) - 1, status


def _joined(
    rows: Iterator[tuple[str, Sequence[ResultSpan]]],
    verdicts: Iterator[tuple[str, Sequence[ResultSpan]]],
) -> Iterator[tuple[str, Sequence[ResultSpan], Sequence[ResultSpan]]]:
    """Yield the keys that both have; both are read to the end, which proves them."""
    verdict = next(verdicts, None)
    for key, of_row in rows:
        while verdict is not None and verdict[0] < key:
            verdict = next(verdicts, None)
        if verdict is not None and verdict[0] == key:
            yield key, of_row, verdict[1]
    while verdict is not None:
        verdict = next(verdicts, None)
