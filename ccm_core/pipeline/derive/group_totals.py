"""What the rules of one group say of one connection, from counts of its subjects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ccm_core.model.evaluation.connection_result import RuleTotals
from ccm_core.model.evaluation.derived import SubjectCount, derived_log, rows_kind
from ccm_core.model.evaluation.result import (
    CONNECTION,
    POPULATION,
    Result,
    ScopedResult,
    deciding,
)
from ccm_core.model.evaluation.verdict_letters import STATUSES
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import thawed
from ccm_core.pipeline.derive.group_judge import GroupJudge
from ccm_core.rules.choices.scope_matching import OUTSIDE
from ccm_core.rules.derive.row_record import row_of
from ccm_core.rules.evaluate.evidence_gate import UnevaluatedObjects, incomplete_behind_rows
from ccm_core.rules.evaluate.on_all import RuleOnAll
from ccm_core.rules.evaluate.rollup import worst
from ccm_core.rules.evaluate.rows import rows_of_period
from ccm_core.rules.evaluate.rule_counts import (
    RuleCounts,
    counts_by_rule,
    selected_by_condition,
)
from ccm_core.rules.evaluate.scoped_results import ScopeSplit, scoped_result, scopes_of
from ccm_core.rules.pack.compiled import CompiledRule
from ccm_core.sdk.view import Row
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTotals:
    """The subjects of one group of rules over one connection, counted."""

    store: EvidenceStore
    judge: GroupJudge
    period: Window
    error: str | None
    """Why there are no rows."""
    counts: Sequence[SubjectCount]
    rows: int
    """How many of the period there are."""

    @classmethod
    def of(
        cls, store: EvidenceStore, judge: GroupJudge, period: Window, error: str | None
    ) -> GroupTotals:
        """Count the subjects of a period, as far as they were judged."""
        connection, over = judge.facts.connection, judge.group.over
        is_judged = error is None and judge.ready
        counts = store.derived.status_counts(connection, judge.pack.pack.name, over, period.since)
        return cls(
            store=store,
            judge=judge,
            period=period,
            error=error,
            counts=counts if is_judged else (),
            rows=0 if error else store.derived.count_subjects(connection, over, period.since),
        )

    def selections(self) -> Mapping[str, str]:
        """Return how many rows each condition selects that settings changed, in words."""
        rows = sum(count.subjects for count in self.counts)
        over = f"{self.judge.group.over} of {self.judge.facts.connection}"
        return {
            name: f"it selects {count} of {rows} rows of {over}"
            for name, count in self._selected().items()
        }

    def totals(self, revision: str) -> Iterator[RuleTotals]:
        """Yield the totals of each rule.

        Args:
            revision: Of the host, on which verdicts depend.
        """
        rules = self.judge.group.rules
        rated = {rule.rule.id for rule in rules if rule.rule.tolerance}
        by_rule = counts_by_rule([rule.rule.id for rule in rules], self.counts, rated)
        selected = self._selected()
        is_judged = {
            rule.rule.id: self.judge.gates[rule.rule.id].evaluates_rows and self.error is None
            for rule in rules
        }
        evaluated = incomplete_behind_rows(
            (self.judge.gates[name] for name, judged in is_judged.items() if judged),
            self._kept_rows(),
        )
        for rule in rules:
            name, gate = rule.rule.id, self.judge.gates[rule.rule.id]
            counts = by_rule[name] if is_judged[name] else RuleCounts()
            incomplete = (
                gate.unevaluated_objects(evaluated) if is_judged[name] else UnevaluatedObjects()
            )
            on_all = tuple(self._on_all(rule, counts, selected, incomplete).results())
            totals = self._totals(rule, counts, on_all, revision, is_judged=is_judged[name])
            scoped = self._scoped(rule, rated, selected, incomplete, is_judged=is_judged[name])
            yield replace(totals, scoped=tuple(scoped))

    def _scoped(
        self,
        rule: CompiledRule,
        rated: Container[str],
        selected: Mapping[str, int],
        incomplete: UnevaluatedObjects,
        *,
        is_judged: bool,
    ) -> Iterator[ScopedResult]:
        """Yield what a rule says of what is in scope, for each framework that has one."""
        name, gate = rule.rule.id, self.judge.gates[rule.rule.id]
        for index, scope in scopes_of(rule.rule, self.judge.scopes):
            split = self._split(index, name, rated, is_judged=is_judged)

            def on_all(counts: RuleCounts, rows: int) -> Iterable[Result]:
                whole = self._on_all(rule, counts, selected, incomplete)
                return replace(whole, rows=rows).results()

            yield scoped_result(
                scope.framework,
                split,
                on_all,
                gate,
                incomplete,
                is_judged=is_judged,
                unevaluated=self.rows if gate.problems else 0,
            )

    def _split(
        self, index: int, rule: str, rated: Container[str], *, is_judged: bool
    ) -> ScopeSplit:
        """Return the counts of a rule in one scope, whose letter follows those of conditions."""
        names = [one.rule.id for one in self.judge.group.rules]
        at = len(names) + len(self.judge.conditions) + index
        position = sorted(names).index(rule)
        counted = [
            count
            for count in (self.counts if is_judged else ())
            if count.statuses[position] in STATUSES and (count.in_period or rule not in rated)
        ]
        letters = Counter[str]()
        for count in counted:
            letters[count.statuses[at]] += count.subjects
        inside = [count for count in counted if count.statuses[at] != OUTSIDE]
        return ScopeSplit(counts=counts_by_rule(names, inside, rated)[rule], letters=letters)

    def _selected(self) -> Mapping[str, int]:
        rules = len(self.judge.group.rules)
        if not self.counts:
            return {}
        return dict(selected_by_condition(self.judge.conditions, rules, self.counts))

    def _on_all(
        self,
        rule: CompiledRule,
        counts: RuleCounts,
        selected: Mapping[str, int],
        incomplete: UnevaluatedObjects,
    ) -> RuleOnAll:
        return RuleOnAll(
            pack=self.judge.pack,
            rule=rule,
            connection=self.judge.facts.connection,
            gate=self.judge.gates[rule.rule.id],
            counts=counts,
            rows=self.rows,
            selected=selected,
            incomplete=incomplete,
            error=self.error,
        )

    def _kept_rows(self) -> Iterable[Row]:
        log, kind = derived_log(self.judge.facts.connection), rows_kind(self.judge.group.over)
        records = self.store.records.current(log, kind)
        return rows_of_period((row_of(thawed(record.body)) for record in records), self.period)

    def _totals(
        self,
        compiled: CompiledRule,
        counts: RuleCounts,
        on_all: tuple[Result, ...],
        revision: str,
        *,
        is_judged: bool,
    ) -> RuleTotals:
        rule, gate = compiled.rule, self.judge.gates[compiled.rule.id]
        decisive = deciding(on_all)
        worst_row = counts.worst() if decisive is on_all else None
        others = [
            result.status
            for result in on_all
            if result.subject.kind not in (CONNECTION, POPULATION)
        ]
        return RuleTotals(
            rule=rule.id,
            pack=self.judge.pack.pack.name,
            over=self.judge.group.over,
            title=rule.title,
            severity=rule.severity,
            status=worst([*(result.status for result in decisive), *filter(None, [worst_row])]),
            population=counts.population(
                others=others, unevaluated=self.rows if gate.problems else 0
            ),
            controls=rule.controls,
            risk=rule.risk,
            remediation=rule.remediation,
            remediation_url=rule.remediation_url,
            judged=is_judged,
            on_all=on_all,
            key=self.judge.rule_key(compiled, revision),
        )
