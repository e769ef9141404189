"""The judges of an evaluation, made again from the evidence of its moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ccm_core.pipeline.context import Host
from ccm_core.pipeline.derive.group_judge import GroupJudge
from ccm_core.pipeline.evaluate import TIME_BUDGET
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.evidence_gate import evidence_gate
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, RuleGroup
from ccm_core.rules.types import Facts


def judges_anew(host: Host, packs: CompiledPacks, evidence: Evidence) -> Sequence[GroupJudge]:
    """Return what judges each group of rules over one connection.

    Args:
        host: With the plugins of the evaluation.
        packs: Those that it was made with.
        evidence: As of its moment.
    """
    facts = _facts(host, packs, evidence)
    return [
        _judge(pack, group, packs, facts, evidence)
        for pack in packs.packs
        for group in pack.groups
        if group.over in facts.inputs
    ]


def _facts(host: Host, packs: CompiledPacks, evidence: Evidence) -> Facts:
    none = CompiledPacks(packs=(), inputs=packs.inputs)
    kinds = {
        kind
        for pack in packs.packs
        for group in pack.groups
        for rule in group.rules
        for kind in rule.lookup_kinds
    }
    lookups = sorted(kinds & evidence.kinds.keys())
    return replace(
        evidence.facts(none, host.plugin_failures),
        lookup_records={kind: evidence.lookup_records(kind) for kind in lookups},
    )


def _judge(
    pack: CompiledPack, group: RuleGroup, packs: CompiledPacks, facts: Facts, evidence: Evidence
) -> GroupJudge:
    kinds = {*facts.inputs[group.over], *packs.inputs.get(group.over, ())}
    return GroupJudge(
        pack=pack,
        group=group,
        facts=facts,
        gates={
            rule.rule.id: evidence_gate(rule, kinds, facts, evidence.now) for rule in group.rules
        },
        now=evidence.now,
        time_budget=TIME_BUDGET,
    )
