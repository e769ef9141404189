"""The rows of one kind or view of one connection, judged by the rules of one pack over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from ccm_core.model.identity import rule_part, subject_part
from ccm_core.model.result import Result, Status
from ccm_core.rules.compiled import CompiledPack, CompiledRule, Group, Verdict
from ccm_core.rules.conditions import Situation, shared_names
from ccm_core.rules.evidence import Ground
from ccm_core.rules.judge import judge
from ccm_core.rules.lookups import Lookups
from ccm_core.rules.memory import (
    NOT_DUE_YET,
    GroupMemory,
    Premises,
    Recollection,
    Remembered,
    SubjectName,
)
from ccm_core.sdk.types import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """One rule whose evidence suffices, ready for rows."""

    one: CompiledRule
    ground: Ground
    part: str
    """The first part of the ids of its results."""

    @classmethod
    def of(cls, one: CompiledRule, ground: Ground) -> Judging:
        """Make a rule ready."""
        return cls(one=one, ground=ground, part=rule_part(one.rule.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rowwise:
    """Judges rows one by one, and takes over what an earlier evaluation said of the same rows."""

    pack: CompiledPack
    group: Group
    connection: str
    judgings: Sequence[Judging]
    lookups: Lookups
    now: datetime
    recalled: GroupMemory | None = None
    spent: Callable[[], str | None] = lambda: None
    """Says why no more rows may be judged, once that is so."""

    def lines(self, rows: Iterable[Row]) -> Iterator[tuple[Result, ...]]:
        """Give what every rule says of each row; nothing is remembered."""
        shared = shared_names(self.pack.values, self.now)
        for row in rows:
            yield self._line(row, shared, self.judgings)

    def remembering(
        self, rows: Sequence[Row], premises: Premises
    ) -> tuple[list[tuple[Result, ...]], GroupMemory]:
        """Give what every rule says of each row, and what to remember of it."""
        shared = shared_names(self.pack.values, self.now)
        rules = [one.one for one in self.judgings]
        recollection = Recollection(
            [one.senses for one in rules], [one.aged for one in rules], self.now
        )
        before = self.recalled.rows if self.recalled else {}
        lines, kept = [], dict[SubjectName, Remembered]()
        for row in rows:
            name = (row.subject.kind, row.subject.key)
            found = self._recalled(recollection, before.get(name), row, shared)
            lines.append(found.line)
            kept[name] = found
        counts = self._counts(kept)
        return lines, GroupMemory(premises=premises, rows=kept, counts=counts)

    def _counts(self, kept: Mapping[SubjectName, Remembered]) -> Sequence[Counter[Status]]:
        """Count afresh, or from what was counted before where most of it is the same."""
        before = self.recalled
        if before is None:
            return counted([one.line for one in kept.values()], len(self.judgings))
        gone = [one for name, one in before.rows.items() if kept.get(name) is not one]
        new = [one for name, one in kept.items() if before.rows.get(name) is not one]
        less = counted([one.line for one in gone], len(self.judgings))
        more = counted([one.line for one in new], len(self.judgings))
        # A counter drops what comes to nothing when it is added to.
        return [
            old + plus - minus for old, plus, minus in zip(before.counts, more, less, strict=True)
        ]

    def _recalled(
        self,
        recollection: Recollection,
        known: Remembered | None,
        row: Row,
        shared: Mapping[str, Any],
    ) -> Remembered:
        """Take over what was said of a row, as far as it still holds."""
        seal = recollection.seal(row)
        again = recollection.again(known, row, seal) if known else None
        if known is None or again is None:
            line = self._line(row, shared, self.judgings)
        elif not again:
            # The row as it was judged: where its fields only grew, they grew from what they were.
            return known
        else:
            chosen = [one for place, one in enumerate(self.judgings) if place in again]
            judged = iter(self._line(row, shared, chosen))
            line = tuple(
                next(judged) if place in again else result
                for place, result in enumerate(known.line)
            )
        return Remembered(row, line, any(one.reason == NOT_DUE_YET for one in line), seal)

    def _line(
        self, row: Row, shared: Mapping[str, Any], judgings: Sequence[Judging]
    ) -> tuple[Result, ...]:
        subject = row.subject
        last = f"-{subject_part(self.connection, subject.kind, subject.key)}"
        own = tuple(sorted(set(row.rests_on)))
        stopped = self.spent()
        situation = None if stopped else self._situation(row, shared)
        line = []
        for judging in judgings:
            verdict = self._verdict(judging, row, situation, stopped)
            line.append(
                Result(
                    id=judging.part + last,
                    rule=judging.one.rule.id,
                    connection=self.connection,
                    subject=subject,
                    status=verdict.status,
                    reason=verdict.reason,
                    due_at=verdict.due_at,
                    rests_on=self._with_looked_up(own) if judging.one.looked_up else own,
                )
            )
        return tuple(line)

    def _verdict(
        self, judging: Judging, row: Row, situation: Situation | None, stopped: str | None
    ) -> Verdict:
        if judging.ground.lacking and (lacks := judging.ground.lacks(row)):
            return Verdict(status=Status.INSUFFICIENT, reason=lacks)
        if situation is None:
            return Verdict(status=Status.ERROR, reason=stopped or "")
        return judge(judging.one, situation, self.now)

    def _situation(self, row: Row, shared: Mapping[str, Any]) -> Situation:
        picked = {name: one.pick(row.body) for name, one in self.pack.varying.items()}
        return self.group.language.situation(
            row.body, shared, self.group.conditions, picked, row.unknown
        )

    def _with_looked_up(self, own: tuple[str, ...]) -> tuple[str, ...]:
        looked_up = self.lookups.taken()
        return tuple(sorted({*own, *looked_up})) if looked_up else own


def counted(lines: Sequence[tuple[Result, ...]], rules: int) -> Sequence[Counter[Status]]:
    """Count the statuses that each rule gave."""
    columns = zip(*lines, strict=True) if lines else [()] * rules
    return [Counter(map(_STATUS, column)) for column in columns]


_STATUS = attrgetter("status")
