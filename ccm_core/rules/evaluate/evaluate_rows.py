"""Evaluates the rows of one kind or view of one connection by the rules of one pack over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ccm_core.model.evaluation.derived import ALWAYS
from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evaluation.result_id import rule_part, subject_part
from ccm_core.model.evidence.window import Window
from ccm_core.rules.cel.expression import RowContext, shared_variables
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate
from ccm_core.rules.evaluate.rule_on_row import evaluate_rule
from ccm_core.rules.incremental.result_cache import (
    CachedRow,
    CacheKey,
    GroupCache,
    Invalidator,
)
from ccm_core.rules.incremental.row_diff import RowDiff, group_cache, group_results
from ccm_core.rules.pack.compiled import CompiledPack, CompiledRule, RowEvaluation, RuleGroup
from ccm_core.sdk.view import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedRule:
    """One rule whose evidence suffices, ready for rows."""

    compiled: CompiledRule
    gate: EvidenceGate
    id_prefix: str
    """The first part of the ids of its results."""

    @classmethod
    def of(cls, rule: CompiledRule, gate: EvidenceGate) -> GatedRule:
        """Prepare a rule."""
        return cls(compiled=rule, gate=gate, id_prefix=rule_part(rule.rule.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEvaluator:
    """Evaluates rows one by one, and reuses the results of an earlier evaluation of equal rows."""

    pack: CompiledPack
    group: RuleGroup
    connection: str
    rules: Sequence[GatedRule]
    lookups: LookupTable
    """Of this evaluation and this connection alone."""
    now: datetime
    period: Window | None = None
    """The evaluated one; None: it is not known, and a condition that reads it is insufficient."""
    cache_key: CacheKey | None = None
    """What the results depend on besides the rows; None: nothing is to be cached."""
    cached: GroupCache | None = None
    time_exceeded: Callable[[], str | None] = lambda: None
    """Returns why no more rows may be evaluated, once that is so."""

    def evaluate(self, rows: Iterable[Row]) -> Iterator[tuple[Result, ...]]:
        """Yield the results of every rule on each row; nothing is cached."""
        shared = shared_variables(self.pack.values, self.now, self.period)
        for row in rows:
            yield self._results(row, self._context_in_time(row, shared), self.rules)

    def evaluate_once(self, row: Row) -> EvaluatedRow:
        """Return the results of every rule on a row, and when one of them may change with time."""
        shared = shared_variables(self.pack.values, self.now, self.period)
        context = self._context_in_time(row, shared)
        looked_up: dict[str, Sequence[str]] = {}
        results = self._results(row, context, self.rules, looked_up)
        if context is None or any(rule.compiled.due_moments is None for rule in self.rules):
            return EvaluatedRow(results, ALWAYS, looked_up)
        changes = (change for _, change in self._changes(context, range(len(self.rules))))
        return EvaluatedRow(results, min(changes, default=None), looked_up)

    def evaluate_changed(self, rows: Sequence[Row], cache_key: CacheKey) -> GroupCache:
        """Return the results of every rule on each row, for the next evaluation to reuse."""
        rules = [rule.compiled for rule in self.rules]
        invalidator = Invalidator([rule.dependencies for rule in rules], self.now)
        shared = shared_variables(self.pack.values, self.now, self.period)
        if self.cached is None:
            cached_rows = [self._cached_row(invalidator, None, row, shared) for row in rows]
            results = group_results(rows, [row.results for row in cached_rows], len(rules))
            return group_cache(rows, cached_rows, results, cache_key)
        diff, changed = RowDiff.of(self.cached, rows), dict[int, CachedRow]()
        for index in diff.candidates(time_independent=invalidator.time_independent):
            before = diff.cached_row(index)
            after = self._cached_row(invalidator, before, rows[index], shared)
            if after is not before:
                changed[index] = after
        return diff.updated(rows, changed, cache_key)

    def selected_rows(self, rows: Sequence[Row]) -> Mapping[str, int]:
        """Count the rows for which each condition that settings changed is not false.

        A pack's own choice may find nothing in an account. What somebody set and selects nothing
        would switch rules off without a word.
        """
        names = self.group.conditions.keys() & self.pack.changed
        if not names:
            return {}
        shared = shared_variables(self.pack.values, self.now, self.period)
        contexts = [self._context(row, shared) for row in rows]
        return {
            name: sum(
                self.group.conditions[name].evaluate_condition(context) is not False
                for context in contexts
            )
            for name in sorted(names)
        }

    def _cached_row(
        self,
        invalidator: Invalidator,
        cached: CachedRow | None,
        row: Row,
        shared: Mapping[str, Any],
    ) -> CachedRow:
        """Reuse the results on a row as far as they are still valid."""
        if cached is not None and cached.row is row:
            invalid = invalidator.invalid_for_same_row(cached)
            return self._reevaluated(cached, cached.fingerprint, row, invalid, shared)
        fingerprint = invalidator.fingerprint(row)
        rules = None if cached is None else invalidator.invalid_rules(cached, row, fingerprint)
        if cached is None or rules is None:
            return self._evaluated(row, fingerprint, shared)
        if not _has_same_evidence(cached.row, row):
            if any(rule.gate.incomplete_objects for rule in self.rules):
                return self._evaluated(row, fingerprint, shared)
            rules |= {index for index, rule in enumerate(self.rules) if rule.compiled.lookup_kinds}
        return self._reevaluated(cached, fingerprint, row, rules, shared)

    def _reevaluated(
        self,
        cached: CachedRow,
        fingerprint: bytes | None,
        row: Row,
        invalid: AbstractSet[int],
        shared: Mapping[str, Any],
    ) -> CachedRow:
        """Evaluate a row by the rules whose results are invalid; reuse those of the others."""
        if not invalid and row is cached.row:
            return cached
        reuse = tuple if _has_same_evidence(cached.row, row) else partial(_with_evidence_of, row)
        if not invalid:
            return CachedRow(row, reuse(cached.results), cached.changes, fingerprint)
        context = self._context_in_time(row, shared)
        rules = [rule for index, rule in enumerate(self.rules) if index in invalid]
        fresh = iter(self._results(row, context, rules))
        valid = [result for index, result in enumerate(cached.results) if index not in invalid]
        reused = iter(reuse(valid))
        indexes = range(len(cached.results))
        results = tuple(next(fresh if index in invalid else reused) for index in indexes)
        unchanged = (change for change in cached.changes if change[0] not in invalid)
        changes = (*unchanged, *self._changes(context, sorted(invalid)))
        return CachedRow(row, results, changes, fingerprint)

    def _evaluated(
        self, row: Row, fingerprint: bytes | None, shared: Mapping[str, Any]
    ) -> CachedRow:
        """Evaluate a row by all rules."""
        context = self._context_in_time(row, shared)
        results = self._results(row, context, self.rules)
        changes = tuple(self._changes(context, range(len(self.rules))))
        return CachedRow(row, results, changes, fingerprint)

    def _changes(
        self, context: RowContext | None, indexes: Iterable[int]
    ) -> Iterator[tuple[int, datetime]]:
        """Yield the rules that have to evaluate a row again at a moment, with that moment."""
        for index in indexes:
            moments = self.rules[index].compiled.due_moments
            if context is None or moments is None or not moments.moments:
                continue
            if change := moments.next_change(context, self.now):
                yield index, change

    def _context_in_time(self, row: Row, shared: Mapping[str, Any]) -> RowContext | None:
        """Return a row as expressions see it; None once no more rows may be evaluated."""
        return None if self.time_exceeded() else self._context(row, shared)

    def _results(
        self,
        row: Row,
        context: RowContext | None,
        rules: Sequence[GatedRule],
        looked_up: dict[str, Sequence[str]] | None = None,
    ) -> tuple[Result, ...]:
        subject = row.subject
        id_suffix = f"-{subject_part(self.connection, subject.kind, subject.key)}"
        digests = tuple(sorted(set(row.evidence_digests)))
        stopped = self.time_exceeded() if context is None else None
        results = []
        for rule in rules:
            result = self._result(rule, row, context, stopped)
            read = self.lookups.pop_read() if rule.compiled.lookup_kinds else {}
            if read and looked_up is not None:
                looked_up[rule.compiled.rule.id] = sorted(read)
            results.append(
                Result(
                    id=rule.id_prefix + id_suffix,
                    rule=rule.compiled.rule.id,
                    connection=self.connection,
                    subject=subject,
                    status=result.status,
                    reason=result.reason,
                    due_at=result.due_at,
                    evidence_digests=tuple(sorted({*digests, *read.values()}))
                    if read
                    else digests,
                )
            )
        return tuple(results)

    def _result(
        self, rule: GatedRule, row: Row, context: RowContext | None, stopped: str | None
    ) -> RowEvaluation:
        if rule.gate.incomplete_objects and (reason := rule.gate.insufficiency(row)):
            return RowEvaluation(status=Status.INSUFFICIENT, reason=reason)
        if context is None:
            return RowEvaluation(status=Status.ERROR, reason=stopped or "")
        return rule.gate.limit(evaluate_rule(rule.compiled, context, self.now))

    def _context(self, row: Row, shared: Mapping[str, Any]) -> RowContext:
        chosen = {
            name: overrides.value_for(row.body) for name, overrides in self.pack.overrides.items()
        }
        return self.group.environment.row_context(
            row.body, shared, self.group.conditions, chosen, row.unknown, self.lookups
        )


def _has_same_evidence(before: Row, after: Row) -> bool:
    """Whether two rows of a subject name it alike and are derived from the same records."""
    is_same = before.evidence_digests == after.evidence_digests and before.names == after.names
    return is_same and before.subject == after.subject


def _with_evidence_of(row: Row, results: Iterable[Result]) -> tuple[Result, ...]:
    """Return the results on an earlier row as results on a row that the rules read alike."""
    digests = tuple(sorted(set(row.evidence_digests)))
    return tuple(
        Result(
            id=result.id,
            rule=result.rule,
            connection=result.connection,
            subject=row.subject,
            status=result.status,
            reason=result.reason,
            due_at=result.due_at,
            evidence_digests=digests,
        )
        for result in results
    )
