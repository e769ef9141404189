"""Evaluates compiled packs over the facts of connections. Pure: equal inputs give equal bytes.

The order is fixed: first what the evidence allows (:mod:`ccm_core.rules.evaluate.evidence_gate`),
then the conditions, then what only flags or sums up: waivers, pass rates, rules, controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ccm_core.model.evaluation.result import Evaluation, RuleResult
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.rules.choices.chosen_packs import chosen_packs
from ccm_core.rules.choices.control_scopes import scope_texts
from ccm_core.rules.evaluate.apply_waivers import apply_waivers
from ccm_core.rules.evaluate.narrowing import (
    changed_parameters,
    rules_switched_off,
    unsigned_waivers,
)
from ccm_core.rules.evaluate.rollup import control_results
from ccm_core.rules.evaluate.rule_group_evaluator import GroupEvaluator, plugin_failures
from ccm_core.rules.evaluate.time_budget import UNLIMITED, TimeBudget
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.types import Facts


def evaluate(
    packs: CompiledPacks,
    facts: Sequence[Facts],
    waivers: Sequence[Waiver] = (),
    *,
    now: datetime,
    time_budget: TimeBudget = UNLIMITED,
) -> Evaluation:
    """Evaluate every rule over every connection it concerns.

    Args:
        packs: The compiled packs.
        facts: One for each connection.
        waivers: Risk acceptances; they flag failing results and change nothing else.
        now: The evaluation's moment.
        time_budget: How long one pack may take over one connection.
    """
    packs = chosen_packs(packs, now)
    evaluator = GroupEvaluator(packs=packs, facts=_sorted(facts), now=now, time_budget=time_budget)
    return _evaluation(evaluator, waivers)


def _sorted(facts: Sequence[Facts]) -> Sequence[Facts]:
    return sorted(facts, key=lambda connection: connection.connection)


def _evaluation(evaluator: GroupEvaluator, waivers: Sequence[Waiver]) -> Evaluation:
    packs, facts, now = evaluator.packs, evaluator.facts, evaluator.now
    rules: list[RuleResult] = [
        rule
        for pack in packs.packs
        for group in pack.groups
        for rule in evaluator.evaluate(pack, group)
    ]
    flagged, notes = apply_waivers(rules, waivers, now)
    by_id = {rule.rule: rule for rule in flagged}
    return Evaluation(
        evaluated_at=now,
        packs=tuple(pack.applied for pack in packs.packs),
        connections=tuple(connection.connection for connection in facts),
        sufficiency=tuple(
            connection.sufficiency[kind]
            for connection in facts
            for kind in sorted(connection.sufficiency)
        ),
        rules=tuple(by_id[name] for name in sorted(by_id)),
        controls=control_results(packs, by_id, _period_start(facts)),
        waiver_notes=notes,
        narrowing=(
            *(
                text
                for pack in packs.packs
                for text in changed_parameters(pack, evaluator.selections.get(pack.pack.name, {}))
            ),
            *(text for connection in facts for text in connection.narrowing),
            *unsigned_waivers(waivers, now),
            *rules_switched_off(packs),
            *scope_texts(packs.scopes, by_id.values()),
        ),
        switched_off=packs.switched_off,
        scopes=packs.scopes,
        plugin_failures=plugin_failures(facts),
    )


def _period_start(facts: Sequence[Facts]) -> datetime | None:
    """Return when the evaluated period begins; None where that is not known."""
    starts = [
        connection.period_start for connection in facts if connection.period_start is not None
    ]
    return min(starts) if len(starts) == len(facts) and starts else None
