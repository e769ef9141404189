"""What judging the rows of one connection depends on, as values that go to another process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.derive.group_judge import GroupJudge
from ccm_core.pipeline.derive.view_evaluation import ViewEvaluation
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.earliest import EarliestLoader
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate
from ccm_core.rules.evaluate.rows import view_of_kind
from ccm_core.rules.evaluate.rule_gate import rule_gate
from ccm_core.rules.evaluate.time_budget import TimeBudget
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, RuleGroup
from ccm_core.rules.types import Facts
from ccm_core.sdk.view import View
from ccm_core.store.interface.records import RecordStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionWork:
    """One connection at one moment, as its rules are allowed to see it."""

    scope: WatchScope
    now: datetime
    facts: Facts
    """Without rows and without records."""
    gates: Mapping[str, EvidenceGate]
    """What each rule may rely on, by its id."""
    time_budget: TimeBudget

    @classmethod
    def of(
        cls,
        scope: WatchScope,
        now: datetime,
        facts: Facts,
        packs: CompiledPacks,
        time_budget: TimeBudget,
    ) -> ConnectionWork:
        """Decide what every rule may rely on."""
        gates = {
            rule.rule.id: rule_gate(packs, rule, facts, now)
            for _, group in groups_over(facts, packs)
            for rule in group.rules
        }
        plain = replace(facts, rows={}, reassess=None, lookup_records={})
        return cls(scope=scope, now=now, facts=plain, gates=gates, time_budget=time_budget)

    def judges(self, packs: CompiledPacks, evidence: Evidence) -> tuple[GroupJudge, ...]:
        """Return what judges the rows of each pack over each view.

        Args:
            packs: The rules.
            evidence: Where they look records up.
        """
        facts = _with_lookups(self.facts, packs, evidence)
        return tuple(
            GroupJudge(
                pack=pack,
                group=group,
                facts=facts,
                gates={rule.rule.id: self.gates[rule.rule.id] for rule in group.rules},
                now=self.now,
                time_budget=self.time_budget,
                scopes=packs.scopes,
            )
            for pack, group in groups_over(facts, packs)
        )


def groups_over(facts: Facts, packs: CompiledPacks) -> tuple[tuple[CompiledPack, RuleGroup], ...]:
    """Return the groups of rules that concern a connection."""
    return tuple(
        (pack, group) for pack in packs.packs for group in pack.groups if group.over in facts.inputs
    )


def view_evaluation(
    over: str,
    host: Host,
    records: RecordStore,
    evidence: Evidence,
    judges: Iterable[GroupJudge],
    load_earliest: EarliestLoader | None = None,
) -> ViewEvaluation:
    """Return what derives and judges the rows of a view, or of a kind.

    Args:
        over: Its name.
        host: What is installed.
        records: Where the evidence is.
        evidence: That of one connection.
        judges: Those of the connection, over this view and others.
        load_earliest: Returns the events that views ask for; None: they are looked for among all.
    """
    return ViewEvaluation(
        connection=evidence.connection,
        view=_view(over, evidence),
        records=records,
        load=evidence.load,
        load_vanished=evidence.load_vanished,
        load_changes=evidence.load_changes,
        load_earliest=load_earliest or evidence.load_earliest,
        foreign=evidence.foreign,
        judges=[judge for judge in judges if judge.group.over == over],
        shown=host.shown_fields.get(over, ()),
    )


def view_fault(over: str, evidence: Evidence, fault: Exception) -> str:
    """Return what to tell of a plugin's bug in a view."""
    noun = "kind" if over in evidence.kinds else "view"
    return f"the {noun} {over} broke: {fault!r}"


def _view(over: str, evidence: Evidence) -> View:
    if over in evidence.kinds:
        return view_of_kind(evidence.kinds[over])
    return evidence.views[over]


def _with_lookups(facts: Facts, packs: CompiledPacks, evidence: Evidence) -> Facts:
    kinds = {
        kind
        for pack in packs.packs
        for group in pack.groups
        for rule in group.rules
        for kind in rule.lookup_kinds
    }
    return replace(
        facts,
        lookup_records={
            kind: evidence.lookup_records(kind) for kind in sorted(kinds & evidence.kinds.keys())
        },
    )
