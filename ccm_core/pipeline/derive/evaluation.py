"""Evaluate several connections by what changed since the evaluation before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from ccm_core.model.evaluation.connection_result import ConnectionResult
from ccm_core.model.evaluation.derived import derived_log, subject_name, verdicts_kind
from ccm_core.model.evaluation.evaluation_inputs import EvaluationAct, WatchScope
from ccm_core.model.evaluation.result import DerivedState, Evaluation, Result, Status
from ccm_core.model.evaluation.result_id import subject_part
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evaluation.verdict_letters import LETTERS
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.model.frozen_json import thawed
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.derive.before import Before
from ccm_core.pipeline.derive.connection_evaluation import ConnectionEvaluation
from ccm_core.pipeline.derive.line_lists import LineLists
from ccm_core.pipeline.derive.roll_up import roll_up
from ccm_core.pipeline.derive.worker_pool import Jobs, WorkerPool, worker_pool
from ccm_core.pipeline.derive.write_derived import DerivedWriter
from ccm_core.pipeline.evaluate import TIME_BUDGET
from ccm_core.rules.choices.chosen_packs import chosen_packs
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.store.interface.evidence_store import EvidenceStore


def evaluate_changes(
    host: Host,
    scopes: Sequence[WatchScope],
    store: EvidenceStore,
    packs: CompiledPacks,
    waivers: Sequence[Waiver],
    *,
    now: datetime,
    jobs: Jobs | None = None,
) -> tuple[Evaluation, EvaluationAct]:
    """Derive and judge what changed, keep it, and return the evaluation and the act of making it.

    The evaluation has no results on single subjects: they are in the store.

    Args:
        host: What is installed, and the clock.
        scopes: What each connection collects.
        store: Where the evidence is, and where rows and verdicts go.
        packs: The rules.
        waivers: The accepted risks.
        now: The moment.
        jobs: The processes that evaluate side by side where much changed; None: this one alone.

    Raises:
        IntegrityError: What was kept before is not what the evaluation before left.
        WorkerLost: One of these processes ended.
    """
    packs = chosen_packs(packs, now)
    with worker_pool(jobs, host.revision) as pool:
        results, watermarks = _evaluate_each(host, scopes, store, packs, now, pool)
    failing = _failing(store, packs, results, waivers)
    act = EvaluationAct(made_at=host.clock(), host_version=host.version, watermarks=watermarks)
    return roll_up(packs, results, waivers, failing), act


def _evaluate_each(
    host: Host,
    scopes: Sequence[WatchScope],
    store: EvidenceStore,
    packs: CompiledPacks,
    now: datetime,
    pool: WorkerPool | None,
) -> tuple[Sequence[ConnectionResult], dict[str, dict[str, Watermark]]]:
    """Return the result of each connection, and up to where it was read."""
    stored = store.evaluations.latest_stored()
    results: list[ConnectionResult] = []
    watermarks: dict[str, dict[str, Watermark]] = {}
    for scope in sorted(scopes, key=lambda scope: scope.connection):
        evaluation = ConnectionEvaluation(
            host=host,
            scope=scope,
            store=store,
            writer=DerivedWriter(
                store=store,
                connection=scope.connection,
                now=now,
                lists=LineLists(derived=store.derived, connection=scope.connection),
            ),
            packs=packs,
            now=now,
            before=_before(stored, scope.connection),
            time_budget=TIME_BUDGET,
            pool=pool,
        )
        results.append(evaluation.evaluate())
        watermarks[scope.connection] = evaluation.watermarks
    return results, watermarks


def _before(stored: tuple[Evaluation, EvaluationAct] | None, connection: str) -> Before | None:
    if stored is None:
        return None
    evaluation, act = stored
    states: Mapping[str, DerivedState] = {state.connection: state for state in evaluation.derived}
    if connection not in states or connection not in act.watermarks:
        return None
    sealed = {
        kind.kind: kind.root
        for read in evaluation.evidence_read
        if read.connection == connection
        for kind in read.kinds
    }
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rule in evaluation.rules:
        groups[rule.pack, rule.over].add(rule.rule)
    return Before(
        state=states[connection],
        watermarks=act.watermarks[connection],
        sealed=sealed,
        groups=groups,
        scopes=evaluation.scopes,
    )


def _failing(
    store: EvidenceStore,
    packs: CompiledPacks,
    results: Sequence[ConnectionResult],
    waivers: Sequence[Waiver],
) -> Mapping[str, Sequence[Result]]:
    """Return the failing results of the rules that waivers name, as far as waivers read them."""
    named = {rule for waiver in waivers for rule in waiver.rules}
    failing = defaultdict[str, list[Result]](list)
    for pack in packs.packs:
        for group in pack.groups:
            rules = sorted(rule.rule.id for rule in group.rules)
            rated = {rule.rule.id for rule in group.rules if rule.rule.tolerance}
            for result in results:
                judged = {total.rule for total in result.rules if total.judged}
                for rule in named & judged & set(rules):
                    subjects = _counted(store, result, group.over, is_rated=rule in rated)
                    some = _failing_of(
                        store, result, pack.pack.name, group.over, rules, rule, subjects
                    )
                    kind = verdicts_kind(pack.pack.name, group.over)
                    failing[rule] += _with_causes(store, kind, some, waivers)
    return failing


def _with_causes(
    store: EvidenceStore, kind: str, failing: Sequence[Result], waivers: Sequence[Waiver]
) -> Iterable[Result]:
    """Return failing results of one rule and connection, with their causes where one may count.

    The lines that list verdicts do not have them. They are read for the subjects of which a waiver
    names findings.
    """
    named = {
        finding.partition("-")[2]
        for waiver in waivers
        for finding in waiver.findings
        if any(result.rule in waiver.rules for result in failing[:1])
    }
    by_key = {
        _name(result): result for result in failing if named and _resource_part(result) in named
    }
    if not by_key:
        return failing
    log = derived_log(failing[0].connection)
    for record in store.records.get_many(log, kind, by_key.keys()):
        result = by_key[record.key]
        verdict = thawed(record.body)[result.rule]
        by_key[record.key] = replace(result, cause=tuple(verdict.get("cause", ())))
    return [by_key.get(_name(result), result) for result in failing]


def _resource_part(result: Result) -> str:
    return subject_part(result.connection, result.subject.kind, result.subject.key)


def _name(result: Result) -> str:
    return subject_name(result.subject.kind, result.subject.key)


def _counted(
    store: EvidenceStore, result: ConnectionResult, over: str, *, is_rated: bool
) -> AbstractSet[str]:
    """Return the subjects of the period; a share leaves out what occurred before it."""
    since = result.period_since
    return {
        line.key
        for line in store.derived.subjects(result.connection, over, since=since)
        if not is_rated or line.occurred_at is None or line.occurred_at >= since
    }


def _failing_of(
    store: EvidenceStore,
    result: ConnectionResult,
    pack: str,
    over: str,
    rules: Sequence[str],
    rule: str,
    subjects: AbstractSet[str],
) -> list[Result]:
    index, connection = rules.index(rule), result.connection
    return [
        Result(
            id="",
            rule=rule,
            connection=connection,
            subject=_subject(line.key),
            status=Status.FAIL,
            reason="",
        )
        for line in store.derived.verdicts(connection, pack, over)
        if line.key in subjects and line.statuses[index] == LETTERS[Status.FAIL]
    ]


def _subject(name: str) -> Subject:
    kind, _, key = name.partition(":")
    return Subject(kind=kind, key=key, title=key)
