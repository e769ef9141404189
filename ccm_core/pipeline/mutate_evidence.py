"""Mutation testing of rules: removes parts of the stored evidence and reports what passes then.

Where the tests of a pack show what its conditions do, this shows what the views do as well: with a
page lost, an endpoint denied, or a field that the source no longer sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import current_moment, load_evidence, watch_scope
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.evaluator import evaluate as evaluate_packs
from ccm_core.rules.pack.compiled import CompiledPacks, CompiledRule
from ccm_core.rules.pack.rule_scopes import kinds_needed, kinds_to_withhold
from ccm_core.rules.testing.mutation import MutationResult
from ccm_core.store.interface.evidence_store import EvidenceStore

_DENIED = Shortfall(reason=Reason.DENIED, detail="removed for a mutation test")
_CUT = Shortfall(reason=Reason.TRUNCATED, detail="a page was removed for a mutation test")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mutation:
    """Evidence from which something was removed."""

    description: str
    kind: str
    evidence: Evidence
    whole_kind: bool
    """Whether no result may depend on the kind any more, but of a rule that decides without it."""


def mutate_evidence(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    *,
    as_of: datetime | None = None,
) -> tuple[MutationResult, ...]:
    """Remove one thing after the other from the evidence of each connection.

    Only results that became a pass are returned; there should be none.

    Args:
        host: What is installed, and the clock.
        connections: Whose evidence.
        store: Where it is stored. It is only read.
        packs: The rules.
        as_of: The evidence of that moment; None: of now.

    Raises:
        ClockMismatch: It is of now, and the evidence is from more than an hour later.
    """
    now = as_of or current_moment(host, connections, store)
    return tuple(
        lie
        for connection in connections
        for lie in _wrong_passes(
            load_evidence(host, watch_scope(host, connection), store, now), packs
        )
    )


def _wrong_passes(available: Evidence, packs: CompiledPacks) -> Iterator[MutationResult]:
    before = _results(available, packs)
    decides_without = {
        rule.rule.id: kinds_to_withhold(packs, rule)
        for pack in packs.packs
        for group in pack.groups
        for rule in group.rules
    }
    dependent = {kind: _dependent_packs(packs, kind) for kind in available.kinds}
    for mutation in _mutations(available):
        after = _results(mutation.evidence, dependent[mutation.kind])
        for name, result in after.items():
            previous = before.get(name)
            passed = previous is not None and previous.status is Status.PASS
            may_pass = not mutation.whole_kind or mutation.kind in decides_without[result.rule]
            if result.status is not Status.PASS or (passed and may_pass):
                continue
            yield MutationResult(
                pack=next(_pack(packs, result.rule)),
                rule=result.rule,
                test=f"{result.subject.title} of {result.connection}",
                mutation=mutation.description,
                before=previous.status.value if previous else "nothing",
                after=result.status.value,
                false_pass=True,
            )


def _results(available: Evidence, packs: CompiledPacks) -> Mapping[str, Result]:
    evaluation = evaluate_packs(packs, [available.facts(packs, ())], now=available.now)
    return {result.id: result for rule in evaluation.rules for result in rule.results}


def _dependent_packs(packs: CompiledPacks, kind: str) -> CompiledPacks:
    """Return the packs with only the rules that depend on a kind: no others can change."""
    chosen = []
    for pack in packs.packs:
        groups = tuple(
            replace(group, rules=tuple(rule for rule in group.rules if kind in _kinds(packs, rule)))
            for group in pack.groups
        )
        ids = {rule.rule.id for group in groups for rule in group.rules}
        rules = tuple(rule for rule in pack.pack.rules if rule.id in ids)
        groups_left = tuple(group for group in groups if group.rules)
        chosen.append(replace(pack, pack=replace(pack.pack, rules=rules), groups=groups_left))
    return replace(packs, packs=tuple(chosen))


def _kinds(packs: CompiledPacks, rule: CompiledRule) -> set[str]:
    return {*kinds_needed(packs, rule)}


def _pack(packs: CompiledPacks, rule: str) -> Iterator[str]:
    return (
        pack.pack.name for pack in packs.packs if rule in {rule_.id for rule_ in pack.pack.rules}
    )


def _mutations(available: Evidence) -> Iterator[_Mutation]:
    for kind in sorted(available.kinds):
        yield _Mutation(
            description=f"{kind} denied",
            kind=kind,
            whole_kind=True,
            evidence=_mutated(
                available, kind, _with_outcome(Outcome.UNAVAILABLE, _DENIED), _no_records
            ),
        )
        yield _Mutation(
            description=f"{kind} lost a page",
            kind=kind,
            whole_kind=True,
            evidence=_mutated(available, kind, _with_outcome(Outcome.PARTIAL, _CUT), _first_half),
        )
        yield _Mutation(
            description=f"{kind} is stale",
            kind=kind,
            whole_kind=True,
            evidence=_mutated(available, kind, _aged, _all_records),
        )
        for name in _fields(available.load(kind)):
            yield _Mutation(
                description=f"{kind} without {name}",
                kind=kind,
                whole_kind=False,
                evidence=_mutated(available, kind, _unchanged, _drop_field(name)),
            )


_Change = Callable[[Collection], Collection]
_Records = Callable[[Sequence[Record]], Sequence[Record]]


def _mutated(available: Evidence, kind: str, change: _Change, select: _Records) -> Evidence:
    load = available.load

    @cache
    def loaded(name: str) -> Sequence[Record]:
        return tuple(select(load(name))) if name == kind else load(name)

    collections = [
        change(collection) if collection.kind == kind else collection
        for collection in available.collections
    ]
    return replace(available, load=loaded, collections=collections)


def _with_outcome(outcome: Outcome, shortfall: Shortfall) -> _Change:
    return lambda collection: replace(collection, outcome=outcome, shortfalls=(shortfall,))


def _aged(collection: Collection) -> Collection:
    year = timedelta(days=365)
    window = collection.window and type(collection.window)(
        collection.window.since - year, collection.window.until - year
    )
    return replace(
        collection,
        started_at=collection.started_at - year,
        ended_at=collection.ended_at - year,
        window=window,
    )


def _unchanged(collection: Collection) -> Collection:
    return collection


def _no_records(records: Sequence[Record]) -> Sequence[Record]:
    del records
    return ()


def _first_half(records: Sequence[Record]) -> Sequence[Record]:
    return records[: len(records) // 2]


def _all_records(records: Sequence[Record]) -> Sequence[Record]:
    return records


def _fields(records: Sequence[Record]) -> Sequence[str]:
    return sorted({name for record in records for name in record.body})


def _drop_field(name: str) -> _Records:
    def left(records: Sequence[Record]) -> Sequence[Record]:
        return [replace(record, body=_body_without(record.body, name)) for record in records]

    return left


def _body_without(body: JsonObject, name: str) -> JsonObject:
    return {key: value for key, value in body.items() if key != name}
