"""Evaluates one pack's rules over one kind or view, connection by connection."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ccm_core.model.evaluation.result import CONNECTION, Result, RuleResult, Status
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.evaluation.rule import Rule
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.window import Window
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.evaluate.evaluate_rows import GatedRule, RowEvaluator
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate, evidence_gate, incomplete_objects
from ccm_core.rules.evaluate.pass_rate import pass_rates
from ccm_core.rules.evaluate.rollup import rule_result
from ccm_core.rules.evaluate.rows import occurred_in
from ccm_core.rules.evaluate.time_budget import TimeBudget
from ccm_core.rules.incremental.result_cache import (
    CacheKey,
    GroupCache,
    GroupResults,
    ResultCache,
)
from ccm_core.rules.incremental.row_diff import group_results
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule, RuleGroup
from ccm_core.rules.types import DerivedRows, Facts
from ccm_core.sdk.view import Row


@dataclass(slots=True, kw_only=True)
class _Tally:
    """The results of one rule so far."""

    rule: CompiledRule
    in_order: tuple[Result, ...] = ()
    """On rows, sorted by connection and subject."""
    counts: Counter[Status] = field(default_factory=Counter)
    """How many of those have which status."""
    results: list[Result] = field(default_factory=list)
    """All others."""
    unevaluated: int = 0
    """Rows without a result, because the connection's evidence is insufficient."""


@dataclass(slots=True, kw_only=True)
class GroupEvaluator:
    """Evaluates group after group, and collects what the next evaluation may reuse."""

    packs: CompiledPacks
    facts: Sequence[Facts]
    """Sorted by connection."""
    now: datetime
    time_budget: TimeBudget
    cache: ResultCache | None = None
    """Of an earlier evaluation; None: nothing is cached at all."""
    new_groups: dict[tuple[str, str, str], GroupCache] = field(default_factory=dict)
    """For the next evaluation, by pack, kind or view, and connection."""
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
                tally.results.append(self._no_connection(tally.rule.rule))
            yield rule_result(
                pack.pack,
                tally.rule.rule,
                tally.results,
                tally.unevaluated,
                tally.in_order,
                tally.counts,
            )

    def _evaluate_connection(
        self, pack: CompiledPack, group: RuleGroup, facts: Facts, tallies: Sequence[_Tally]
    ) -> None:
        kinds = {*facts.inputs[group.over], *self.packs.inputs.get(group.over, ())}
        gates = [evidence_gate(tally.rule, kinds, facts, self.now) for tally in tallies]
        gated = list(zip(tallies, gates, strict=True))
        ready = [
            (tally, GatedRule.of(tally.rule, gate)) for tally, gate in gated if gate.evaluates_rows
        ]
        evaluator = self._row_evaluator(pack, group, facts, [rule for _, rule in ready])
        derived = _derived(facts, group.over)
        for tally, gate in gated:
            if gate.problems:
                reason = "; ".join(gate.problems)
                tally.results.append(
                    _connection_result(tally.rule.rule, facts, Status.INSUFFICIENT, reason)
                )
                tally.unevaluated += len(derived.rows or ())
            elif gate.accepted:
                reason = "; ".join(gate.accepted)
                tally.results.append(
                    _connection_result(tally.rule.rule, facts, Status.NOT_APPLICABLE, reason)
                )
        if derived.rows is None:
            reason = f"the rows of {group.over} could not be derived: {derived.error}"
            for tally, _ in ready:
                tally.results.append(
                    _connection_result(tally.rule.rule, facts, Status.ERROR, reason)
                )
        elif ready:
            results = self._evaluate_rows(evaluator, facts, derived.rows)
            selected = evaluator.selected_rows(derived.rows)
            self._note_selections(evaluator, selected, len(derived.rows))
            _add_results(_Rows(evaluator.pack, facts, derived.rows, selected), ready, results)

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
        name = (pack.pack.name, group.over, facts.connection)
        cache_key = _cache_key(pack, facts, rules) if self.cache is not None else None
        cached = self.cache.get(name, cache_key, self.now) if self.cache and cache_key else None
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
            cache_key=cache_key,
            cached=cached,
        )

    def _evaluate_rows(
        self, evaluator: RowEvaluator, facts: Facts, rows: Sequence[Row]
    ) -> GroupResults:
        """Return what every rule says of each row."""
        timed = replace(evaluator, time_exceeded=self._clock(evaluator.pack, facts))
        if timed.cache_key is None:
            return group_results(rows, list(timed.evaluate(rows)), len(timed.rules))
        group = timed.evaluate_changed(rows, timed.cache_key)
        # Rows that were not evaluated in time have to be evaluated by the next evaluation.
        if timed.time_exceeded() is None:
            name = (evaluator.pack.pack.name, evaluator.group.over, facts.connection)
            self.new_groups[name] = group
        return group.results

    def _clock(self, pack: CompiledPack, facts: Facts) -> Callable[[], str | None]:
        name = (pack.pack.name, facts.connection)
        return self._clocks.setdefault(name, self.time_budget.start())

    def _no_connection(self, rule: Rule) -> Result:
        failures = plugin_failures(self.facts)
        why = f"; a plugin did not load: {', '.join(failures)}" if failures else ""
        subject = Subject(kind=CONNECTION, key="", title="no connection")
        reason = f"no connection collects {rule.over}{why}"
        return _result(rule, "", subject, Status.INSUFFICIENT, reason)


def _derived(facts: Facts, over: str) -> DerivedRows:
    """Return the rows, or why there are none."""
    if over in facts.derivation_errors:
        return DerivedRows(error=facts.derivation_errors[over])
    return DerivedRows(rows=facts.rows.get(over), error="they are missing")


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one group over one connection."""

    pack: CompiledPack
    facts: Facts
    rows: Sequence[Row]
    selected: Mapping[str, int]
    """How many rows each condition selects that settings changed."""

    def empty_selections(self, rule: CompiledRule) -> Sequence[str]:
        """Return the parameters of a rule that select no row."""
        empty = {name for name, count in self.selected.items() if not count}
        return sorted(empty & rule.parameters) if self.rows else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """The results of one rule, each on one row."""

    results: Sequence[Result]
    rows: Sequence[Row]
    counts: Mapping[Status, int]

    def of_period(self, period: Window) -> _Column:
        """Return those on rows of a period: what is still open from before is in no share."""
        pairs = [
            (result, row)
            for result, row in zip(self.results, self.rows, strict=True)
            if occurred_in(row, period)
        ]
        return _Column(
            results=[result for result, _ in pairs],
            rows=[row for _, row in pairs],
            counts=Counter(result.status for result, _ in pairs),
        )


def _add_results(
    group: _Rows, rules: Sequence[tuple[_Tally, GatedRule]], results: GroupResults
) -> None:
    """Add the results of rules on rows, on single ones and on all together, to their tallies."""
    for (tally, rule), column, count in zip(rules, results.columns, results.counts, strict=True):
        of_rule = _Column(results=column, rows=group.rows, counts=count)
        if rule.compiled.rule.tolerance and group.facts.period is not None:
            of_rule = of_rule.of_period(group.facts.period)
        if results.in_order:
            tally.in_order = tally.in_order + tuple(of_rule.results)
            tally.counts += Counter(of_rule.counts)
        else:
            tally.results.extend(of_rule.results)
        tally.results.extend(_results_on_all(group, rule, of_rule))


def plugin_failures(facts: Sequence[Facts]) -> tuple[str, ...]:
    """Return the plugins that did not load, each once."""
    return tuple(
        sorted({failure for connection in facts for failure in connection.plugin_failures})
    )


def _results_on_all(group: _Rows, rule: GatedRule, column: _Column) -> Iterator[Result]:
    """Yield the results on all rows together and on objects behind none."""
    definition, facts, results = rule.compiled.rule, group.facts, column.results
    incomplete = rule.gate.unevaluated_objects(group.rows)
    unevaluated = [
        _result(definition, facts.connection, subject, Status.INSUFFICIENT, reason)
        for subject, reason in incomplete.members
    ]
    yield from unevaluated
    reason = rule.compiled.not_applicable.reason
    none_applies = column.counts.get(Status.NOT_APPLICABLE, 0) == len(results)
    doubts = [*rule.gate.unlisted, *filter(None, [incomplete.others])]
    if doubts:
        why = "; ".join(doubts)
        yield _connection_result(definition, facts, Status.INSUFFICIENT, why)
    elif not unevaluated and none_applies and all(result.reason == reason for result in results):
        empty = group.empty_selections(rule.compiled)
        status = Status.INSUFFICIENT if empty else Status(definition.on_empty)
        unselective = _unselective(group.pack, empty, definition, len(group.rows))
        yield _connection_result(
            definition, facts, status, unselective or _empty_reason(definition, group, column)
        )
    if definition.tolerance:
        bodies = (row.body for row in column.rows)
        evaluated = [
            *zip(results, bodies, strict=True),
            *((result, None) for result in unevaluated),
        ]
        for rate in pass_rates(definition.tolerance, evaluated):
            yield _limited_rate(rule.gate, rate)


def _limited_rate(gate: EvidenceGate, rate: Result) -> Result:
    """Return a pass rate that nobody knows, where resources may be missing from its population."""
    if not gate.unlisted or rate.status not in {Status.PASS, Status.FAIL}:
        return rate
    reason = f"of what is visible, {rate.reason}; {'; '.join(gate.unlisted)}"
    return replace(rate, status=Status.INSUFFICIENT, reason=reason)


def _connection_result(rule: Rule, facts: Facts, status: Status, reason: str) -> Result:
    subject = Subject(kind=CONNECTION, key=facts.connection, title=facts.connection)
    return _result(rule, facts.connection, subject, status, reason)


def _result(rule: Rule, connection: str, subject: Subject, status: Status, reason: str) -> Result:
    return Result(
        id=result_id(rule.id, connection, subject.kind, subject.key),
        rule=rule.id,
        connection=connection,
        subject=subject,
        status=status,
        reason=reason,
    )


def _unselective(
    pack: CompiledPack, parameters: Sequence[str], rule: Rule, rows: int
) -> str | None:
    """Return why a rule is inconclusive whose parameters select nothing; None without them."""
    if not parameters:
        return None
    selections = " and ".join(f"{name} `{pack.effective[name]}`" for name in parameters)
    return (
        f"{selections} selects none of {rows} rows of {rule.over}, so that nothing is evaluated; "
        "change it under rules.parameters, or leave the pack out"
    )


def _empty_reason(rule: Rule, group: _Rows, column: _Column) -> str:
    if not group.rows:
        return f"nothing to evaluate: {rule.over} has no rows"
    rows = len(column.rows)
    if not rows:
        return f"nothing to count: no row of {rule.over} occurred in the evaluated period"
    return f"nothing to evaluate: `{rule.match}` is true for none of {rows} rows of {rule.over}"


def _cache_key(pack: CompiledPack, facts: Facts, rules: Sequence[GatedRule]) -> CacheKey:
    fingerprints = {
        kind: _lookup_fingerprint(facts, kind)
        for rule in rules
        for kind in rule.compiled.lookup_kinds
    }
    incomplete = incomplete_objects(facts.sufficiency.values()) if fingerprints else {}
    return CacheKey(
        rules=tuple(rule.compiled.rule for rule in rules),
        parameters=pack.effective,
        evidence=tuple(
            (
                dict(rule.gate.incomplete_objects),
                (rule.gate.unlisted, rule.gate.fails_stand),
                [fingerprints[kind] for kind in rule.compiled.lookup_kinds],
                incomplete if rule.compiled.lookup_kinds else None,
            )
            for rule in rules
        ),
    )


def _lookup_fingerprint(facts: Facts, kind: str) -> bytes:
    records = facts.lookup_records.get(kind, {})
    fingerprint = hashlib.blake2b(digest_size=16)
    for key in sorted(records):
        text = f"{key}\0{records[key].digest}\0"
        fingerprint.update(text.encode("utf-8", "surrogatepass"))
    return fingerprint.digest()
