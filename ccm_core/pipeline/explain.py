"""Explaining a result that is kept: worked out again from what it was made with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core import documents
from ccm_core.errors import UsageError
from ccm_core.model import json_codec
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evaluation.explanation import (
    AppliedParameter,
    Explanation,
    RecordReference,
    RuleTrace,
)
from ccm_core.model.evaluation.result import Evaluation, KindSufficiency, Result, RuleResult
from ccm_core.model.evidence.collection import Request
from ccm_core.model.evidence.record import Record
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.evaluate import compile_rules, load_evidence
from ccm_core.rules.evaluate.evaluator import evaluate as evaluate_packs
from ccm_core.rules.evaluate.evidence_gate import incomplete_objects
from ccm_core.rules.evaluate.inputs import Evidence
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule, RuleGroup
from ccm_core.rules.results.explain import explain_row
from ccm_core.rules.types import Facts, PackText
from ccm_core.sdk.types import Row
from ccm_core.store.interface.evidence_store import EvidenceStore


def explain(
    host: Host, store: EvidenceStore, name: str, *, as_of: datetime | None = None
) -> Explanation:
    """Explain a result of the last evaluation.

    Args:
        host: What is installed, and the clock.
        store: Where evaluations and evidence are kept.
        name: The result's id or the beginning of it, or ``RULE/KEY``.
        as_of: Of the last evaluation by that moment; None: of the last.

    Raises:
        UsageError: There is no such result, several are meant, or what it was made with is gone.
    """
    latest = store.evaluations.latest(as_of=as_of)
    if latest is None:
        raise UsageError("the store holds no evaluation by then; `ccm evaluate` makes one")
    kept = latest.evaluation
    rolled, result = _find_result(kept, name)
    basis = store.evaluations.inputs(latest.digest)
    if basis is None:
        raise UsageError("the evaluation was kept without what it was made with; evaluate again")
    texts = {
        one.source: PackText(text=store.evaluations.document(one.digest), source=one.source)
        for one in basis.packs
    }
    then = replace(host, plugins=basis.plugins)
    packs = compile_rules(then, list(texts.values()), basis.parameters)
    pack, group, one = _rule(packs, result.rule)
    alone = replace(packs, packs=(pack.with_only(one),))
    seen = _evidence(then, store, basis, result, kept.evaluated_at)
    facts = seen.facts(alone, then.plugin_failures) if seen else None
    row = _row(facts, one, result)
    return Explanation(
        evaluated_at=kept.evaluated_at,
        result=result,
        title=rolled.title,
        severity=rolled.severity.value,
        over=one.rule.over,
        pack=pack.pack.name,
        pack_version=pack.pack.version,
        pack_digest=pack.pack.digest,
        pack_source=pack.pack.source,
        parameters=tuple(_parameters(pack, one, basis, texts[pack.pack.source])),
        trace=_trace(packs, pack, group, one, row, facts, kept.evaluated_at),
        row=row.body if row else None,
        row_digest=json_codec.digest(json_codec.encode(row.body)) if row else None,
        records=tuple(_records(seen, packs, one, result)) if seen else (),
        sufficiency=_sufficiency(kept, packs, one, result),
        difference=_difference(alone, facts, result, kept.evaluated_at) if row else None,
    )


def _find_result(kept: Evaluation, name: str) -> tuple[RuleResult, Result]:
    rule, _, key = name.partition("/")
    found = [
        (rolled, result)
        for rolled in kept.rules
        for result in rolled.results
        if (key and rolled.rule == rule and result.subject.key == key)
        or (not key and name and result.id.startswith(name))
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"no result {name!r} in the evaluation of {kept.evaluated_at:%Y-%m-%d %H:%M:%S} UTC; "
            "`ccm findings list` and every report show ids"
        )
    several = ", ".join(f"{one.id} ({one.rule} on {one.subject.key})" for _, one in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""  # noqa: PLR2004 - as many as are named above
    raise UsageError(f"{name!r} may be {several}{more}; write more of the id")


def _rule(packs: CompiledPacks, name: str) -> tuple[CompiledPack, RuleGroup, CompiledRule]:
    return next(
        (pack, group, one)
        for pack in packs.packs
        for group in pack.groups
        for one in group.rules
        if one.rule.id == name
    )


def _evidence(
    host: Host, store: EvidenceStore, basis: EvaluationInputs, result: Result, now: datetime
) -> Evidence | None:
    watch = next((one for one in basis.watch_scopes if one.connection == result.connection), None)
    return load_evidence(host, watch, store, now) if watch else None


def _row(facts: Facts | None, one: CompiledRule, result: Result) -> Row | None:
    rows = facts.rows.get(one.rule.over, ()) if facts else ()
    named = (result.subject.kind, result.subject.key)
    return next((row for row in rows if (row.subject.kind, row.subject.key) == named), None)


def _trace(
    packs: CompiledPacks,
    pack: CompiledPack,
    group: RuleGroup,
    one: CompiledRule,
    row: Row | None,
    facts: Facts | None,
    now: datetime,
) -> RuleTrace | None:
    if row is None or facts is None:
        return None
    packs.lookups.load(facts.lookup_records, incomplete_objects(facts.sufficiency.values()))
    return explain_row(pack, group, one, row, now)


def _difference(
    packs: CompiledPacks, facts: Facts | None, result: Result, now: datetime
) -> str | None:
    if facts is None:
        return None
    again = [
        one
        for rule in evaluate_packs(packs, [facts], now=now).rules
        for one in rule.results
        if one.id == result.id
    ]
    if any(replace(one, waiver=result.waiver) == result for one in again):
        return None
    said = ", ".join(f"{one.status}: {one.reason}" for one in again) or "nothing"
    return f"worked out again with what is installed now, the rule says {said}"


def _parameters(
    pack: CompiledPack, one: CompiledRule, basis: EvaluationInputs, text: PackText
) -> Iterator[AppliedParameter]:
    document = documents.read_yaml(text.text, text.source)
    for parameter in pack.pack.parameters:
        if parameter.name not in one.parameters:
            continue
        place = document.location(("parameters", parameter.name, "default"))
        default = f"{text.source}:{place.line}:{place.column}"
        own = parameter.name not in basis.parameters
        yield AppliedParameter(
            name=parameter.name,
            type=parameter.type,
            configured=pack.effective[parameter.name],
            set_by="pack" if own else "settings",
            set_at=default if own else basis.set_at.get(parameter.name),
        )


def _records(
    seen: Evidence, packs: CompiledPacks, one: CompiledRule, result: Result
) -> Iterator[RecordReference]:
    wanted = set(result.evidence_digests)
    asked = {each.id: each.requests for each in seen.collections}
    for kind in sorted({*packs.inputs[one.rule.over], *one.lookup_kinds} & seen.kinds.keys()):
        for record in seen.load(kind):
            if record.digest in wanted:
                yield _read(record, asked.get(record.collection, ()))


def _read(record: Record, requests: Sequence[Request]) -> RecordReference:
    source = record.source
    return RecordReference(
        kind=record.kind,
        key=record.key,
        digest=record.digest,
        observed_at=record.observed_at,
        collection=record.collection,
        endpoint=source.endpoint,
        page=source.page,
        response_digest=source.response_digest,
        requests=tuple(each for each in requests if each.endpoint == source.endpoint),
    )


def _sufficiency(
    kept: Evaluation, packs: CompiledPacks, one: CompiledRule, result: Result
) -> tuple[KindSufficiency, ...]:
    kinds = {*packs.inputs[one.rule.over], *one.lookup_kinds}
    return tuple(
        each
        for each in kept.sufficiency
        if each.connection == result.connection and each.kind in kinds
    )
