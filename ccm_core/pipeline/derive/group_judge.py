"""Judges the rows of one group of rules, and says what of it is to be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.derived import VerdictLine
from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.derive.row_tasks import DerivedBody, JudgedSubject
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.choices.scope_matching import scope_letters
from ccm_core.rules.derive.verdict_record import letters, verdict_body
from ccm_core.rules.evaluate.evaluate_rows import EvaluatedRow, GatedRule, RowEvaluator
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate, incomplete_objects
from ccm_core.rules.evaluate.time_budget import TimeBudget
from ccm_core.rules.pack.compiled import (
    CompiledPack,
    CompiledRule,
    RowEvaluation,
    RuleGroup,
)
from ccm_core.rules.types import Facts
from ccm_core.sdk.view import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupJudge:
    """Judges rows of one group over one connection."""

    pack: CompiledPack
    group: RuleGroup
    facts: Facts
    gates: Mapping[str, EvidenceGate]
    """By rule."""
    now: datetime
    time_budget: TimeBudget
    """For the rows that are judged together."""
    scopes: Sequence[FrameworkScope] = ()
    """What frameworks concern: each row has a letter for each of them."""

    @property
    def ready(self) -> Sequence[CompiledRule]:
        """Return the rules whose evidence suffices."""
        return [r for r in self.group.rules if self.gates[r.rule.id].evaluates_rows]

    @property
    def conditions(self) -> Sequence[str]:
        """Return the condition parameters that settings changed, sorted."""
        return sorted(self.group.condition_names & self.pack.changed)

    def rule_key(self, rule: CompiledRule, revision: str) -> str:
        """Return the digest of all that a verdict depends on beside the row and the moment."""
        gate = self.gates[rule.rule.id]
        lookups = {
            kind: sorted((k, r.digest) for k, r in self.facts.lookup_records.get(kind, {}).items())
            for kind in rule.lookup_kinds
        }
        depends = {
            "rule": rule.rule,
            "parameters": {name: self.pack.effective.get(name) for name in sorted(rule.parameters)},
            "ready": gate.evaluates_rows,
            "incomplete": dict(gate.incomplete_objects),
            "unlisted": gate.unlisted,
            "fails_stand": gate.fails_stand,
            "withheld": {
                name: [field.reason, field.accepted] for name, field in gate.withheld.items()
            },
            "lookups": lookups,
            "revision": revision,
        }
        return digest(json_codec.encode(json_codec.plain(depends)))

    def judge(self, rows: Mapping[str, Row]) -> Iterator[JudgedSubject]:
        """Yield what the rules say of rows, by key of the subject."""
        rules = [GatedRule.of(rule, self.gates[rule.rule.id]) for rule in self.ready]
        evaluator = RowEvaluator(
            pack=self.pack,
            group=self.group,
            connection=self.facts.connection,
            rules=rules,
            lookups=LookupTable(
                self.facts.lookup_records, incomplete_objects(self.facts.sufficiency.values())
            ),
            now=self.now,
            period=self.facts.period,
            time_exceeded=self.time_budget.start(),
        )
        names = sorted(rule.rule.id for rule in self.group.rules)
        changed = self.conditions
        bodies: dict[tuple[RowEvaluation, ...], DerivedBody] = {}
        evaluations = evaluator.evaluate_each(rows.values())
        for (key, row), evaluated in zip(rows.items(), evaluations, strict=True):
            flags = self._flags(evaluator, row) if changed else ""
            flags += scope_letters(self.scopes, self.facts.connection, row)
            yield JudgedSubject(
                key=key,
                body=_body(evaluated, bodies),
                line=VerdictLine(
                    pack=self.pack.pack.name,
                    view=self.group.over,
                    key=key,
                    statuses=letters(names, evaluated.results) + flags,
                    recheck_at=evaluated.recheck_at,
                ),
            )

    def _flags(self, evaluator: RowEvaluator, row: Row) -> str:
        selected = evaluator.selected_rows([row])
        return "".join("y" if selected[name] else "n" for name in self.conditions)


def _body(
    evaluated: EvaluatedRow, bodies: dict[tuple[RowEvaluation, ...], DerivedBody]
) -> DerivedBody:
    """Return the body of a verdict: one for all rows of which the same is said."""
    if evaluated.looked_up:
        return _encoded(verdict_body(evaluated.results, evaluated.looked_up))
    results = tuple(evaluated.results.values())
    if results not in bodies:
        bodies[results] = _encoded(verdict_body(evaluated.results, {}))
    return bodies[results]


def _encoded(body: JsonObject) -> DerivedBody:
    text = json_codec.encode(body)
    return DerivedBody(text=text, digest=digest(text))
