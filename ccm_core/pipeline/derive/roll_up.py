"""One evaluation of several connections: their results, waivers and controls together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, replace

from ccm_core.model.evaluation.connection_result import ConnectionResult, RuleTotals
from ccm_core.model.evaluation.result import (
    DerivedState,
    Evaluation,
    Population,
    Result,
    RuleResult,
)
from ccm_core.model.evaluation.rule import Rule
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.rules.choices.control_scopes import scope_texts
from ccm_core.rules.evaluate.apply_waivers import apply_waivers
from ccm_core.rules.evaluate.narrowing import (
    changed_parameters,
    rules_switched_off,
    unsigned_waivers,
)
from ccm_core.rules.evaluate.on_all import no_connection
from ccm_core.rules.evaluate.rollup import control_results, worst
from ccm_core.rules.evaluate.scoped_results import united
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks

Failing = Mapping[str, Sequence[Result]]
"""The failing results on single subjects of the rules that a waiver names, by rule."""


def roll_up(
    packs: CompiledPacks,
    results: Sequence[ConnectionResult],
    waivers: Sequence[Waiver],
    failing: Failing,
) -> Evaluation:
    """Return the evaluation that some results make, without results on single subjects.

    Args:
        packs: What was evaluated.
        results: One for each connection, sorted by name.
        waivers: The accepted risks.
        failing: What they may cover.
    """
    totals: dict[str, list[RuleTotals]] = defaultdict(list)
    for result in results:
        for total in result.rules:
            totals[total.rule].append(total)
    rules = {
        rule.id: _rule(pack, rule, totals[rule.id], results)
        for pack in packs.packs
        for rule in pack.pack.rules
    }
    flagged, notes = _waived(rules, waivers, failing, results)
    by_id = {rule.rule: rule for rule in flagged}
    waived = _waived_subjects(flagged)
    rated = {rule.id for pack in packs.packs for rule in pack.pack.rules if rule.tolerance}
    since = min((result.period_since for result in results), default=None)
    return Evaluation(
        evaluated_at=results[0].evaluated_at,
        packs=results[0].packs,
        connections=tuple(result.connection for result in results),
        sufficiency=tuple(kind for result in results for kind in result.sufficiency),
        rules=tuple(_stored(by_id[name], rules[name]) for name in sorted(by_id)),
        controls=control_results(packs, by_id, since),
        waiver_notes=notes,
        narrowing=(
            *(
                text
                for pack in packs.packs
                for text in changed_parameters(pack, _selections(pack, results))
            ),
            *(text for result in results for text in result.narrowing),
            *unsigned_waivers(waivers, results[0].evaluated_at),
            *rules_switched_off(packs),
            *scope_texts(packs.scopes, by_id.values()),
        ),
        switched_off=packs.switched_off,
        scopes=packs.scopes,
        plugin_failures=_plugin_failures(results),
        evidence_read=tuple(result.read for result in results),
        derived=tuple(
            _state(result, waived.get(result.connection, {}), rated) for result in results
        ),
    )


def _stored(flagged: RuleResult, rule: RuleResult) -> RuleResult:
    """Return a rule with its waivers, without results on single subjects."""
    names = {result.id for result in rule.results}
    kept = tuple(result for result in flagged.results if result.id in names)
    return replace(flagged, results=tuple(sorted(kept, key=lambda result: result.id)))


def _rule(
    pack: CompiledPack,
    rule: Rule,
    totals: Sequence[RuleTotals],
    results: Sequence[ConnectionResult],
) -> RuleResult:
    on_all = [result for total in totals for result in total.on_all]
    if not totals:
        on_all = [no_connection(rule, _plugin_failures(results))]
    return RuleResult(
        rule=rule.id,
        pack=pack.pack.name,
        over=rule.over,
        title=rule.title,
        severity=rule.severity,
        status=worst([total.status for total in totals]),
        population=_sum(total.population for total in totals),
        controls=rule.controls,
        risk=rule.risk,
        remediation=rule.remediation,
        remediation_url=rule.remediation_url,
        scoped=united(one for total in totals for one in total.scoped),
        results=tuple(on_all),
    )


def _selections(pack: CompiledPack, results: Sequence[ConnectionResult]) -> Mapping[str, str]:
    """Return how many rows each changed condition selects, in words."""
    texts: dict[str, list[str]] = defaultdict(list)
    for result in results:
        for name, text in result.selections.get(pack.pack.name, {}).items():
            texts[name].append(text)
    return {name: "; ".join(parts) for name, parts in texts.items()}


def _plugin_failures(results: Sequence[ConnectionResult]) -> tuple[str, ...]:
    return tuple(sorted({failure for result in results for failure in result.plugin_failures}))


def _sum(populations: Iterable[Population]) -> Population:
    counted = list(populations)
    names = [field.name for field in fields(Population)]
    return Population(**{name: sum(getattr(p, name) for p in counted) for name in names})


def _waived(
    rules: Mapping[str, RuleResult],
    waivers: Sequence[Waiver],
    failing: Failing,
    results: Sequence[ConnectionResult],
) -> tuple[Sequence[RuleResult], tuple[str, ...]]:
    now = results[0].evaluated_at
    whole = [
        replace(rule, results=(*rule.results, *failing.get(name, ())))
        for name, rule in rules.items()
    ]
    return apply_waivers(whole, waivers, now)


def _waived_subjects(rules: Iterable[RuleResult]) -> Mapping[str, dict[str, dict[str, str]]]:
    """Return the waivers that cover failing results, by connection, rule and key."""
    waived: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for rule in rules:
        for result in rule.results:
            if result.waiver is not None:
                key = f"{result.subject.kind}:{result.subject.key}"
                waived[result.connection][rule.rule][key] = result.waiver
    return waived


def _state(
    result: ConnectionResult, waived: Mapping[str, dict[str, str]], rated: AbstractSet[str]
) -> DerivedState:
    return DerivedState(
        connection=result.connection,
        period_since=result.period_since,
        account=result.account,
        revision=result.revision,
        kinds=result.derived,
        judged=tuple(sorted(total.rule for total in result.rules if total.judged)),
        rated=tuple(sorted({total.rule for total in result.rules} & rated)),
        rule_keys={total.rule: total.key for total in result.rules},
        waived={rule: dict(subjects) for rule, subjects in waived.items()},
        lines=dict(result.lines),
    )
