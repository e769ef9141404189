"""Evaluates the rows of one kind or view of one connection by the rules of one pack over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ccm_core.model.evaluation.derived import ALWAYS
from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evaluation.result_id import rule_part, subject_part
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.compiler import RowFields
from ccm_core.rules.cel.expression import (
    Expression,
    NotEvaluable,
    RowContext,
    shared_variables,
)
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate
from ccm_core.rules.evaluate.rule_on_row import evaluate_rule
from ccm_core.rules.pack.compiled import (
    CompiledPack,
    CompiledRule,
    RowEvaluation,
    RuleConditions,
    RuleGroup,
)
from ccm_core.rules.pack.fields_read import fields_read, parameters_read
from ccm_core.sdk.view import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedRule:
    """One rule whose evidence suffices, ready for rows."""

    compiled: CompiledRule
    conditions: RuleConditions
    gate: EvidenceGate
    looks_up: bool
    """Whether it looks records up."""
    id_prefix: str
    """The first part of the ids of its results."""

    @classmethod
    def of(cls, rule: CompiledRule, gate: EvidenceGate) -> GatedRule:
        """Prepare a rule."""
        return cls(
            compiled=rule,
            conditions=rule.conditions,
            gate=gate,
            looks_up=bool(rule.lookup_kinds),
            id_prefix=rule_part(rule.rule.id),
        )


@dataclass(frozen=True, slots=True)
class EvaluatedRow:
    """What the rules of a group say of a row."""

    results: Mapping[str, RowEvaluation]
    """By rule, in their order."""
    recheck_at: datetime | None
    """When one may change with time: :data:`ALWAYS` where that is not known; None: never."""
    looked_up: Mapping[str, Sequence[str]]
    """By rule: the records beside those of the row that it read, as ``kind:key``, sorted."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """What is the same for every row."""

    variables: Mapping[str, Any]
    conditions: Mapping[str, Expression]
    """The condition parameters whose value depends on the row, by name."""
    fields: RowFields
    """Those of a row that are read."""


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
        shared = self._shared()
        for row in rows:
            yield self._results(row, self._context_in_time(row, shared))

    def evaluate_each(self, rows: Iterable[Row]) -> Iterator[EvaluatedRow]:
        """Yield what every rule says of each row, and when that may change with time."""
        shared = self._shared()
        timeless = all(rule.conditions.due_moments is not None for rule in self.rules)
        for row in rows:
            context = self._context_in_time(row, shared)
            looked_up: dict[str, Sequence[str]] = {}
            results: dict[str, RowEvaluation] = {}
            for rule, result, read in self._evaluations(row, context):
                results[rule.compiled.rule.id] = result
                if read:
                    looked_up[rule.compiled.rule.id] = sorted(read)
            recheck_at: datetime | None = ALWAYS
            if context is not None and timeless:
                recheck_at = self._next_change(context, results.values())
            yield EvaluatedRow(results, recheck_at, looked_up)

    def selected_rows(self, rows: Sequence[Row]) -> Mapping[str, int]:
        """Count the rows for which each condition that settings changed is not false.

        A pack's own choice may find nothing in an account. What somebody set and selects nothing
        would switch rules off without a word.
        """
        names = self.group.condition_names & self.pack.changed
        if not names:
            return {}
        shared = self._shared()
        contexts = [self._context(row, shared) for row in rows]
        return {
            name: sum(
                self.group.conditions[name].evaluate_condition(context) is not False
                for context in contexts
            )
            for name in sorted(names)
        }

    def decider(self, name: str) -> Callable[[Row], bool | None]:
        """Return what decides a condition parameter on a row; None: it has no value for it."""
        shared, condition = self._shared(), self.group.conditions[name]

        def decide(row: Row) -> bool | None:
            value = condition.evaluate_condition(self._context(row, shared))
            return None if isinstance(value, NotEvaluable) else value

        return decide

    def _next_change(
        self, context: RowContext, results: Iterable[RowEvaluation]
    ) -> datetime | None:
        """Return when a rule has to evaluate a row again; None: never."""
        changes = (
            moments.next_change(
                context, self.now, outside_match=result is rule.compiled.not_applicable
            )
            for rule, result in zip(self.rules, results, strict=True)
            if (moments := rule.conditions.due_moments) and moments.moments
        )
        return min(filter(None, changes), default=None)

    def _shared(self) -> _Shared:
        """Return what is the same for every row: also a condition parameter such as ``true``."""
        conditions = self.group.conditions
        parameters = parameters_read(conditions.values()).union(
            *(rule.parameters for rule in self.group.rules)
        )
        values = {name: v for name, v in self.pack.values.items() if name in parameters}
        variables = shared_variables(values, self.now, self.period)
        of_row: dict[str, Expression] = {}
        for name, condition in conditions.items():
            value = self.group.environment.value_without_row(condition, {})
            if value is None:
                of_row[name] = condition
            else:
                variables[f"params.{name}"] = value
        return _Shared(variables, of_row, self._fields())

    def _fields(self) -> RowFields:
        """Return the fields of a row that conditions and rules read."""
        conditions = fields_read(self.group.conditions.values(), ())
        rules = [conditions, *(rule.conditions.fields_read for rule in self.rules)]
        known = [fields for fields in rules if fields is not None]
        return RowFields(
            conditions=conditions,
            rules=frozenset().union(*known) if len(known) == len(rules) else None,
        )

    def _context_in_time(self, row: Row, shared: _Shared) -> RowContext | None:
        """Return a row as expressions see it; None once no more rows may be evaluated."""
        return None if self.time_exceeded() else self._context(row, shared)

    def _results(self, row: Row, context: RowContext | None) -> tuple[Result, ...]:
        subject = row.subject
        id_suffix = f"-{subject_part(self.connection, subject.kind, subject.key)}"
        digests = tuple(sorted(set(row.evidence_digests)))
        return tuple(
            Result(
                id=rule.id_prefix + id_suffix,
                rule=rule.compiled.rule.id,
                connection=self.connection,
                subject=subject,
                status=result.status,
                reason=result.reason,
                due_at=result.due_at,
                cause=result.cause,
                occurred_at=row.occurred_at,
                evidence_digests=tuple(sorted({*digests, *read.values()})) if read else digests,
            )
            for rule, result, read in self._evaluations(row, context)
        )

    def _evaluations(
        self, row: Row, context: RowContext | None
    ) -> Iterator[tuple[GatedRule, RowEvaluation, Mapping[str, str]]]:
        """Yield what each rule says of a row, and the digests of the records it looked up."""
        stopped = self.time_exceeded() if context is None else None
        for rule in self.rules:
            result = self._result(rule, row, context, stopped)
            yield rule, result, self.lookups.pop_read() if rule.looks_up else {}

    def _result(
        self, rule: GatedRule, row: Row, context: RowContext | None, stopped: str | None
    ) -> RowEvaluation:
        if rule.gate.incomplete_objects and (reason := rule.gate.insufficiency(row)):
            return RowEvaluation(status=Status.INSUFFICIENT, reason=reason)
        if context is None:
            return RowEvaluation(status=Status.ERROR, reason=stopped or "")
        if withheld := rule.gate.withheld:
            context = self._of_visible(context, rule.gate.visible(row))
        accepted = {name: field.reason for name, field in withheld.items() if field.accepted}
        evaluation = evaluate_rule(rule.compiled, rule.conditions, context, self.now, accepted)
        return rule.gate.limit(evaluation)

    def _of_visible(self, context: RowContext, row: Row) -> RowContext:
        """Return the context of a row that lacks fields on which no parameter rests."""
        variables = {name: value for name, value in context.variables.items() if name != "row"}
        return self.group.environment.row_context(
            row.body, variables, None, context.unknown, row.unknown, self.lookups
        )

    def _context(self, row: Row, shared: _Shared) -> RowContext:
        chosen = {
            name: overrides.value_for(row.body) for name, overrides in self.pack.overrides.items()
        }
        return self.group.environment.row_context(
            row.body,
            shared.variables,
            shared.conditions,
            chosen,
            row.unknown,
            self.lookups,
            shared.fields,
        )
