"""The corridor: collect, evaluate, report, in the order in which they happen.

The stages do not know each other. What one needs of another is handed to it here as a value, and
collecting and judging meet only in the store.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial

from ccm_core.collect.desk import Desk
from ccm_core.collect.gathering import Gauge
from ccm_core.collect.interface import Observer
from ccm_core.collect.outcome import shortfall_of
from ccm_core.collect.plan import Plan, Wanted, plan
from ccm_core.collect.projection import Pseudonyms
from ccm_core.collect.runner import Runner
from ccm_core.collect.sealing import Ending, manifest
from ccm_core.errors import SourceError
from ccm_core.model.collection import Collection, Reason, Shortfall
from ccm_core.model.json import JsonObject
from ccm_core.model.manifest import Manifest, PluginVersion
from ccm_core.model.result import Evaluation
from ccm_core.model.waiver import Waiver
from ccm_core.model.window import Window
from ccm_core.report.interface import ReportFormat, ReportInput
from ccm_core.rules.compiled import CompiledPacks
from ccm_core.rules.compiler import SettingMistake
from ccm_core.rules.evaluator import evaluate as judge
from ccm_core.rules.facts import Evidence
from ccm_core.rules.interface import PackText, Source
from ccm_core.rules.packs import compile_packs, setting_mistake
from ccm_core.sdk.limits import Limiters
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import (
    Collector,
    Connector,
    ConnectRequest,
    Diagnosis,
    EvidenceKind,
    Row,
    View,
)
from ccm_core.store.interface import EvidenceStore, OpenRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One configured source, ready to be read."""

    name: str
    connector: Connector
    settings: JsonObject
    auth_method: str
    auth: JsonObject = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    cadences: Mapping[str, timedelta] = field(default_factory=dict)
    settings_digest: str

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """Give the connector's collectors as the settings want them."""
        return self.connector.chosen(self.settings)

    def horizon(self, now: datetime) -> Window:
        """Give the period the connection keeps watch over at a moment."""
        horizon = self.connector.horizon(self.settings)
        return Window(now - horizon.lookback, now + horizon.lookahead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What every stage may be handed: who we are and what is installed."""

    version: str
    kinds: Mapping[str, EvidenceKind]
    views: Mapping[str, View]
    plugins: tuple[PluginVersion, ...]
    clock: Callable[[], datetime]

    @property
    def plugin_failures(self) -> tuple[str, ...]:
        """Name the plugins that did not load, each with the reason."""
        return tuple(f"{one.name}: {one.failure}" for one in self.plugins if one.failure)


# -- check ------------------------------------------------------------------------------------


def check(host: Host, connection: Connection) -> Sequence[Diagnosis]:
    """Ask the connector to look at a live session and say what is wrong.

    Raises:
        SourceError: The source cannot be used at all.
    """

    async def look() -> Sequence[Diagnosis]:
        request = _request(host, connection, Limiters(), lambda _seconds: None)
        async with connection.connector.connect(request) as session:
            return await connection.connector.check(session)

    return asyncio.run(look())


# -- collect ----------------------------------------------------------------------------------


def collect(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    observer: Observer,
    *,
    everything: bool = False,
) -> Manifest:
    """Read what is due of one connection, keep it window by window, and seal the run.

    A source that cannot be reached or refuses us is a manifest that says so, not an exception.

    Args:
        host: Who we are.
        connection: What to read.
        store: Where to keep it.
        observer: Who is told.
        everything: Read what is not due as well.

    Raises:
        StoreError: The store cannot keep what was read, or another process is collecting.
        KeyboardInterrupt: The run was stopped; what was kept is sealed all the same.
    """
    with store.claim(connection.name):
        return _collect(host, connection, store, observer, everything=everything)


def _collect(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    observer: Observer,
    *,
    everything: bool,
) -> Manifest:
    now = host.clock().replace(microsecond=0)
    _seal_cut_off(host, connection, store)
    kept = [one for one in store.collections(connection.name) if one.amends is None]
    wanted = Wanted(
        now=now,
        horizon=connection.horizon(now),
        cadences=connection.cadences,
        everything=everything,
    )
    due = plan(connection.collectors, host.kinds, _by_kind(kept), wanted)
    run = OpenRun(
        run=f"{now:%Y%m%dT%H%M%SZ}-{connection.name}-{secrets.token_hex(3)}",
        connection=connection.name,
        connector=connection.connector.name,
        started_at=now,
    )
    store.begin(run)
    desk = _desk(host, connection, store, observer, run)
    runner = Runner(desk, wanted, kept)
    observer.began(connection.name, len(due.tasks))
    try:
        return asyncio.run(_run(host, connection, store, runner, run, due, observer))
    finally:
        observer.ended(connection.name)


async def _run(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    runner: Runner,
    run: OpenRun,
    due: Plan,
    observer: Observer,
) -> Manifest:
    ending = Ending(host_version=host.version, plugins=host.plugins, not_due=due.not_due)
    try:
        if due.tasks:
            request = _request(host, connection, Limiters(), observer.waiting)
            async with connection.connector.connect(request) as session:
                cut = await runner.run(session, due)
                if cut is None and connection.connector.look_up is not None:
                    await runner.look_up(partial(connection.connector.look_up, session))
                ending = replace(
                    ending,
                    credential=session.credential,
                    clock_skew=session.traffic.clock_skew,
                    cut=cut,
                )
    except SourceError as error:
        runner.fail(due.tasks, error)
        ending = replace(ending, cut=shortfall_of(error))
    except asyncio.CancelledError:
        stopped = Shortfall(reason=Reason.INTERRUPTED, detail="the run was stopped by hand")
        _seal(host, connection, store, runner, run, replace(ending, cut=stopped))
        raise
    return _seal(host, connection, store, runner, run, ending)


def _seal(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    runner: Runner,
    run: OpenRun,
    ending: Ending,
) -> Manifest:
    sealed = manifest(
        run,
        settings_digest=connection.settings_digest,
        ended_at=host.clock(),
        collections=runner.collections,
        dangling=runner.dangling(),
        ending=ending,
    )
    store.seal(sealed)
    return sealed


def _desk(
    host: Host, connection: Connection, store: EvidenceStore, observer: Observer, run: OpenRun
) -> Desk:
    pseudonyms = Pseudonyms(store.pseudonym_key())
    gauges: dict[str, Gauge] = {}

    def gauge(kind: EvidenceKind) -> Gauge:
        if kind.name not in gauges:
            gauges[kind.name] = Gauge(kind, pseudonyms)
        return gauges[kind.name]

    return Desk(
        connection=connection.name,
        run=run.run,
        gauge=gauge,
        keep=store.keep,
        known=lambda kind: [one.body for one in store.state(connection.name, kind)],
        keys=lambda kind, among: store.keys(connection.name, kind, among),
        added=lambda collection: (one.body for one in store.added(collection.id)),
        observer=observer,
        clock=host.clock,
    )


def _request(
    host: Host, connection: Connection, limiters: Limiters, waiting: Callable[[float], None]
) -> ConnectRequest:
    return ConnectRequest(
        connection=connection.name,
        settings=connection.settings,
        auth_method=connection.auth_method,
        auth=connection.auth,
        secrets=connection.secrets,
        user_agent=f"ccm/{host.version}",
        limiters=limiters,
        waiting=waiting,
    )


def _by_kind(kept: Sequence[Collection]) -> dict[str, list[Collection]]:
    found: dict[str, list[Collection]] = {}
    for collection in kept:
        found.setdefault(collection.kind, []).append(collection)
    return found


def _seal_cut_off(host: Host, connection: Connection, store: EvidenceStore) -> None:
    """Seal the runs that were cut off before they could do it themselves."""
    cut = Shortfall(
        reason=Reason.INTERRUPTED, detail="the run was cut off; what it had kept by then is here"
    )
    ending = Ending(host_version=host.version, plugins=host.plugins, cut=cut)
    for run in store.open_runs(connection.name):
        kept = [one for one in store.collections(connection.name) if one.run == run.run]
        store.seal(
            manifest(
                run,
                settings_digest=connection.settings_digest,
                ended_at=max((one.ended_at for one in kept), default=run.started_at),
                collections=kept,
                dangling={},
                ending=ending,
            )
        )


# -- evaluate ---------------------------------------------------------------------------------


def compile_rules(
    host: Host,
    packs: Sequence[PackText],
    parameters: JsonObject,
    mistake: SettingMistake = setting_mistake,
) -> CompiledPacks:
    """Compile rule packs against the kinds and views that are installed.

    Raises:
        DocumentError: A pack or a parameter has mistakes; all of them are told.
    """
    sources = [
        Source(name=kind.name, inputs=(kind.name,), schema=kind.schema)
        for kind in host.kinds.values()
    ] + [
        Source(name=view.name, inputs=view.inputs, schema=view.schema)
        for view in host.views.values()
    ]
    return compile_packs(packs, sources, parameters=parameters, mistake=mistake)


def evaluate(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    waivers: Sequence[Waiver] = (),
    *,
    as_of: datetime | None = None,
) -> Evaluation:
    """Judge the kept evidence. No source is asked.

    Args:
        host: Who we are.
        connections: Whose evidence to judge.
        store: Where it is kept.
        packs: What must hold.
        waivers: What may fail for a while.
        as_of: Judge what had been kept by that moment, as of that moment; None: by now.
    """
    now = as_of or host.clock()
    facts = [
        _evidence(host, one, store, as_of).facts(packs, host.plugin_failures) for one in connections
    ]
    return judge(packs, facts, waivers, now=now)


def rows(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    name: str,
    *,
    as_of: datetime | None = None,
) -> tuple[Row, ...]:
    """Give the rows of a kind or a view of one connection."""
    return _evidence(host, connection, store, as_of).rows(name)


def _evidence(
    host: Host, connection: Connection, store: EvidenceStore, as_of: datetime | None
) -> Evidence:
    now = as_of or host.clock()
    return Evidence(
        connection=connection.name,
        kinds={one.kind: host.kinds[one.kind] for one in connection.collectors},
        refreshed=frozenset(one.kind for one in connection.collectors if one.refresh),
        views=host.views,
        cadences=connection.cadences,
        load=cache(lambda kind: tuple(store.state(connection.name, kind, as_of=as_of))),
        collections=store.collections(connection.name, as_of=as_of),
        now=now,
        horizon=connection.horizon(now),
    )


# -- report -----------------------------------------------------------------------------------


def report(host: Host, store: EvidenceStore, evaluation: Evaluation, form: ReportFormat) -> bytes:
    """Write an evaluation in one format, with the runs it rests on."""
    newest = {
        one.connection: one
        for one in store.manifests(as_of=evaluation.evaluated_at)
        if one.connection in evaluation.connections
    }
    given = ReportInput(
        evaluation=evaluation,
        manifests=[newest[name] for name in sorted(newest)],
        counts=store.counts(as_of=evaluation.evaluated_at),
        host_version=host.version,
    )
    return form.render(given)
