"""Explain a stored result: evaluate it again from its inputs, and trace it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from ccm_core import documents
from ccm_core.errors import UsageError
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.derived import subject_name
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evaluation.explanation import (
    AppliedParameter,
    Explanation,
    RecordReference,
    RuleTrace,
)
from ccm_core.model.evaluation.result import (
    Evaluation,
    KindSufficiency,
    Result,
    RuleResult,
    StoredEvaluation,
)
from ccm_core.model.evaluation.result_id import result_id, rule_part
from ccm_core.model.evaluation.result_scope import ResultScope
from ccm_core.model.evidence.collection import Request
from ccm_core.model.evidence.record import Record
from ccm_core.model.finding.finding import FindingCheck
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.evaluate import compile_rules, load_evidence
from ccm_core.pipeline.findings.of_result import finding_of_result, is_in_share
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.derive.row_record import row_of
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.evaluator import evaluate as evaluate_packs
from ccm_core.rules.evaluate.evidence_gate import incomplete_objects
from ccm_core.rules.evaluate.rule_gate import rule_gate
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule, RuleGroup
from ccm_core.rules.pack.rule_scopes import kinds_needed
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
        store: Where evaluations and evidence are stored.
        name: The result's id or the beginning of it, or ``RULE/KEY``.
        as_of: Of the last evaluation by that moment; None: of the last.

    Raises:
        UsageError: There is no such result, several ids begin so, or its inputs are gone.
    """
    latest = store.evaluations.latest(as_of=as_of, scope=ResultScope())
    if latest is None:
        raise UsageError("the store holds no evaluation by then; `ccm evaluate` makes one")
    evaluation = latest.evaluation
    rule_result, result = _find_result(store, latest, name)
    inputs = store.evaluations.inputs(latest.digest)
    if inputs is None:
        raise UsageError("the evaluation was stored without its inputs; evaluate again")
    texts = {
        rule.source: PackText(text=store.evaluations.document(rule.digest), source=rule.source)
        for rule in inputs.packs
    }
    host_at_evaluation = replace(host, plugins=inputs.plugins)
    packs = compile_rules(host_at_evaluation, list(texts.values()), inputs.parameters)
    pack, group, rule = _rule(packs, result.rule)
    single_rule = replace(packs, packs=(pack.with_only(rule),))
    available = _evidence(host_at_evaluation, store, inputs, result, evaluation.evaluated_at)
    row = _row_of_evaluation(store, latest, rule.rule.over, result)
    facts = _facts(host_at_evaluation, available, single_rule, rule, row) if available else None
    row = row or _row(facts, rule, result)
    return Explanation(
        evaluated_at=evaluation.evaluated_at,
        result=result,
        title=rule_result.title,
        severity=rule_result.severity.value,
        over=rule.rule.over,
        pack=pack.pack.name,
        pack_version=pack.pack.version,
        pack_digest=pack.pack.digest,
        pack_source=pack.pack.source,
        parameters=tuple(_parameters(pack, rule, inputs, texts[pack.pack.source])),
        trace=_trace(single_rule, group, rule, row, facts, evaluation.evaluated_at),
        row=row.body if row else None,
        row_digest=digest(json_codec.encode(row.body)) if row else None,
        records=tuple(_records(store, available, packs, rule, result, row)) if available else (),
        sufficiency=_sufficiency(evaluation, packs, rule, result),
        difference=_difference(single_rule, facts, result, evaluation.evaluated_at)
        if row
        else None,
        finding=finding_of_result(store, rule_result, result),
        in_share=is_in_share(rule_result, result),
    )


def _find_result(
    store: EvidenceStore, latest: StoredEvaluation, name: str
) -> tuple[RuleResult, Result]:
    """Read the one result of a name; of the others, no more than what names them."""
    matches = sorted(set(_matches(store.evaluations.named_results(latest.digest), name)))
    if not matches and (checks := _checks_of_finding(store, name)):
        if len(checks) == 1:
            return _find_result(store, latest, checks[0].result)
        listed = ", ".join(f"{check.result} ({check.rule})" for check in checks)
        raise UsageError(f"finding {name} consists of {listed}; name one of these results")
    if not matches:
        erased = next(_erased(store, latest, name), None)
        raise erased or _no_single_result(matches, name, latest.evaluation.evaluated_at)
    if len(matches) > 1:
        raise _no_single_result(matches, name, latest.evaluation.evaluated_at)
    rule, connection, key = matches[0]
    scope = ResultScope(subjects={(rule, connection): {key}})
    evaluation = store.evaluations.get(latest.digest, scope=scope)
    return next(
        (rule_result, result)
        for rule_result in evaluation.rules
        if rule_result.rule == rule
        for result in rule_result.results
        if (result.connection, subject_name(result.subject.kind, result.subject.key))
        == (connection, key)
    )


def _checks_of_finding(store: EvidenceStore, name: str) -> Sequence[FindingCheck]:
    """Return the checks of the finding of an id whose own results have other ids."""
    checks = [check for finding in store.findings.by_id([name]) for check in finding.checks]
    return [check for check in checks if check.result != name]


_Name = tuple[str, str, str]
"""A result: its rule, connection and subject, as ``KIND:KEY``."""


def _matches(names: Iterable[_Name], name: str) -> Iterator[_Name]:
    rule, _, key = name.partition("/")
    parts = {other: rule_part(other) for other in {other for other, *_ in names}}
    for candidate in names:
        if key:
            if (candidate[0], candidate[2].partition(":")[2]) == (rule, key):
                yield candidate
        # Ids begin with their rule's part, so few have to be made.
        elif name and _agree(parts[candidate[0]], name) and _id(candidate).startswith(name):
            yield candidate


def _erased(store: EvidenceStore, latest: StoredEvaluation, name: str) -> Iterator[UsageError]:
    """Yield that the subject of a name was erased, and by which order, where it was."""
    inputs, evaluation = store.evaluations.inputs(latest.digest), latest.evaluation
    for scope in inputs.watch_scopes if inputs else ():
        for kind in sorted(scope.cadences):
            subjects = {
                (rule.rule, scope.connection, subject_name(kind, key))
                for key, _ in store.records.erased_keys(scope.connection, kind)
                for rule in evaluation.rules
            }
            for _, connection, subject in sorted(set(_matches(subjects, name))):
                key = subject.removeprefix(f"{kind}:")
                order = next(iter(store.erasure.orders(connection, kind, key)), None)
                if order is not None:
                    yield UsageError(
                        f"{name!r} is of {kind} {key} of {connection}, which was erased by order "
                        f"on {order.erased_at:%Y-%m-%d %H:%M:%S} UTC: {order.reason}. What was "
                        "concluded of it was erased with it; `ccm evaluate` evaluates what is left"
                    )


def _agree(part: str, name: str) -> bool:
    return part.startswith(name[: len(part)])


def _id(name: _Name) -> str:
    rule, connection, subject = name
    kind, _, key = subject.partition(":")
    return result_id(rule, connection, kind, key)


def _no_single_result(matches: Sequence[_Name], name: str, at: datetime) -> UsageError:
    if not matches:
        return UsageError(
            f"no result {name!r} in the evaluation of {at:%Y-%m-%d %H:%M:%S} UTC; `ccm findings "
            "list` and every report show ids"
        )
    ids = ", ".join(
        f"{_id(match)} ({match[0]} on {match[2].partition(':')[2]})" for match in matches[:5]
    )
    more = f" and {len(matches) - 5} more" if len(matches) > 5 else ""  # noqa: PLR2004 - as many as are named above
    return UsageError(f"{name!r} may be {ids}{more}; write more of the id")


def _rule(packs: CompiledPacks, name: str) -> tuple[CompiledPack, RuleGroup, CompiledRule]:
    return next(
        (pack, group, rule)
        for pack in packs.packs
        for group in pack.groups
        for rule in group.rules
        if rule.rule.id == name
    )


def _evidence(
    host: Host, store: EvidenceStore, inputs: EvaluationInputs, result: Result, now: datetime
) -> Evidence | None:
    scope = next(
        (scope for scope in inputs.watch_scopes if scope.connection == result.connection), None
    )
    return load_evidence(host, scope, store, now) if scope else None


def _row_of_evaluation(
    store: EvidenceStore, latest: StoredEvaluation, over: str, result: Result
) -> Row | None:
    """Return the row of a result as the evaluation left it; None where it is not there now."""
    state = next(
        (state for state in latest.evaluation.derived if state.connection == result.connection),
        None,
    )
    if state is None:
        return None
    key = subject_name(result.subject.kind, result.subject.key)
    bodies = store.evaluations.rows(latest.digest, state, over, frozenset({key}))
    rows = [
        replace(row_of(body), evidence_digests=result.evidence_digests) for body in bodies or ()
    ]
    return rows[0] if rows else None


def _facts(
    host: Host, available: Evidence, packs: CompiledPacks, rule: CompiledRule, row: Row | None
) -> Facts:
    """Return what a rule reads: one row and what it looks up, where that row is known."""
    if row is None:
        return available.facts(packs, host.plugin_failures)
    facts = available.facts(replace(packs, packs=()), host.plugin_failures)
    kinds = sorted(rule.lookup_kinds & available.kinds.keys())
    return replace(
        facts,
        rows={rule.rule.over: (row,)},
        lookup_records={kind: available.lookup_records(kind) for kind in kinds},
    )


def _row(facts: Facts | None, rule: CompiledRule, result: Result) -> Row | None:
    rows = facts.rows.get(rule.rule.over, ()) if facts else ()
    subject = (result.subject.kind, result.subject.key)
    return next((row for row in rows if (row.subject.kind, row.subject.key) == subject), None)


def _trace(
    packs: CompiledPacks,
    group: RuleGroup,
    rule: CompiledRule,
    row: Row | None,
    facts: Facts | None,
    now: datetime,
) -> RuleTrace | None:
    if row is None or facts is None:
        return None
    lookups = LookupTable(facts.lookup_records, incomplete_objects(facts.sufficiency.values()))
    seen = rule_gate(packs, rule, facts, now).visible(row)
    return explain_row(packs.packs[0], group, rule, seen, now, lookups, facts.period)


def _difference(
    packs: CompiledPacks, facts: Facts | None, result: Result, now: datetime
) -> str | None:
    if facts is None:
        return None
    results = [
        candidate
        for rule in evaluate_packs(packs, [facts], now=now).rules
        for candidate in rule.results
        if candidate.id == result.id
    ]
    if any(replace(candidate, waiver=result.waiver) == result for candidate in results):
        return None
    outcome = (
        ", ".join(f"{candidate.status}: {candidate.reason}" for candidate in results) or "nothing"
    )
    return f"evaluated again with what is installed now, the rule gives {outcome}"


def _parameters(
    pack: CompiledPack, rule: CompiledRule, inputs: EvaluationInputs, text: PackText
) -> Iterator[AppliedParameter]:
    document = documents.read_yaml(text.text, text.source)
    for parameter in pack.pack.parameters:
        if parameter.name not in rule.conditions.parameters:
            continue
        position = document.location(("parameters", parameter.name, "default"))
        default = f"{text.source}:{position.line}:{position.column}"
        own = parameter.name not in inputs.parameters
        yield AppliedParameter(
            name=parameter.name,
            type=parameter.type,
            configured=pack.effective[parameter.name],
            set_by="pack" if own else "settings",
            set_at=default if own else inputs.set_at.get(parameter.name),
        )


def _records(
    store: EvidenceStore,
    available: Evidence,
    packs: CompiledPacks,
    rule: CompiledRule,
    result: Result,
    row: Row | None,
) -> Iterator[RecordReference]:
    digests = set(result.evidence_digests)
    requests = {collection.id: collection.requests for collection in available.collections}
    kinds = sorted({*packs.inputs[rule.rule.over], *rule.lookup_kinds} & available.kinds.keys())
    named = list(_named_records(store, available.connection, kinds, row, digests))
    # What a row names is there, unless it changed or is gone since: then all is looked through.
    if {record.digest for record in named} != digests:
        named = [
            record
            for kind in kinds
            for record in (*available.load(kind), *available.load_vanished(kind))
            if record.digest in digests
        ]
    for record in named:
        yield _read(record, requests.get(record.collection, ()))


def _named_records(
    store: EvidenceStore,
    connection: str,
    kinds: Iterable[str],
    row: Row | None,
    digests: AbstractSet[str],
) -> Iterator[Record]:
    names = [name.partition(":") for name in row.names] if row else []
    for kind in kinds:
        keys = frozenset(key for of_kind, _, key in names if of_kind == kind)
        for record in store.records.get_many(connection, kind, keys):
            if record.digest in digests:
                yield record


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
        requests=tuple(request for request in requests if request.endpoint == source.endpoint),
    )


def _sufficiency(
    evaluation: Evaluation, packs: CompiledPacks, rule: CompiledRule, result: Result
) -> tuple[KindSufficiency, ...]:
    kinds = kinds_needed(packs, rule)
    return tuple(
        kind
        for kind in evaluation.sufficiency
        if kind.connection == result.connection and kind.kind in kinds
    )
