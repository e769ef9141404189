"""The rows of one kind or view of one connection, judged by the rules of one pack over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evaluation.result_id import rule_part, subject_part
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.cel.expression import RowContext, shared_variables
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate
from ccm_core.rules.evaluate.rule_evaluator import judge
from ccm_core.rules.incremental.result_cache import (
    NOT_DUE_YET,
    GroupCache,
    CacheKey,
    Invalidator,
    CachedRow,
)
from ccm_core.rules.incremental.row_diff import RowDiff, group_cache, group_results
from ccm_core.rules.incremental.time_dependence import AGE_INSENSITIVE, GroupAgeSensitivity
from ccm_core.rules.pack.compiled import CompiledPack, CompiledRule, RuleGroup, Verdict
from ccm_core.sdk.types import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedRule:
    """One rule whose evidence suffices, ready for rows."""

    one: CompiledRule
    evidence_gate: EvidenceGate
    part: str
    """The first part of the ids of its results."""

    @classmethod
    def of(cls, one: CompiledRule, evidence_gate: EvidenceGate) -> GatedRule:
        """Make a rule ready."""
        return cls(one=one, ground=evidence_gate, part=rule_part(one.rule.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEvaluator:
    """Judges rows one by one, and takes over what an earlier evaluation said of the same rows."""

    pack: CompiledPack
    group: RuleGroup
    connection: str
    judgings: Sequence[GatedRule]
    lookups: LookupTable
    now: datetime
    premises: CacheKey | None = None
    """What the results rest on; None: nothing is to be remembered."""
    recalled: GroupCache | None = None
    heeds: GroupAgeSensitivity = AGE_INSENSITIVE
    """How the rules heed what only grows."""
    spent: Callable[[], str | None] = lambda: None
    """Says why no more rows may be judged, once that is so."""

    def lines(self, rows: Iterable[Row]) -> Iterator[tuple[Result, ...]]:
        """Give what every rule says of each row; nothing is remembered."""
        shared = shared_variables(self.pack.values, self.now)
        for row in rows:
            yield self._line(row, shared, self.judgings)

    def remembering(self, rows: Sequence[Row], premises: CacheKey) -> GroupCache:
        """Give what every rule says of each row, and what to remember of it."""
        rules = [one.one for one in self.judgings]
        recollection = Invalidator(
            [one.senses for one in rules], [one.aged for one in rules], self.now
        )
        shared = shared_variables(self.pack.values, self.now)
        if self.recalled is None:
            said = [self._recalled(recollection, None, row, shared) for row in rows]
            results = group_results(rows, [one.line for one in said], len(rules))
            return group_cache(rows, said, results, premises, self.heeds)
        known, new = RowDiff.of(self.recalled, rows), dict[int, CachedRow]()
        for place in known.to_look_at(timeless=recollection.timeless):
            was = known.said(place)
            now = self._recalled(recollection, was, rows[place], shared)
            if now is not was:
                new[place] = now
        return known.remembered(rows, new, premises, self.heeds)

    def _recalled(
        self,
        recollection: Invalidator,
        known: CachedRow | None,
        row: Row,
        shared: Mapping[str, Any],
    ) -> CachedRow:
        """Take over what was said of a row, as far as it still holds."""
        if known is not None and known.row is row:
            return self._judged(known, known.seal, row, recollection.same(known), shared)
        seal = recollection.seal(row)
        if known is None or (again := recollection.again(known, row, seal)) is None:
            return self._remembered(row, self._line(row, shared, self.judgings), seal)
        if not _rests_alike(known.row, row):
            if any(one.evidence_gate.incomplete_objects for one in self.judgings):
                return self._remembered(row, self._line(row, shared, self.judgings), seal)
            again |= {place for place, one in enumerate(self.judgings) if one.one.looked_up}
        return self._judged(known, seal, row, again, shared)

    def _judged(
        self,
        known: CachedRow,
        seal: bytes | None,
        row: Row,
        again: AbstractSet[int],
        shared: Mapping[str, Any],
    ) -> CachedRow:
        """Judge a row again by some rules; of the others what they said stands."""
        if not again and row is known.row:
            return known
        stands = tuple if _rests_alike(known.row, row) else partial(_restated, row)
        if not again:
            return self._remembered(row, stands(known.line), seal)
        chosen = [one for place, one in enumerate(self.judgings) if place in again]
        judged = iter(self._line(row, shared, chosen))
        left = iter(stands([one for place, one in enumerate(known.line) if place not in again]))
        line = tuple(next(judged if place in again else left) for place in range(len(known.line)))
        return self._remembered(row, line, seal)

    def _remembered(self, row: Row, line: tuple[Result, ...], seal: bytes | None) -> CachedRow:
        pending = any(one.reason == NOT_DUE_YET for one in line)
        return CachedRow(row, line, pending, seal, self.heeds.wait(line, pending=pending))

    def _line(
        self, row: Row, shared: Mapping[str, Any], judgings: Sequence[GatedRule]
    ) -> tuple[Result, ...]:
        subject = row.subject
        last = f"-{subject_part(self.connection, subject.kind, subject.key)}"
        own = tuple(sorted(set(row.evidence_digests)))
        stopped = self.spent()
        context = None if stopped else self._context(row, shared)
        line = []
        for judging in judgings:
            verdict = self._verdict(judging, row, context, stopped)
            line.append(
                Result(
                    id=judging.part + last,
                    rule=judging.one.rule.id,
                    connection=self.connection,
                    subject=subject,
                    status=verdict.status,
                    reason=verdict.reason,
                    due_at=verdict.due_at,
                    evidence_digests=self._with_looked_up(own) if judging.one.looked_up else own,
                )
            )
        return tuple(line)

    def _verdict(
        self, judging: GatedRule, row: Row, context: RowContext | None, stopped: str | None
    ) -> Verdict:
        if judging.evidence_gate.incomplete_objects and (lacks := judging.evidence_gate.lacks(row)):
            return Verdict(status=Status.INSUFFICIENT, reason=lacks)
        if context is None:
            return Verdict(status=Status.ERROR, reason=stopped or "")
        return judge(judging.one, context, self.now)

    def _context(self, row: Row, shared: Mapping[str, Any]) -> RowContext:
        picked = {name: one.pick(row.body) for name, one in self.pack.varying.items()}
        return self.group.environment.row_context(
            row.body, shared, self.group.conditions, picked, row.unknown
        )

    def _with_looked_up(self, own: tuple[str, ...]) -> tuple[str, ...]:
        looked_up = self.lookups.pop_digests()
        return tuple(sorted({*own, *looked_up})) if looked_up else own


def _rests_alike(then: Row, now: Row) -> bool:
    """Whether two rows of a subject name it alike and rest on the same records."""
    same = then.evidence_digests == now.evidence_digests and then.names == now.names
    return same and then.subject == now.subject


def _restated(row: Row, line: Iterable[Result]) -> tuple[Result, ...]:
    """Give what was said of a row, as it is said of one of which all that was read is the same."""
    own = tuple(sorted(set(row.evidence_digests)))
    return tuple(
        Result(
            id=one.id,
            rule=one.rule,
            connection=one.connection,
            subject=row.subject,
            status=one.status,
            reason=one.reason,
            due_at=one.due_at,
            evidence_digests=own,
        )
        for one in line
    )
