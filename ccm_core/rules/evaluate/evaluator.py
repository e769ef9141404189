"""Judges the facts of connections by compiled packs. Pure: the same inputs give the same bytes.

The order is fixed: first what the evidence allows (:mod:`ccm_core.rules.evaluate.evidence_gate`),
then the conditions, then what only flags or sums up: waivers, shares, rules, controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ccm_core.model.evaluation.result import Evaluation, PackUsed, RuleResult
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.rules.evaluate.apply_waivers import apply_waivers
from ccm_core.rules.evaluate.group_evaluator import GroupEvaluator, plugin_failures
from ccm_core.rules.evaluate.rollup import control_results
from ccm_core.rules.evaluate.time_budget import UNLIMITED, TimeBudget
from ccm_core.rules.incremental.result_cache import ResultCache
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks
from ccm_core.rules.types import Facts


def evaluate(
    packs: CompiledPacks,
    facts: Sequence[Facts],
    waivers: Sequence[Waiver] = (),
    *,
    now: datetime,
    allowance: TimeBudget = UNLIMITED,
) -> Evaluation:
    """Judge every rule over every connection it concerns.

    Args:
        packs: The compiled packs.
        facts: One for each connection.
        waivers: Exceptions; they flag failing results and change nothing else.
        now: The evaluation's moment.
        allowance: How long one pack may take over one connection.
    """
    judge = GroupEvaluator(packs=packs, facts=_ordered(facts), now=now, allowance=allowance)
    return _evaluation(judge, waivers)


def evaluate_incrementally(
    packs: CompiledPacks,
    facts: Sequence[Facts],
    waivers: Sequence[Waiver] = (),
    *,
    now: datetime,
    memory: ResultCache | None,
    allowance: TimeBudget = UNLIMITED,
) -> tuple[Evaluation, ResultCache]:
    """Do the same, judge only what changed since an earlier evaluation, and remember this one.

    Args:
        packs: The compiled packs.
        facts: One for each connection.
        waivers: Exceptions.
        now: The evaluation's moment.
        memory: What the earlier one gave; None: there was none.
        allowance: How long one pack may take over one connection.
    """
    judge = GroupEvaluator(
        packs=packs,
        facts=_ordered(facts),
        now=now,
        allowance=allowance,
        memory=memory or ResultCache(at=now),
    )
    evaluation = _evaluation(judge, waivers)
    return evaluation, ResultCache(at=now, groups=judge.remembered)


def _ordered(facts: Sequence[Facts]) -> Sequence[Facts]:
    return sorted(facts, key=lambda one: one.connection)


def _evaluation(judge: GroupEvaluator, waivers: Sequence[Waiver]) -> Evaluation:
    packs, ordered, now = judge.packs, judge.facts, judge.now
    rules: list[RuleResult] = [
        rule for pack in packs.packs for group in pack.groups for rule in judge.judged(pack, group)
    ]
    flagged, notes = apply_waivers(rules, waivers, now)
    by_id = {one.rule: one for one in flagged}
    return Evaluation(
        evaluated_at=now,
        packs=tuple(_used(one) for one in packs.packs),
        connections=tuple(one.connection for one in ordered),
        sufficiency=tuple(
            one.sufficiency[kind] for one in ordered for kind in sorted(one.sufficiency)
        ),
        rules=tuple(by_id[name] for name in sorted(by_id)),
        controls=control_results(packs, by_id, _since(ordered)),
        waiver_notes=notes,
        plugin_failures=plugin_failures(ordered),
    )


def _since(facts: Sequence[Facts]) -> datetime | None:
    """Give when the period begins that is judged; None where that is not known."""
    known = [one.since for one in facts if one.since is not None]
    return min(known) if len(known) == len(facts) and known else None


def _used(one: CompiledPack) -> PackUsed:
    pack = one.pack
    return PackUsed(
        name=pack.name,
        version=pack.version,
        digest=pack.digest,
        source=pack.source,
        parameters=one.effective,
    )
