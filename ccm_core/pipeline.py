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

from ccm_core.collect.gathering import Gauge
from ccm_core.collect.interface import Observer
from ccm_core.collect.outcome import shortfall_of, worst
from ccm_core.collect.plan import Plan, Wanted, plan
from ccm_core.collect.projection import Pseudonyms
from ccm_core.collect.runner import Desk, Runner
from ccm_core.errors import SourceError
from ccm_core.model.collection import Collection, Credential, Outcome, Reason, Shortfall
from ccm_core.model.json import JsonObject
from ccm_core.model.manifest import Manifest, PluginVersion
from ccm_core.model.window import Window
from ccm_core.sdk.limits import Limiters
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import (
    Connector,
    ConnectRequest,
    Diagnosis,
    EvidenceKind,
    Session,
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

    def horizon(self, now: datetime) -> Window:
        """Give the period the connection keeps watch over at a moment."""
        horizon = self.connector.horizon(self.settings)
        return Window(now - horizon.lookback, now + horizon.lookahead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What every stage may be handed: who we are and what is installed."""

    version: str
    kinds: Mapping[str, EvidenceKind]
    plugins: tuple[PluginVersion, ...]
    clock: Callable[[], datetime]


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
        StoreError: The store cannot keep what was read.
        KeyboardInterrupt: The run was stopped; what was kept is sealed all the same.
    """
    now = host.clock().replace(microsecond=0)
    _seal_cut_off(host, connection, store)
    kept = _kept(store, connection)
    wanted = Wanted(
        now=now,
        horizon=connection.horizon(now),
        cadences=connection.cadences,
        everything=everything,
    )
    due = plan(connection.connector.collectors, host.kinds, kept, wanted)
    run = OpenRun(
        run=f"{now:%Y%m%dT%H%M%SZ}-{connection.name}-{secrets.token_hex(3)}",
        connection=connection.name,
        connector=connection.connector.name,
        started_at=now,
    )
    store.begin(run)
    newest = {kind: collections[-1] for kind, collections in kept.items() if collections}
    desk = _desk(host, connection, store, observer, run)
    runner = Runner(desk, wanted, newest)
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
    credential, skew, cut = None, None, None
    try:
        if due.tasks:
            request = _request(host, connection, Limiters(), observer.waiting)
            async with connection.connector.connect(request) as session:
                cut = await runner.run(session, due)
                credential, skew = _told(session)
    except SourceError as error:
        runner.fail(due.tasks, error)
        cut = shortfall_of(error)
    except asyncio.CancelledError:
        stopped = Shortfall(reason=Reason.INTERRUPTED, detail="the run was stopped by hand")
        store.seal(_manifest(host, connection, runner, run, due, (credential, skew, stopped)))
        raise
    manifest = _manifest(host, connection, runner, run, due, (credential, skew, cut))
    store.seal(manifest)
    return manifest


def _told(session: Session) -> tuple[Credential, float | None]:
    return session.credential, session.traffic.clock_skew


def _manifest(
    host: Host,
    connection: Connection,
    runner: Runner,
    run: OpenRun,
    due: Plan,
    told: tuple[Credential | None, float | None, Shortfall | None],
) -> Manifest:
    credential, skew, cut = told
    dangling = runner.dangling()
    collections = tuple(
        replace(one, dangling=dangling.get(one.id, ())) for one in runner.collections
    )
    outcomes = [one.outcome for one in collections] + ([Outcome.FAILED] if cut else [])
    return Manifest(
        run=run.run,
        connection=connection.name,
        connector=connection.connector.name,
        started_at=run.started_at,
        ended_at=host.clock(),
        clock_skew=skew,
        host_version=host.version,
        plugins=host.plugins,
        settings_digest=connection.settings_digest,
        credential=credential,
        outcome=worst(outcomes),
        shortfalls=(cut,) if cut else (),
        collections=collections,
        not_due=due.not_due,
    )


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
        keys=lambda kind: {one.key for one in store.state(connection.name, kind)},
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


def _kept(store: EvidenceStore, connection: Connection) -> dict[str, list[Collection]]:
    kept: dict[str, list[Collection]] = {}
    for collection in store.collections(connection.name):
        kept.setdefault(collection.kind, []).append(collection)
    return kept


def _seal_cut_off(host: Host, connection: Connection, store: EvidenceStore) -> None:
    """Seal the runs that were cut off before they could do it themselves."""
    for run in store.open_runs(connection.name):
        collections = tuple(one for one in store.collections(connection.name) if one.run == run.run)
        detail = "the run was cut off; what it had kept by then is here"
        store.seal(
            Manifest(
                run=run.run,
                connection=run.connection,
                connector=run.connector,
                started_at=run.started_at,
                ended_at=max((one.ended_at for one in collections), default=run.started_at),
                host_version=host.version,
                plugins=host.plugins,
                settings_digest=connection.settings_digest,
                outcome=Outcome.FAILED,
                shortfalls=(Shortfall(reason=Reason.INTERRUPTED, detail=detail),),
                collections=collections,
            )
        )
