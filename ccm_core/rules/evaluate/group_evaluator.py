"""One pack's rules over one kind or view, connection by connection."""

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
from ccm_core.rules.evaluate.evidence_gate import evidence_gate, incomplete_objects
from ccm_core.rules.evaluate.pass_rate import shares
from ccm_core.rules.evaluate.rollup import rule_result
from ccm_core.rules.evaluate.row_evaluator import GatedRule, RowEvaluator
from ccm_core.rules.evaluate.time_budget import TimeBudget
from ccm_core.rules.incremental.result_cache import GroupCache, ResultCache, CacheKey, GroupResults
from ccm_core.rules.incremental.row_diff import group_results
from ccm_core.rules.incremental.time_dependence import GroupAgeSensitivity
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule, RuleGroup
from ccm_core.rules.types import DerivedRows, Facts
from ccm_core.sdk.types import Row


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What one rule said so far."""

    one: CompiledRule
    in_order: tuple[Result, ...] = ()
    """On rows, sorted by connection and subject."""
    counts: Counter[Status] = field(default_factory=Counter)
    """How many of them have which status."""
    results: list[Result] = field(default_factory=list)
    """Everything else."""
    unjudged: int = 0


@dataclass(slots=True, kw_only=True)
class GroupEvaluator:
    """Judges group after group, and gathers what is to be remembered."""

    packs: CompiledPacks
    facts: Sequence[Facts]
    """Sorted by connection."""
    now: datetime
    allowance: TimeBudget
    memory: ResultCache | None = None
    """What an earlier evaluation left; None: nothing is remembered at all."""
    remembered: dict[tuple[str, str, str], GroupCache] = field(default_factory=dict)
    _clocks: dict[tuple[str, str], Callable[[], str | None]] = field(default_factory=dict)

    def judged(self, pack: CompiledPack, group: RuleGroup) -> Iterator[RuleResult]:
        """Judge the rules of one group over every connection they concern."""
        tallies = [_Tally(one=one) for one in group.rules]
        concerned = [one for one in self.facts if group.over in one.inputs]
        for one in concerned:
            self._connection(pack, group, one, tallies)
        for tally in tallies:
            if not concerned:
                tally.results.append(self._unconcerned(tally.one.rule))
            yield rule_result(
                pack.pack,
                tally.one.rule,
                tally.results,
                tally.unjudged,
                tally.in_order,
                tally.counts,
            )

    def _connection(
        self, pack: CompiledPack, group: RuleGroup, facts: Facts, tallies: Sequence[_Tally]
    ) -> None:
        kinds = {*facts.inputs[group.over], *self.packs.inputs.get(group.over, ())}
        grounds = [evidence_gate(one.one, kinds, facts, self.now) for one in tallies]
        given = list(zip(tallies, grounds, strict=True))
        open_rules = [
            (tally, GatedRule.of(tally.one, found)) for tally, found in given if not found.problems
        ]
        judging = self._judging(pack, group, facts, [one for _, one in open_rules])
        derived = _derived(facts, group.over, judging)
        for tally, found in given:
            if found.problems:
                why = "; ".join(found.problems)
                tally.results.append(_whole(tally.one.rule, facts, Status.INSUFFICIENT, why))
                tally.unjudged += len(derived.rows or ())
        if derived.rows is None:
            reason = f"the rows of {group.over} could not be derived: {derived.broken}"
            for tally, _ in open_rules:
                tally.results.append(_whole(tally.one.rule, facts, Status.ERROR, reason))
        elif open_rules:
            said = self._said(judging, facts, derived.rows)
            _tell(open_rules, facts, derived.rows, said)

    def _judging(
        self, pack: CompiledPack, group: RuleGroup, facts: Facts, judgings: Sequence[GatedRule]
    ) -> RowEvaluator:
        name = (pack.pack.name, group.over, facts.connection)
        premises = _premises(pack, facts, judgings) if self.memory is not None else None
        recalled = (
            self.memory.recall(name, premises, self.now) if self.memory and premises else None
        )
        ages = facts.ages.get(group.over, frozenset())
        return RowEvaluator(
            pack=pack,
            group=group,
            connection=facts.connection,
            judgings=judgings,
            lookups=self.packs.lookups,
            now=self.now,
            premises=premises,
            recalled=recalled,
            heeds=GroupAgeSensitivity.of((one.one.senses for one in judgings), ages),
        )

    def _said(self, judging: RowEvaluator, facts: Facts, rows: Sequence[Row]) -> GroupResults:
        """Give what every rule says of each row."""
        self.packs.lookups.load(facts.lookup, incomplete_objects(facts.sufficiency.values()))
        rowwise = replace(judging, spent=self._clock(judging.pack, facts))
        if rowwise.premises is None:
            return group_results(rows, list(rowwise.lines(rows)), len(rowwise.judgings))
        kept = rowwise.remembering(rows, rowwise.premises)
        if rowwise.spent() is None:  # else some were not judged, and have to be the next time
            name = (judging.pack.pack.name, judging.group.over, facts.connection)
            self.remembered[name] = kept
        return kept.results

    def _clock(self, pack: CompiledPack, facts: Facts) -> Callable[[], str | None]:
        name = (pack.pack.name, facts.connection)
        return self._clocks.setdefault(name, self.allowance.started())

    def _unconcerned(self, rule: Rule) -> Result:
        failures = plugin_failures(self.facts)
        why = f"; a plugin did not load: {', '.join(failures)}" if failures else ""
        subject = Subject(kind=CONNECTION, key="", title="no connection")
        reason = f"no connection gives {rule.over}{why}"
        return _result(rule, "", subject, Status.INSUFFICIENT, reason)


def _derived(facts: Facts, over: str, judging: RowEvaluator) -> DerivedRows:
    """Give the rows: all of this moment, unless every rule here judged the same ones before."""
    if over in facts.anew and judging.judgings and judging.recalled is None:
        return facts.anew[over]()
    if over in facts.broken:
        return DerivedRows(broken=facts.broken[over])
    return DerivedRows(rows=facts.rows.get(over), broken="they are missing")


def _tell(
    open_rules: Sequence[tuple[_Tally, GatedRule]],
    facts: Facts,
    rows: Sequence[Row],
    said: GroupResults,
) -> None:
    """Add what the rules said of the rows, one by one and together."""
    for (tally, judging), column, count in zip(open_rules, said.columns, said.counts, strict=True):
        if said.in_order:
            tally.in_order = tally.in_order + tuple(column)
            tally.counts += count
        else:
            tally.results.extend(column)
        tally.results.extend(_together(judging, facts, rows, column, count))


def plugin_failures(facts: Sequence[Facts]) -> tuple[str, ...]:
    """Name the plugins that did not load, each once."""
    return tuple(sorted({failure for one in facts for failure in one.plugin_failures}))


def _together(
    judging: GatedRule,
    facts: Facts,
    rows: Sequence[Row],
    column: Sequence[Result],
    count: Mapping[Status, int],
) -> Iterator[Result]:
    """Give what is said of the rows together and of objects that stand behind none."""
    rule = judging.one.rule
    unclaimed = [
        _result(rule, facts.connection, subject, Status.INSUFFICIENT, why)
        for subject, why in judging.evidence_gate.unclaimed(rows)
    ]
    yield from unclaimed
    outside = judging.one.outside.reason
    nowhere = count.get(Status.NOT_APPLICABLE, 0) == len(column)
    if not unclaimed and nowhere and all(one.reason == outside for one in column):
        yield _whole(rule, facts, Status(rule.on_empty), _empty(rule, len(rows)))
    if rule.tolerance:
        bodies = (row.body for row in rows)
        judged = [*zip(column, bodies, strict=True), *((one, None) for one in unclaimed)]
        yield from shares(rule.tolerance, judged)


def _whole(rule: Rule, facts: Facts, status: Status, reason: str) -> Result:
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


def _empty(rule: Rule, rows: int) -> str:
    if not rows:
        return f"nothing to judge: {rule.over} has no rows"
    return f"nothing to judge: none of {rows} rows of {rule.over} is within `{rule.match}`"


def _premises(pack: CompiledPack, facts: Facts, judgings: Sequence[GatedRule]) -> CacheKey:
    seals = {kind: _lookup_seal(facts, kind) for one in judgings for kind in one.one.looked_up}
    in_doubt = incomplete_objects(facts.sufficiency.values()) if seals else {}
    return CacheKey(
        rules=tuple(one.one.rule for one in judgings),
        parameters=pack.effective,
        shared=tuple(
            (
                dict(one.evidence_gate.incomplete_objects),
                [seals[kind] for kind in one.one.looked_up],
                in_doubt if one.one.looked_up else None,
            )
            for one in judgings
        ),
    )


def _lookup_seal(facts: Facts, kind: str) -> bytes:
    found: Mapping[str, object] = facts.lookup.get(kind, {})
    seal = hashlib.blake2b(digest_size=16)
    for key in sorted(found):
        seal.update(f"{key}\0{facts.lookup[kind][key].digest}\0".encode("utf-8", "surrogatepass"))
    return seal.digest()
