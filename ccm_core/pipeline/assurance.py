"""Assess a period: what its stored collections and evaluations prove."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta

from ccm_core.assurance.assess import assess
from ccm_core.assurance.evaluation_history import EvaluationHistory, Failures, ResultKey
from ccm_core.assurance.inputs import AssuranceInputs, ConnectionHistory, RuleEvidence
from ccm_core.assurance.seen_period import slowest_of
from ccm_core.bundle.package_bounds import refuse_beyond_bounds
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.scope import closed_until
from ccm_core.bundle.verifier.scoping.scope_conclusions import (
    concluded_items,
    scope_assurance,
)
from ccm_core.errors import UsageError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model import json_codec
from ccm_core.model.assurance import Assurance, ScopeAssurance
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.amendments import as_amended
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.period import Period
from ccm_core.model.period_basis import LateItem
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.derive.stored_history import StoredHistory
from ccm_core.pipeline.evaluate import current_moment, watch_scope
from ccm_core.pipeline.manifest_evidence import manifest_kind_name
from ccm_core.pipeline.source.clock import latest_moment
from ccm_core.rules.pack.compiled import CompiledPacks, CompiledRule
from ccm_core.rules.pack.rule_scopes import kinds_needed
from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Shape
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.ledger import LedgerStore
from ccm_core.store.interface.runs import RunStore

ControlName = tuple[str, str]
"""Framework and id."""
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedPeriod:
    """What a period proves, and the items that it is about."""

    assurance: Assurance
    evaluated: Window
    """In which time the evaluations lie that the period counts, those that close it too."""
    populations: Mapping[tuple[str, str], AbstractSet[str]]
    """By rule and connection: the items that the rule applied to, as ``KIND:KEY``."""
    late: Sequence[LateItem] = ()
    """What was tested later than the slowest cadence among the kinds of its test."""


def assess_period(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    period: Period,
    controls: Some[ControlName] = (),
) -> Assurance:
    """Return what a period proves; see :func:`assess_items`."""
    return assess_items(host, connections, store, packs, period, controls).assurance


def assess_items(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    period: Period,
    controls: Some[ControlName] = (),
) -> AssessedPeriod:
    """Return what a period proves. No source is asked and nothing is evaluated again.

    Args:
        host: What is installed, and the clock.
        connections: Whose evidence.
        store: Where it is stored.
        packs: Which rules support which control.
        period: The period; what lies in the future is left out.
        controls: Which; none: every control that the packs support.

    Raises:
        UsageError: The period has not begun, or a control that no pack supports is named.
        ClockMismatch: This machine's clock is more than an hour behind the stored evidence.
    """
    now = assessment_moment(host, connections, store)
    elapsed_period(period, now)
    supports = supported_controls(packs)
    chosen = {name: supports[name] for name in selected_controls(supports, controls)}
    window = period.window
    history = _evaluated(store.ledger, window, now, chosen)
    inputs = AssuranceInputs(
        period_name=period.text,
        period=window,
        now=now,
        controls=chosen,
        evaluated=_evaluated_history(history, chosen, history.method.monitoring),
        scopes=_scopes(history, chosen),
    )
    histories = [_history(host, connection, store.runs) for connection in connections]
    return AssessedPeriod(
        assurance=assess(inputs, histories),
        evaluated=Window(window.since, min(closed_until(window.until), now + _INSTANT)),
        populations=_populations(history, chosen),
        late=tuple(_late_items(inputs, histories)),
    )


def _late_items(
    inputs: AssuranceInputs, histories: Sequence[ConnectionHistory]
) -> Iterator[LateItem]:
    cadences = {history.connection: history.cadences for history in histories}
    kinds: dict[str, set[str]] = {}
    for needs in inputs.controls.values():
        for need in needs:
            kinds.setdefault(need.rule, set()).update(need.kinds)
    for (rule, connection), items in inputs.evaluated.items.items():
        if rule in kinds and connection in cadences:
            allowed = slowest_of(cadences[connection], kinds[rule])
            for since, tested_at in items.late_items(allowed):
                yield LateItem(rule=rule, since=since, tested_at=tested_at)


def _evaluated(
    ledger: LedgerStore,
    window: Window,
    now: datetime,
    controls: Mapping[ControlName, Sequence[RuleEvidence]],
) -> History:
    """Read what the evaluations of a time say of some controls; none of them is made whole.

    Evaluations that a clock far ahead dated later than now are left out.
    """
    store_log = dict(ledger.leaves(STORE_LOG))
    rules = {evidence.rule for needs in controls.values() for evidence in needs}
    with refuse_beyond_bounds("ask about a shorter period or fewer controls"):
        stored = StoredHistory.of(ledger, store_log, (window.since, window.until), rules, now)
        frameworks = {framework for framework, _ in controls}
        return stored.read(rules, stored.connections, frameworks=frameworks)


def _evaluated_history(
    history: History, controls: Some[ControlName], monitoring: AbstractSet[str]
) -> EvaluationHistory:
    statuses = {
        (framework, number): [
            (at, Status(status))
            for at, _, status in sorted(history.statuses.get(f"{framework}:{number}", ()))
        ]
        for framework, number in controls
    }
    failures: dict[str, dict[ResultKey, Failures]] = {}
    for (rule, connection, kind, key), failure in history.failures.items():
        failures.setdefault(rule, {})[connection, kind, key] = Failures(
            subject=Subject(
                **{**failure["subject"], "owners": tuple(failure["subject"]["owners"])}
            ),
            first_seen=failure["first"][0],
            last_seen=failure["last"][0],
            evaluations=failure["evaluations"],
            waived=failure["waived"],
        )
    return EvaluationHistory(
        statuses=statuses,
        monitoring=monitoring,
        failures=failures,
        items=history.items,
        off=history.off,
        shares=history.shares,
        scoped={
            name: _evaluated_history(part.history, (), monitoring)
            for name, part in history.scopes.items()
        },
    )


def _populations(
    history: History, controls: Mapping[ControlName, Sequence[RuleEvidence]]
) -> Mapping[tuple[str, str], AbstractSet[str]]:
    """Return the items of each rule that controls conclude on: in the scope of one at least."""
    frameworks: dict[str, set[str]] = {}
    for (framework, _), needs in controls.items():
        for evidence in needs:
            frameworks.setdefault(evidence.rule, set()).add(framework)
    return {
        (rule, connection): concluded_items(history, rule, connection, frameworks.get(rule, ()))
        for rule, connection in history.items
    }


def _scopes(
    history: History, controls: Mapping[ControlName, Sequence[RuleEvidence]]
) -> Sequence[ScopeAssurance]:
    """Return what the scopes of the frameworks of some controls were, and left out."""
    rules: dict[str, set[str]] = {}
    for (framework, _), needs in controls.items():
        rules.setdefault(framework, set()).update(evidence.rule for evidence in needs)
    documents = [
        scope_assurance(framework, rules[framework], history)
        for framework in sorted(rules.keys() & history.scopes.keys())
    ]
    return json_codec.decode_as(json_codec.encode(documents), tuple[ScopeAssurance, ...])


def assessment_moment(
    host: Host, connections: Sequence[Connection], store: EvidenceStore
) -> datetime:
    """Return the moment to assess at: now, but not before the last collection or evaluation.

    Clocks are set right, and of two machines one is a little behind.

    Raises:
        ClockMismatch: This machine's clock is more than an hour behind the stored evidence.
    """
    now = current_moment(host, connections, store)
    later = store.evaluations.moments(since=now)
    return latest_moment(now, (evaluated_at for _, evaluated_at in later))


def elapsed_period(period: Period, now: datetime) -> Window:
    """Return the part of a period that has elapsed.

    Raises:
        UsageError: It has not begun.
    """
    if now <= period.window.since:
        begins = format_instant(period.window.since)
        raise UsageError(f"the period {period.text} has not begun: it begins {begins}")
    return Window(period.window.since, min(period.window.until, now))


def selected_controls(
    supports: Mapping[ControlName, object], controls: Some[ControlName]
) -> Some[ControlName]:
    """Return the controls that were requested; none: all that are supported.

    Raises:
        UsageError: One that no rule supports; those that are supported are named.
    """
    unknown = sorted(set(controls) - supports.keys())
    if unknown:
        expected = ", ".join(":".join(control) for control in sorted(supports)) or "none"
        refused = ", ".join(":".join(control) for control in unknown)
        raise UsageError(f"no rule of the packs supports {refused}; supported are: {expected}")
    return controls or sorted(supports)


def supported_controls(packs: CompiledPacks) -> dict[ControlName, list[RuleEvidence]]:
    """Return the rules that support each control, and the kinds that each depends on."""
    supports: dict[ControlName, list[RuleEvidence]] = {}
    for pack in packs.packs:
        for group in pack.groups:
            for rule in group.rules:
                evidence = _rule_evidence(packs, rule)
                for control in rule.rule.controls:
                    supports.setdefault((control.framework, control.id), []).append(evidence)
    return supports


def _rule_evidence(packs: CompiledPacks, rule: CompiledRule) -> RuleEvidence:
    return RuleEvidence(
        rule=rule.rule.id,
        kinds=kinds_needed(packs, rule),
        max_age=rule.max_age,
    )


def _history(host: Host, connection: Connection, runs: RunStore) -> ConnectionHistory:
    watch = watch_scope(host, connection)
    cadences = {kind: timedelta(seconds=span) for kind, span in watch.cadences.items()}
    collections = as_amended(runs.collections(connection.name))
    # Manifests are as old as the newest collection, whatever its outcome.
    if own := host.kinds.get(manifest_kind_name(watch.connector)):
        cadences[own.name] = own.cadence
        collections = [
            *collections,
            *(_of_manifests(own.name, collection) for collection in collections),
        ]
    return ConnectionHistory(
        connection=connection.name,
        cadences=cadences,
        event_kinds=frozenset(kind for kind in cadences if host.kinds[kind].shape is Shape.EVENT),
        refreshed_kinds=frozenset(watch.refreshed),
        lookback=timedelta(seconds=watch.lookback),
        collections=collections,
        manifests=runs.manifests(connection.name),
    )


def _of_manifests(kind: str, collection: Collection) -> Collection:
    return replace(collection, kind=kind, outcome=Outcome.COMPLETE, shortfalls=(), window=None)
