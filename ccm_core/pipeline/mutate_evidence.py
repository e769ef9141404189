"""Takes away parts of the kept evidence, and looks whether any rule turns to a pass.

Where the tests of a pack show what its conditions do, this shows what the views do as well: with a
page lost, an endpoint denied, or a field that the source no longer sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.record import Record
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import load_evidence, watch_scope
from ccm_core.rules.evaluate.evaluator import evaluate as evaluate_packs
from ccm_core.rules.evaluate.inputs import Evidence
from ccm_core.rules.pack.compiled import CompiledPacks, CompiledRule
from ccm_core.rules.testing.mutation import MutationResult
from ccm_core.store.interface.evidence_store import EvidenceStore

_DENIED = Shortfall(reason=Reason.DENIED, detail="taken away to see what the rules say")
_CUT = Shortfall(reason=Reason.TRUNCATED, detail="a page was taken away to see what the rules say")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mutation:
    """Evidence from which something was taken away."""

    description: str
    kind: str
    evidence: Evidence
    whole_kind: bool
    """Whether nothing may rest on the kind any more."""


def mutate_evidence(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    *,
    as_of: datetime | None = None,
) -> tuple[MutationResult, ...]:
    """Take away one thing after the other from the evidence of each connection.

    Only results that became a pass are given, and must not be there.

    Args:
        host: What is installed, and the clock.
        connections: Whose evidence.
        store: Where it is kept. Nothing is changed in it.
        packs: What must hold.
        as_of: The evidence of that moment; None: of now.
    """
    now = as_of or host.clock()
    return tuple(
        lie
        for connection in connections
        for lie in _wrong_passes(load_evidence(host, watch_scope(host, connection), store, now), packs)
    )


def _wrong_passes(seen: Evidence, packs: CompiledPacks) -> Iterator[MutationResult]:
    before = _results(seen, packs)
    resting = {kind: _dependent_packs(packs, kind) for kind in seen.kinds}
    for taken in _mutations(seen):
        after = _results(taken.evidence, resting[taken.kind])
        for name, result in after.items():
            then = before.get(name)
            passed = then is not None and then.status is Status.PASS
            if result.status is not Status.PASS or (passed and not taken.whole_kind):
                continue
            yield MutationResult(
                pack=next(_pack(packs, result.rule)),
                rule=result.rule,
                test=f"{result.subject.title} of {result.connection}",
                mutation=taken.description,
                before=then.status.value if then else "nothing",
                after=result.status.value,
                false_pass=True,
            )


def _results(seen: Evidence, packs: CompiledPacks) -> Mapping[str, Result]:
    found = evaluate_packs(packs, [seen.facts(packs, ())], now=seen.now)
    return {result.id: result for rule in found.rules for result in rule.results}


def _dependent_packs(packs: CompiledPacks, kind: str) -> CompiledPacks:
    """Give the packs with those rules alone that rest on a kind: no others can change."""
    chosen = []
    for pack in packs.packs:
        groups = tuple(
            replace(group, rules=tuple(one for one in group.rules if kind in _kinds(packs, one)))
            for group in pack.groups
        )
        ids = {one.rule.id for group in groups for one in group.rules}
        rules = tuple(one for one in pack.pack.rules if one.id in ids)
        left = tuple(group for group in groups if group.rules)
        chosen.append(replace(pack, pack=replace(pack.pack, rules=rules), groups=left))
    return replace(packs, packs=tuple(chosen))


def _kinds(packs: CompiledPacks, one: CompiledRule) -> set[str]:
    return {*packs.inputs[one.rule.over], *one.lookup_kinds}


def _pack(packs: CompiledPacks, rule: str) -> Iterator[str]:
    return (one.pack.name for one in packs.packs if rule in {each.id for each in one.pack.rules})


def _mutations(seen: Evidence) -> Iterator[_Mutation]:
    for kind in sorted(seen.kinds):
        yield _Mutation(
            description=f"{kind} denied",
            kind=kind,
            whole_kind=True,
            evidence=_mutated(seen, kind, _with_outcome(Outcome.UNAVAILABLE, _DENIED), _no_records),
        )
        yield _Mutation(
            description=f"{kind} lost a page",
            kind=kind,
            whole_kind=True,
            evidence=_mutated(seen, kind, _with_outcome(Outcome.PARTIAL, _CUT), _first_half),
        )
        yield _Mutation(
            description=f"{kind} is stale",
            kind=kind,
            whole_kind=True,
            evidence=_mutated(seen, kind, _aged, _all_records),
        )
        for name in _fields(seen.load(kind)):
            yield _Mutation(
                description=f"{kind} without {name}",
                kind=kind,
                whole_kind=False,
                evidence=_mutated(seen, kind, _unchanged, _drop_field(name)),
            )


_Change = Callable[[Collection], Collection]
_Records = Callable[[Sequence[Record]], Sequence[Record]]


def _mutated(seen: Evidence, kind: str, change: _Change, left: _Records) -> Evidence:
    load = seen.load

    @cache
    def loaded(name: str) -> Sequence[Record]:
        return tuple(left(load(name))) if name == kind else load(name)

    collections = [change(one) if one.kind == kind else one for one in seen.collections]
    return replace(seen, load=loaded, collections=collections)


def _with_outcome(outcome: Outcome, why: Shortfall) -> _Change:
    return lambda one: replace(one, outcome=outcome, shortfalls=(why,))


def _aged(one: Collection) -> Collection:
    year = timedelta(days=365)
    window = one.window and type(one.window)(one.window.since - year, one.window.until - year)
    return replace(
        one, started_at=one.started_at - year, ended_at=one.ended_at - year, window=window
    )


def _unchanged(one: Collection) -> Collection:
    return one


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
        return [replace(one, body=_body_without(one.body, name)) for one in records]

    return left


def _body_without(body: JsonObject, name: str) -> JsonObject:
    return {key: value for key, value in body.items() if key != name}
