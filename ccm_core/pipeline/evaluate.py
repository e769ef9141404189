"""Evaluate rules over the stored evidence. No source is asked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib import metadata
from time import monotonic

from ccm_core.errors import UsageError
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.evaluation_inputs import ManifestKind, WatchScope
from ccm_core.model.evaluation.evidence_read import EvidenceRead
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.evidence.account import of_account
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.storage_order import dated_in_order
from ccm_core.model.evidence.version_change import VersionChange
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.interning import interned
from ccm_core.pipeline.manifest_evidence import (
    manifest_collection,
    manifest_kind_name,
    manifest_records,
)
from ccm_core.pipeline.seals.evidence_seals import EvidenceSeals, kinds_read
from ccm_core.pipeline.source.clock import after_last_evaluation, evaluation_moment
from ccm_core.rules.choices.chosen_packs import chosen_packs
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.earliest import Earliest
from ccm_core.rules.evaluate.time_budget import TimeBudget
from ccm_core.rules.pack.compile_packs import compile_packs, setting_mistake
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.pack.condition_compiler import SettingMistake
from ccm_core.rules.types import Facts, PackText, RowSource
from ccm_core.sdk.types import EarliestRecords, EvidenceKind, Row, Shape
from ccm_core.store.interface.evidence_store import EvidenceStore

TIME_BUDGET = TimeBudget(seconds=600, clock=monotonic)
"""How long the rules of one pack may take over one connection."""


def compile_rules(
    host: Host,
    packs: Sequence[PackText],
    parameters: JsonObject,
    mistake: SettingMistake = setting_mistake,
    *,
    checked: bool = False,
) -> CompiledPacks:
    """Compile rule packs against the kinds and views that are installed.

    Args:
        host: What is installed.
        packs: The YAML of each pack.
        parameters: The values that the user set, by name.
        mistake: Makes a mistake in one of these.
        checked: Whether rules of this digest (:func:`rules_digest`) had no mistakes before.

    Raises:
        DocumentError: A pack or a parameter has mistakes; every one is listed.
    """
    sources = _row_sources(host)
    return compile_packs(packs, sources, parameters=parameters, mistake=mistake, checked=checked)


def rules_digest(
    host: Host, packs: Sequence[PackText], parameters: JsonObject, catalogues: str
) -> str:
    """Return the digest of all on which it depends whether packs have mistakes.

    Args:
        host: What is installed.
        packs: The YAML of each pack.
        parameters: The values that the user set, by name.
        catalogues: The digest of the catalogues that packs may map to.

    Raises:
        PluginFault: A schema cannot be loaded.
    """
    depends = {
        "host": host.version,
        "plugins": sorted((plugin.distribution, plugin.version) for plugin in host.plugins),
        "python": sys.version,
        "cel": metadata.version("cel-expr-python"),
        "packs": [(pack.source, digest(pack.text)) for pack in packs],
        "parameters": parameters,
        "catalogues": catalogues,
        "sources": [
            (source.name, source.inputs, source.schema())
            for source in sorted(_row_sources(host), key=lambda source: source.name)
        ],
    }
    return digest(json_codec.encode(json_codec.plain(depends)))


def _row_sources(host: Host) -> Sequence[RowSource]:
    kinds = [
        RowSource(name=kind.name, inputs=(kind.name,), schema=kind.schema)
        for kind in host.kinds.values()
    ]
    views = [
        RowSource(name=view.name, inputs=view.inputs, schema=view.schema, optional=view.optional)
        for view in host.views.values()
    ]
    return [*kinds, *views]


def evaluate(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    waivers: Sequence[Waiver] = (),
    *,
    as_of: datetime | None = None,
) -> Evaluation:
    """Evaluate the stored evidence. No source is asked.

    Args:
        host: What is installed, and the clock.
        connections: Whose evidence to evaluate.
        store: Where it is stored.
        packs: The rules.
        waivers: The accepted risks.
        as_of: Evaluate what had been stored by that moment, as of that moment; None: now.

    Raises:
        ClockMismatch: It is to be evaluated now, and the evidence is from more than an hour later.
    """
    now = as_of or next_moment(host, connections, store)
    scopes = [watch_scope(host, connection) for connection in connections]
    return evaluate_scopes(host, scopes, store, packs, waivers, now=now)


def current_moment(host: Host, connections: Sequence[Connection], store: EvidenceStore) -> datetime:
    """Return the moment to evaluate some connections at: now, by the clocks of their sources.

    Raises:
        ClockMismatch: This machine's clock is more than an hour behind the stored evidence.
    """
    now = host.clock()
    horizons = {connection.name: connection.horizon(now).since for connection in connections}
    return evaluation_moment(now, store.runs, horizons)


def next_moment(host: Host, connections: Sequence[Connection], store: EvidenceStore) -> datetime:
    """Return the current moment; a little after the last evaluation where the clock went back."""
    moment = current_moment(host, connections, store)
    return after_last_evaluation(moment, host.clock(), store.findings.tracked_until())


def evaluate_scopes(
    host: Host,
    scopes: Sequence[WatchScope],
    store: EvidenceStore,
    packs: CompiledPacks,
    waivers: Sequence[Waiver],
    *,
    now: datetime,
) -> Evaluation:
    """Evaluate what had been stored by a moment, of what some connections collected then."""
    from ccm_core.rules.evaluate.evaluator import evaluate as evaluate_packs

    packs = chosen_packs(packs, now)
    read = [_facts(host, scope, store, packs, now) for scope in scopes]
    facts = [connection_facts for connection_facts, _ in read]
    evaluation = evaluate_packs(packs, facts, waivers, now=now, time_budget=TIME_BUDGET)
    return replace(evaluation, evidence_read=tuple(sealed for _, sealed in read))


def _facts(
    host: Host, scope: WatchScope, store: EvidenceStore, packs: CompiledPacks, now: datetime
) -> tuple[Facts, EvidenceRead]:
    """Return the facts of one connection, and the seals of what they were read from."""
    seals = EvidenceSeals(connection=scope.connection)
    evidence = load_evidence(host, scope, store, now, seals=seals)
    facts = evidence.facts(packs, host.plugin_failures)
    kinds = kinds_read(packs, host.views, evidence.kinds.keys())
    for kind in kinds:
        if kind not in seals:  # a view broke before it came to it
            evidence.load(kind)
    return facts, seals.sealed(manifest_kind_name(scope.connector), kinds)


def view_rows(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    name: str,
    *,
    as_of: datetime | None = None,
) -> tuple[Row, ...]:
    """Return the rows of a kind or a view of one connection."""
    now = as_of or current_moment(host, [connection], store)
    return load_evidence(host, watch_scope(host, connection), store, now).rows(name)


def watch_scope(host: Host, connection: Connection) -> WatchScope:
    """Return what a connection collects, how often, and over which horizon."""
    horizon = connection.connector.horizon(connection.settings)
    collectors = connection.collectors
    cadences = {
        collector.kind: connection.cadences.get(collector.kind, host.kinds[collector.kind].cadence)
        for collector in collectors
    }
    return WatchScope(
        connection=connection.name,
        connector=connection.connector.name,
        settings_digest=connection.settings_digest,
        lookback=horizon.lookback.total_seconds(),
        lookahead=horizon.lookahead.total_seconds(),
        cadences={kind: cadence.total_seconds() for kind, cadence in cadences.items()},
        refreshed=tuple(collector.kind for collector in collectors if collector.refresh),
        accept_unavailable=dict(connection.accept_unavailable),
        accept_collapse=dict(connection.accept_collapse),
        event_kinds=tuple(kind for kind in cadences if host.kinds[kind].shape is Shape.EVENT),
        manifests=_manifest_kind(host, connection.connector.name),
    )


def _manifest_kind(host: Host, connector: str) -> ManifestKind | None:
    kind = host.kinds.get(manifest_kind_name(connector))
    if kind is None:
        return None
    return ManifestKind(kind=kind.name, cadence=kind.cadence.total_seconds())


def load_evidence(
    host: Host,
    scope: WatchScope,
    store: EvidenceStore,
    now: datetime,
    *,
    seals: EvidenceSeals | None = None,
) -> Evidence:
    """Return the evidence of one connection as of a moment.

    Args:
        host: What is installed, and the clock.
        scope: What the connection collects.
        store: Where it is stored.
        now: The moment.
        seals: Seals whatever is read.

    Raises:
        UsageError: No installed plugin defines one of the kinds.
    """
    horizon = scope.horizon(now)
    manifests = host.kinds.get(manifest_kind_name(scope.connector))
    kinds = {name: _kind(host, name) for name in scope.cadences}
    seals = seals or EvidenceSeals(connection=scope.connection)
    connection = scope.connection
    seals.collections(store.runs.collection_digests(connection, as_of=now))
    stored = store.runs.collections(connection, as_of=now, since=horizon.since)
    account = store.runs.account(connection, as_of=now)
    collections = dated_in_order(of_account(stored, account), horizon.since)
    foreign = store.runs.collections_of_others(connection, account)

    def load(kind: str) -> tuple[Record, ...]:
        if manifests is not None and kind == manifests.name:
            seals.manifests(kind, store.runs.manifest_digests(connection, as_of=now))
            return manifest_records(
                manifests,
                store.runs.manifest_documents(connection, as_of=now, since=horizon.since),
            )
        return tuple(interned(current(kind)))

    def current(kind: str) -> Iterator[Record]:
        stored = store.records.current(scope.connection, kind, as_of=now)
        records = _not_erased(seals.records(kind, stored))
        if foreign and kinds[kind].shape is Shape.EVENT:
            records = (record for record in records if record.collection not in foreign)
        return records

    def vanished(kind: str) -> tuple[Record, ...]:
        records = _not_erased(store.records.vanished(scope.connection, kind, as_of=now))
        return tuple(interned(record for record in records if record.collection not in foreign))

    def changes(kind: str) -> tuple[VersionChange, ...]:
        stored = store.records.version_changes(connection, kind, horizon.since, now)
        return tuple(change for change in stored if not _is_foreign(change, foreign))

    found: dict[str, Mapping[str, Record]] = {}

    def earliest(asked: EarliestRecords) -> Mapping[str, Record]:
        if asked.kind in kinds and asked.name not in found:
            found[asked.name] = Earliest(asked, kinds[asked.kind]).see(current(asked.kind)).found
        return found.get(asked.name, {})

    return Evidence(
        connection=scope.connection,
        kinds=kinds if manifests is None else kinds | {manifests.name: manifests},
        refreshed=frozenset(scope.refreshed),
        accept_unavailable=scope.accept_unavailable,
        accept_collapse=scope.accept_collapse,
        views=host.views,
        cadences={name: timedelta(seconds=span) for name, span in scope.cadences.items()},
        load=cache(load),
        load_vanished=cache(vanished),
        load_changes=cache(changes),
        load_earliest=earliest,
        collections=collections
        if manifests is None
        else [*collections, *manifest_collection(manifests, collections)],
        now=now,
        horizon=horizon,
        account=account,
        foreign=foreign,
        erased=cache(
            lambda kind: tuple(
                key
                for key, window in store.records.erased_keys(scope.connection, kind, as_of=now)
                if window is None or window.until > horizon.since
            )
        ),
    )


def _not_erased(records: Iterable[Record]) -> Iterator[Record]:
    """Return records without erased ones, which are reported as incomplete objects."""
    return (record for record in records if record.erased_at is None)


def _is_foreign(change: VersionChange, foreign: AbstractSet[str]) -> bool:
    """Return whether what changed, or what it became, is of another account."""
    versions = (change.before, change.after)
    return any(version is not None and version.collection in foreign for version in versions)


def _kind(host: Host, name: str) -> EvidenceKind:
    if name not in host.kinds:
        raise UsageError(
            f"no installed plugin defines the evidence kind {name}, which was collected. "
            "Install the plugin that does; `ccm plugins` lists those that are installed."
        )
    return host.kinds[name]
