"""Evaluates the rows of one kind or view of one connection by the rules of one pack over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccm_core.model.evaluation.derived import ALWAYS
from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evaluation.result_id import rule_part, subject_part
from ccm_core.model.evidence.window import Window
from ccm_core.rules.cel.expression import RowContext, shared_variables
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate
from ccm_core.rules.evaluate.rule_on_row import evaluate_rule
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


@dataclass(frozen=True, slots=True)
class EvaluatedRow:
    """What the rules of a group say of a row."""

    results: tuple[Result, ...]
    """One for each rule, in their order."""
    recheck_at: datetime | None
    """When one may change with time: :data:`ALWAYS` where that is not known; None: never."""
    looked_up: Mapping[str, Sequence[str]]
    """By rule: the records beside those of the row that it read, as ``kind:key``, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEvaluator:
    """Evaluates rows one by one."""

    pack: CompiledPack
    group: RuleGroup
    connection: str
    rules: Sequence[GatedRule]
    lookups: LookupTable
    """Of this evaluation and this connection alone."""
    now: datetime
    period: Window | None = None
    """The evaluated one; None: it is not known, and a condition that reads it is insufficient."""
    time_exceeded: Callable[[], str | None] = lambda: None
    """Returns why no more rows may be evaluated, once that is so."""

    def evaluate(self, rows: Iterable[Row]) -> Iterator[tuple[Result, ...]]:
        """Yield the results of every rule on each row."""
        shared = shared_variables(self.pack.values, self.now, self.period)
        for row in rows:
            yield self._results(row, self._context_in_time(row, shared), self.rules)

    def evaluate_once(self, row: Row) -> EvaluatedRow:
        """Return the results of every rule on a row, and when one of them may change with time."""
        shared = shared_variables(self.pack.values, self.now, self.period)
        context = self._context_in_time(row, shared)
        looked_up: dict[str, Sequence[str]] = {}
        results = self._results(row, context, self.rules, looked_up)
        if context is None or any(
            rule.compiled.conditions.due_moments is None for rule in self.rules
        ):
            return EvaluatedRow(results, ALWAYS, looked_up)
        changes = (change for _, change in self._changes(context, range(len(self.rules))))
        return EvaluatedRow(results, min(changes, default=None), looked_up)

    def selected_rows(self, rows: Sequence[Row]) -> Mapping[str, int]:
        """Count the rows for which each condition that settings changed is not false.

        A pack's own choice may find nothing in an account. What somebody set and selects nothing
        would switch rules off without a word.
        """
        names = self.group.condition_names & self.pack.changed
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

    def _changes(
        self, context: RowContext | None, indexes: Iterable[int]
    ) -> Iterator[tuple[int, datetime]]:
        """Yield the rules that have to evaluate a row again at a moment, with that moment."""
        for index in indexes:
            moments = self.rules[index].compiled.conditions.due_moments
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
                    evidence_digests=tuple(sorted({*digests, *read.values()})) if read else digests,
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
