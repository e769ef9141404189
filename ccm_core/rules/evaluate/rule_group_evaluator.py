"""Evaluates one pack's rules over one kind or view, connection by connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from ccm_core.model.evaluation.result import Result, RuleResult, ScopedResult
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.choices.scope_matching import OUTSIDE, scope_letter
from ccm_core.rules.evaluate.evaluate_rows import GatedRule, RowEvaluator
from ccm_core.rules.evaluate.evidence_gate import (
    UnevaluatedObjects,
    incomplete_behind_rows,
    incomplete_objects,
)
from ccm_core.rules.evaluate.on_all import RuleOnAll, no_connection
from ccm_core.rules.evaluate.rollup import rule_result
from ccm_core.rules.evaluate.rows import occurred_in
from ccm_core.rules.evaluate.rule_counts import RuleCounts
from ccm_core.rules.evaluate.rule_gate import rule_gate
from ccm_core.rules.evaluate.scoped_results import (
    ScopeSplit,
    scoped_result,
    scopes_of,
    united,
)
from ccm_core.rules.evaluate.time_budget import TimeBudget
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule, RuleGroup
from ccm_core.rules.types import DerivedRows, Facts
from ccm_core.sdk.view import Row


@dataclass(slots=True, kw_only=True)
class _Tally:
    """The results of one rule so far."""

    rule: CompiledRule
    results: list[Result] = field(default_factory=list)
    unevaluated: int = 0
    """Rows without a result, because the connection's evidence is insufficient."""
    scoped: list[ScopedResult] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class GroupEvaluator:
    """Evaluates group after group."""

    packs: CompiledPacks
    facts: Sequence[Facts]
    """Sorted by connection."""
    now: datetime
    time_budget: TimeBudget
    selections: dict[str, dict[str, str]] = field(default_factory=dict)
    """By pack and parameter: how many rows a changed condition selects, in words."""
    _clocks: dict[tuple[str, str], Callable[[], str | None]] = field(default_factory=dict)

    def evaluate(self, pack: CompiledPack, group: RuleGroup) -> Iterator[RuleResult]:
        """Evaluate the rules of one group over every connection they concern."""
        tallies = [_Tally(rule=rule) for rule in group.rules]
        concerned = [facts for facts in self.facts if group.over in facts.inputs]
        for facts in concerned:
            self._evaluate_connection(pack, group, facts, tallies)
        for tally in tallies:
            if not concerned:
                failures = plugin_failures(self.facts)
                tally.results.append(no_connection(tally.rule.rule, failures))
            whole = rule_result(pack.pack, tally.rule.rule, tally.results, tally.unevaluated)
            yield replace(whole, scoped=united(tally.scoped))

    def _evaluate_connection(
        self, pack: CompiledPack, group: RuleGroup, facts: Facts, tallies: Sequence[_Tally]
    ) -> None:
        gates = [rule_gate(self.packs, tally.rule, facts, self.now) for tally in tallies]
        derived = _derived(facts, group.over)
        rows = derived.rows or ()
        ready = [
            GatedRule.of(tally.rule, gate)
            for tally, gate in zip(tallies, gates, strict=True)
            if gate.evaluates_rows and derived.rows is not None
        ]
        evaluator = self._row_evaluator(pack, group, facts, ready)
        selected = evaluator.selected_rows(rows) if ready else {}
        self._note_selections(evaluator, selected, len(rows))
        by_rule = _by_rule(evaluator, rows)
        evaluated = incomplete_behind_rows((rule.gate for rule in ready), rows)
        for tally, gate in zip(tallies, gates, strict=True):
            column = by_rule.get(tally.rule.rule.id, _Column()).of_period(tally.rule, facts)
            tally.results.extend(column.results)
            tally.unevaluated += len(rows) if gate.problems else 0
            is_judged = tally.rule.rule.id in by_rule
            on_all = RuleOnAll(
                pack=pack,
                rule=tally.rule,
                connection=facts.connection,
                gate=gate,
                counts=column.counts(),
                rows=len(rows),
                selected=selected,
                incomplete=gate.unevaluated_objects(evaluated)
                if is_judged
                else UnevaluatedObjects(),
                error=derived.error if derived.rows is None else None,
            )
            tally.results.extend(on_all.results())
            tally.scoped.extend(self._scoped(column, on_all, is_judged=is_judged))

    def _scoped(
        self, column: _Column, whole: RuleOnAll, *, is_judged: bool
    ) -> Iterator[ScopedResult]:
        """Yield what a rule says of what is in scope, for each framework that has one."""
        for _, scope in scopes_of(whole.rule.rule, self.packs.scopes):
            letters = [scope_letter(scope, whole.connection, row) for row in column.rows]
            inside = [
                pair
                for pair, letter in zip(
                    zip(column.results, column.rows, strict=True), letters, strict=True
                )
                if letter != OUTSIDE
            ]
            part = _Column([result for result, _ in inside], [row for _, row in inside])
            yield scoped_result(
                scope.framework,
                ScopeSplit(counts=part.counts(), letters=Counter(letters)),
                lambda counts, rows: replace(whole, counts=counts, rows=rows).results(),
                whole.gate,
                whole.incomplete,
                is_judged=is_judged,
                unevaluated=whole.rows if whole.gate.problems else 0,
            )

    def _note_selections(
        self, evaluator: RowEvaluator, selected: Mapping[str, int], rows: int
    ) -> None:
        for name, count in selected.items():
            of_pack = self.selections.setdefault(evaluator.pack.pack.name, {})
            over = f"{evaluator.group.over} of {evaluator.connection}"
            of_pack[name] = "; ".join(
                filter(None, [of_pack.get(name), f"it selects {count} of {rows} rows of {over}"])
            )

    def _row_evaluator(
        self, pack: CompiledPack, group: RuleGroup, facts: Facts, rules: Sequence[GatedRule]
    ) -> RowEvaluator:
        return RowEvaluator(
            pack=pack,
            group=group,
            connection=facts.connection,
            rules=rules,
            lookups=LookupTable(
                facts.lookup_records, incomplete_objects(facts.sufficiency.values())
            ),
            now=self.now,
            period=facts.period,
            time_exceeded=self._clock(pack, facts),
        )

    def _clock(self, pack: CompiledPack, facts: Facts) -> Callable[[], str | None]:
        name = (pack.pack.name, facts.connection)
        return self._clocks.setdefault(name, self.time_budget.start())


def plugin_failures(facts: Sequence[Facts]) -> tuple[str, ...]:
    """Return the plugins that did not load, each once."""
    return tuple(
        sorted({failure for connection in facts for failure in connection.plugin_failures})
    )


def _derived(facts: Facts, over: str) -> DerivedRows:
    """Return the rows, or why there are none."""
    if over in facts.derivation_errors:
        return DerivedRows(error=facts.derivation_errors[over])
    return DerivedRows(rows=facts.rows.get(over), error="they are missing")


@dataclass(frozen=True, slots=True)
class _Column:
    """The results of one rule, each on one row."""

    results: Sequence[Result] = ()
    rows: Sequence[Row] = ()

    def of_period(self, rule: CompiledRule, facts: Facts) -> _Column:
        """Return those that count: what is still open from before the period is in no share."""
        period = facts.period
        if not rule.rule.tolerance or period is None:
            return self
        pairs = [
            (result, row)
            for result, row in zip(self.results, self.rows, strict=True)
            if occurred_in(row, period)
        ]
        return _Column([result for result, _ in pairs], [row for _, row in pairs])

    def counts(self) -> RuleCounts:
        """Count them by status and month."""
        counts = RuleCounts()
        for result, row in zip(self.results, self.rows, strict=True):
            counts.add(result, row.occurred_at)
        return counts


def _by_rule(evaluator: RowEvaluator, rows: Sequence[Row]) -> Mapping[str, _Column]:
    """Evaluate rows; return the results of each rule."""
    by_row = list(evaluator.evaluate(rows)) if evaluator.rules else []
    return {
        rule.compiled.rule.id: _Column([results[index] for results in by_row], rows)
        for index, rule in enumerate(evaluator.rules)
    }
