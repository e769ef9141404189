"""Collect: read what is due of one connection, keep it window by window, seal the run."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ccm_core.collect.batch_builder import RecordValidator
from ccm_core.collect.manifest_builder import RunMetadata, manifest
from ccm_core.collect.objects_to_refresh import relevant_since
from ccm_core.collect.observer import Observer
from ccm_core.collect.outcome import shortfall_of
from ccm_core.collect.planner import Plan, PlanInputs, plan
from ccm_core.collect.privacy_projection import Pseudonymizer
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.runner import Runner
from ccm_core.errors import SourceError
from ccm_core.model.evidence.collection import Collection, Reason, Shortfall
from ccm_core.model.evidence.manifest import Manifest, ScheduledKind
from ccm_core.model.evidence.run import OpenRun
from ccm_core.pipeline.connection_session import connect_request, open_session
from ccm_core.pipeline.context import Connection, Host
from ccm_core.sdk.types import ConnectRequest, EvidenceKind
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.runs import RunStore

if TYPE_CHECKING:
    from ccm_core.sdk.rate_limit import Limiters

TRIES = 20
"""Cadences to look back at least; more failures in a row do not lengthen the backoff."""


async def collect(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    observer: Observer,
    limiters: Limiters | None = None,
    *,
    force: bool = False,
) -> Manifest:
    """Read what is due of one connection, keep it window by window, and seal the run.

    A source that cannot be reached or refuses us is a manifest that says so, not an exception.
    Several connections may be collected side by side in one event loop.

    Args:
        host: What is installed, and the clock.
        connection: What to read.
        store: Where to keep it.
        observer: Receives progress.
        limiters: The rate limits that connections of this process share; None: its own.
        force: Read what is not due as well.

    Raises:
        StoreError: The store cannot keep what was read, or another process is collecting.
        CancelledError: The run was stopped; what was stored is sealed all the same.
    """
    from ccm_core.sdk.rate_limit import Limiters

    with store.lock_connection(connection.name):
        now = host.clock().replace(microsecond=0)
        _seal_cut_off(host, connection, store.runs)
        collections = collections_for_planning(host, connection, store.runs, now)
        completed = without_amendments(collections)
        inputs = plan_inputs(connection, now, force=force)
        due = plan(connection.collectors, host.kinds, by_kind(completed), inputs)
        run = OpenRun(
            run=f"{now:%Y%m%dT%H%M%SZ}-{connection.name}-{secrets.token_hex(3)}",
            connection=connection.name,
            connector=connection.connector.name,
            started_at=now,
        )
        store.runs.begin(run)
        runner = Runner(_run_context(host, connection, store, observer, run), inputs, completed)
        request = connect_request(host, connection, limiters or Limiters(), observer.rate_limited)
        observer.run_started(connection.name, len(due.tasks))
        try:
            sealing = partial(_seal, host, connection, store.runs, runner, run, collections)
            return await _run(
                connection, runner, due, request, _run_metadata(host, connection), sealing
            )
        finally:
            observer.run_ended(connection.name)


def collections_for_planning(
    host: Host, connection: Connection, runs: RunStore, now: datetime
) -> list[Collection]:
    """Return those collections of a connection that a plan needs, however many are stored.

    These are the collections about the horizon, enough attempts to tell how long a source has been
    down, the newest of each kind, and every one since changes were last detected.
    """
    cadences = (
        connection.cadences.get(collector.kind, host.kinds[collector.kind].cadence)
        for collector in connection.collectors
    )
    begin = min(connection.horizon(now).since, now - TRIES * max(cadences, default=timedelta(0)))
    collections = runs.collections(connection.name, since=begin)
    since = relevant_since(connection.collectors, by_kind(collections), begin)
    if since != begin:
        collections = runs.collections(connection.name, since=since)
    return list(collections)


def without_amendments(collections: Sequence[Collection]) -> list[Collection]:
    """Return collections without those that amend others."""
    return [collection for collection in collections if collection.amends is None]


def plan_inputs(connection: Connection, now: datetime, *, force: bool = False) -> PlanInputs:
    """Return what a plan is made from at a moment."""
    return PlanInputs(
        now=now,
        horizon=connection.horizon(now),
        cadences=connection.cadences,
        force=force,
    )


def by_kind(collections: Sequence[Collection]) -> dict[str, list[Collection]]:
    """Group collections by kind, in their order."""
    grouped: dict[str, list[Collection]] = {}
    for collection in collections:
        grouped.setdefault(collection.kind, []).append(collection)
    return grouped


async def _run(
    connection: Connection,
    runner: Runner,
    due: Plan,
    request: ConnectRequest,
    metadata: RunMetadata,
    sealed: Callable[[RunMetadata], Manifest],
) -> Manifest:
    metadata = replace(metadata, not_due=due.not_due)
    try:
        if due.tasks:
            async with open_session(connection, request) as session:
                try:
                    cut = await runner.run(session, due)
                    if cut is None and connection.connector.look_up is not None:
                        await runner.look_up(partial(connection.connector.look_up, session))
                    metadata = replace(metadata, cut=cut)
                finally:
                    # However it ends, the manifest states the credential's rights.
                    metadata = replace(
                        metadata,
                        credential=session.credential,
                        clock_skew=session.traffic.clock_skew,
                    )
    except SourceError as error:
        runner.fail(due.tasks, error)
        metadata = replace(metadata, cut=shortfall_of(error))
    except asyncio.CancelledError:
        stopped = Shortfall(reason=Reason.INTERRUPTED, detail="the run was stopped before its end")
        sealed(replace(metadata, cut=stopped))
        raise
    return sealed(metadata)


def _run_metadata(host: Host, connection: Connection) -> RunMetadata:
    """Return what is known of a run before it begins."""
    kinds = [host.kinds[collector.kind] for collector in connection.collectors]
    scheduled = tuple(
        ScheduledKind(
            kind=kind.name,
            version=kind.version,
            shape=kind.shape.value,
            cadence=connection.cadences.get(kind.name, kind.cadence).total_seconds(),
        )
        for kind in kinds
    )
    return RunMetadata(
        host_version=host.version,
        plugins=host.plugins,
        scheduled=scheduled,
        entered_at=connection.entered_at,
        rotate_by=connection.rotate_by,
    )


def _seal(
    host: Host,
    connection: Connection,
    runs: RunStore,
    runner: Runner,
    run: OpenRun,
    earlier: Sequence[Collection],
    metadata: RunMetadata,
) -> Manifest:
    sealed = manifest(
        run,
        settings_digest=connection.settings_digest,
        ended_at=host.clock(),
        collections=runner.collections,
        dangling=runner.dangling(),
        metadata=metadata,
        earlier=earlier,
    )
    runs.seal(sealed)
    return sealed


def _run_context(
    host: Host, connection: Connection, store: EvidenceStore, observer: Observer, run: OpenRun
) -> RunContext:
    pseudonyms = Pseudonymizer(store.pseudonym_key())
    validators: dict[str, RecordValidator] = {}

    def validator(kind: EvidenceKind) -> RecordValidator:
        if kind.name not in validators:
            validators[kind.name] = RecordValidator(kind, pseudonyms)
        return validators[kind.name]

    return RunContext(
        connection=connection.name,
        run=run.run,
        validator=validator,
        packer=store.records.packer,
        append=store.records.append,
        current_records=lambda kind: [
            record.body
            for record in store.records.current(connection.name, kind)
            if record.erased_at is None
        ],
        existing_keys=lambda kind, keys: store.records.existing_keys(connection.name, kind, keys),
        appended_records=lambda collection: (
            record.body
            for record in store.records.appended_by(collection.id)
            if record.erased_at is None
        ),
        observer=observer,
        clock=host.clock,
    )


def _seal_cut_off(host: Host, connection: Connection, runs: RunStore) -> None:
    """Seal the runs of processes that were killed before they could."""
    cut = Shortfall(
        reason=Reason.INTERRUPTED, detail="the run was cut off; what it had stored by then is here"
    )
    metadata = replace(_run_metadata(host, connection), cut=cut)
    for run in runs.open_runs(connection.name):
        collections = runs.collections(connection.name, run=run.run)
        runs.seal(
            manifest(
                run,
                settings_digest=connection.settings_digest,
                ended_at=max(
                    (collection.ended_at for collection in collections), default=run.started_at
                ),
                collections=collections,
                dangling={},
                metadata=metadata,
            )
        )
