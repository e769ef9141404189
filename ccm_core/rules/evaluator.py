"""Judges the facts of connections by compiled packs. Pure: the same inputs give the same bytes.

The order is fixed: first what the evidence allows (:mod:`ccm_core.rules.evidence`), then the
conditions, then what only flags or sums up: waivers, shares, rules, controls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ccm_core.model.result import (
    Evaluation,
    PackUsed,
    Result,
    RuleResult,
    Status,
    Subject,
)
from ccm_core.model.rule import Rule
from ccm_core.model.waiver import Waiver
from ccm_core.rules.compiled import CompiledPack, CompiledPacks, CompiledRule, Group
from ccm_core.rules.conditions import shared_names
from ccm_core.rules.evidence import Ground, ground, lacking
from ccm_core.rules.interface import Facts
from ccm_core.rules.judge import Verdict, judge
from ccm_core.rules.rollup import CONNECTION, control_results, rule_result
from ccm_core.rules.tolerance import Judged, shares
from ccm_core.rules.waiving import apply_waivers
from ccm_core.sdk.types import Row


def evaluate(
    packs: CompiledPacks,
    facts: Sequence[Facts],
    waivers: Sequence[Waiver] = (),
    *,
    now: datetime,
) -> Evaluation:
    """Judge every rule over every connection it concerns.

    Args:
        packs: The compiled packs.
        facts: One for each connection.
        waivers: Exceptions; they flag failing results and change nothing else.
        now: The evaluation's moment.
    """
    ordered = sorted(facts, key=lambda one: one.connection)
    rules = [
        rule
        for pack in packs.packs
        for group in pack.groups
        for rule in _judged_group(packs, pack, group, ordered, now)
    ]
    flagged, notes = apply_waivers(rules, waivers, now)
    by_id = {one.rule: one for one in flagged}
    return Evaluation(
        evaluated_at=now,
        packs=tuple(_used(one) for one in packs.packs),
        connections=tuple(one.connection for one in ordered),
        standings=tuple(one.standings[kind] for one in ordered for kind in sorted(one.standings)),
        rules=tuple(by_id[name] for name in sorted(by_id)),
        controls=control_results(packs, by_id, _since(ordered)),
        waiver_notes=notes,
        plugin_failures=_plugin_failures(ordered),
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


def _plugin_failures(facts: Sequence[Facts]) -> tuple[str, ...]:
    return tuple(sorted({failure for one in facts for failure in one.plugin_failures}))


# -- one group: the rules of one pack over one kind or view -----------------------------------


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What one rule said so far."""

    one: CompiledRule
    results: list[Result] = field(default_factory=list)
    unjudged: int = 0


def _judged_group(
    packs: CompiledPacks, pack: CompiledPack, group: Group, facts: Sequence[Facts], now: datetime
) -> Iterator[RuleResult]:
    tallies = [_Tally(one=one) for one in group.rules]
    concerned = [one for one in facts if group.over in one.inputs]
    for one in concerned:
        _judge_connection(packs, pack, group, one, tallies, now)
    for tally in tallies:
        if not concerned:
            tally.results.append(_unconcerned(tally.one.rule, facts))
        yield rule_result(pack.pack, tally.one.rule, tally.results, tally.unjudged)


def _unconcerned(rule: Rule, facts: Sequence[Facts]) -> Result:
    failures = _plugin_failures(facts)
    why = f"; a plugin did not load: {', '.join(failures)}" if failures else ""
    subject = Subject(kind=CONNECTION, key="", title="no connection")
    return Result(
        rule=rule.id,
        connection="",
        subject=subject,
        status=Status.INSUFFICIENT,
        reason=f"no connection gives {rule.over}{why}",
    )


def _judge_connection(
    packs: CompiledPacks,
    pack: CompiledPack,
    group: Group,
    facts: Facts,
    tallies: Sequence[_Tally],
    now: datetime,
) -> None:
    rows = facts.rows.get(group.over)
    kinds = {*facts.inputs[group.over], *packs.inputs.get(group.over, ())}
    open_rules: list[_Judging] = []
    for tally in tallies:
        found = ground(tally.one, kinds, facts, now)
        if found.problems:
            tally.results.append(
                _whole(tally.one.rule, facts, Status.INSUFFICIENT, "; ".join(found.problems))
            )
            tally.unjudged += len(rows or ())
        elif rows is None or group.over in facts.broken:
            why = facts.broken.get(group.over, "they are missing")
            reason = f"the rows of {group.over} could not be derived: {why}"
            tally.results.append(_whole(tally.one.rule, facts, Status.ERROR, reason))
        else:
            open_rules.append(_Judging(tally=tally, ground=found))
    if open_rules:
        packs.lookups.serve(facts.lookup, lacking(facts.standings.values()))
        _judge_rows(packs, pack, group, facts.connection, rows or (), open_rules, now)
        for judging in open_rules:
            _close(judging, facts, rows or ())


def _whole(rule: Rule, facts: Facts, status: Status, reason: str) -> Result:
    subject = Subject(kind=CONNECTION, key=facts.connection, title=facts.connection)
    return Result(
        rule=rule.id, connection=facts.connection, subject=subject, status=status, reason=reason
    )


# -- row by row -------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Judging:
    """One rule at work on one connection."""

    tally: _Tally
    ground: Ground
    judged: list[Judged] = field(default_factory=list)
    in_scope: int = 0


def _judge_rows(
    packs: CompiledPacks,
    pack: CompiledPack,
    group: Group,
    connection: str,
    rows: Sequence[Row],
    open_rules: Sequence[_Judging],
    now: datetime,
) -> None:
    shared = shared_names(pack.values, now)
    for row in rows:
        picked = {name: one.pick(row.body) for name, one in pack.varying.items()}
        situation = group.language.situation(row.body, shared, group.conditions, picked)
        own = tuple(sorted(set(row.rests_on)))
        for judging in open_rules:
            one = judging.tally.one
            if lacks := judging.ground.lacks(row):
                verdict = Verdict(status=Status.INSUFFICIENT, reason=lacks)
            else:
                verdict = judge(one, situation, now)
            looked_up = packs.lookups.taken()
            result = Result(
                rule=one.rule.id,
                connection=connection,
                subject=row.subject,
                status=verdict.status,
                reason=verdict.reason,
                due_at=verdict.due_at,
                rests_on=tuple(sorted({*own, *looked_up})) if looked_up else own,
            )
            judging.in_scope += verdict.in_scope
            judging.judged.append((result, row.body))


def _close(judging: _Judging, facts: Facts, rows: Sequence[Row]) -> None:
    """Add what is said of the rows together and of objects that stand behind none."""
    rule = judging.tally.one.rule
    for subject, why in judging.ground.unclaimed(rows):
        result = Result(
            rule=rule.id,
            connection=facts.connection,
            subject=subject,
            status=Status.INSUFFICIENT,
            reason=why,
        )
        judging.judged.append((result, None))
        judging.in_scope += 1
    judging.tally.results.extend(result for result, _ in judging.judged)
    if not judging.in_scope:
        judging.tally.results.append(
            _whole(rule, facts, Status(rule.on_empty), _empty(rule, len(rows)))
        )
    if rule.tolerance:
        judging.tally.results.extend(shares(rule.tolerance, judging.judged))


def _empty(rule: Rule, rows: int) -> str:
    if not rows:
        return f"nothing to judge: {rule.over} has no rows"
    return f"nothing to judge: none of {rows} rows of {rule.over} is within `{rule.match}`"
