"""Collect: read what is due of one connection, keep it window by window, seal the run."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from ccm_core.collect.batch_builder import RecordValidator
from ccm_core.collect.manifest_builder import RunMetadata, manifest
from ccm_core.collect.observer import Observer
from ccm_core.collect.outcome import shortfall_of
from ccm_core.collect.planner import Plan
from ccm_core.collect.privacy_projection import Pseudonymizer
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.runner import Runner
from ccm_core.errors import SourceError
from ccm_core.model.evidence.collection import Collection, Reason, Shortfall
from ccm_core.model.evidence.manifest import Manifest, ScheduledKind
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.planned_run import PlannedRun, plan_run
from ccm_core.pipeline.source.connection_session import connect_request
from ccm_core.pipeline.source.opened_source import OpenedSource, open_source
from ccm_core.sdk.types import EvidenceKind, Session, Shape
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.runs import RunStore

if TYPE_CHECKING:
    from ccm_core.sdk.rate_limit import Limiters


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
        PluginFault: A schema cannot be loaded, or has a mark that is not known.
        AccountMismatch: The credential opens another account than before; nothing was stored.
        ClockMismatch: This machine's clock is more than an hour off; nothing was stored.
        CancelledError: The run was stopped; what was stored is sealed all the same.
    """
    from ccm_core.sdk.rate_limit import Limiters

    for collector in connection.collectors:
        host.kinds[collector.kind].schema()  # a mark that is not known protects nothing
    with store.lock_connection(connection.name):
        _seal_cut_off(host, connection, store.runs)
        request = connect_request(host, connection, limiters or Limiters(), observer.rate_limited)
        planned = plan_run(host, connection, store.runs, force=force)
        account, is_due = planned.stored_account, bool(planned.due.tasks) or planned.unseen
        async with open_source(connection, request, account, due=is_due) as source:
            by_source = replace(host, clock=partial(_source_time, host, source.clock_correction))
            if source.session is not None:
                planned = plan_run(
                    by_source,
                    connection,
                    store.runs,
                    force=force,
                    account=source.account,
                    sees_whole=source.sees_whole,
                    stored=None if source.clock_correction else planned.stored,
                )
            return await _collect_planned(by_source, connection, store, observer, planned, source)


async def _collect_planned(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    observer: Observer,
    planned: PlannedRun,
    source: OpenedSource,
) -> Manifest:
    run = OpenRun(
        run=f"{planned.now:%Y%m%dT%H%M%SZ}-{connection.name}-{secrets.token_hex(3)}",
        connection=connection.name,
        connector=connection.connector.name,
        started_at=planned.now,
    )
    store.runs.begin(run)
    context = _run_context(host, connection, store, observer, run, planned, source)
    runner = Runner(context, planned.inputs, planned.collections)
    observer.run_started(connection.name, len(planned.due.tasks))
    try:
        sealing = partial(_seal, host, connection, store.runs, runner, run, planned.collections)
        metadata = _run_metadata(host, connection)
        return await _run(connection, runner, planned.due, source, metadata, sealing)
    finally:
        observer.run_ended(connection.name)


def _source_time(host: Host, correction: timedelta) -> datetime:
    return host.clock() - correction


async def _run(
    connection: Connection,
    runner: Runner,
    due: Plan,
    source: OpenedSource,
    metadata: RunMetadata,
    sealed: Callable[[RunMetadata], Manifest],
) -> Manifest:
    metadata = replace(metadata, not_due=due.not_due)
    try:
        if source.failure is not None:
            raise source.failure
        if source.session is not None:
            try:
                metadata = replace(
                    metadata, cut=await _read(connection, runner, due, source.session)
                )
            finally:
                # However it ends, the manifest states the credential's rights.
                metadata = replace(
                    metadata,
                    credential=source.credential,
                    clock_skew=source.clock_skew,
                    clock_disagreement=source.clock_disagreement,
                )
    except SourceError as error:
        runner.fail(due.tasks, error)
        metadata = replace(metadata, cut=shortfall_of(error))
    except asyncio.CancelledError:
        stopped = Shortfall(reason=Reason.INTERRUPTED, detail="the run was stopped before its end")
        sealed(replace(metadata, cut=stopped))
        raise
    return sealed(metadata)


async def _read(
    connection: Connection, runner: Runner, due: Plan, session: Session
) -> Shortfall | None:
    """Read what is due, and look up what is referenced; return what cut that short, if anything."""
    cut = await runner.run(session, due)
    if cut is None and connection.connector.look_up is not None:
        await runner.look_up(partial(connection.connector.look_up, session))
    return cut


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
        accept_unavailable=connection.accept_unavailable,
        optional=frozenset(kind.name for kind in kinds if kind.optional),
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
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    observer: Observer,
    run: OpenRun,
    planned: PlannedRun,
    source: OpenedSource,
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
        current_records=partial(_current_records, host, connection.name, store, planned.foreign),
        existing_keys=lambda kind, keys: store.records.existing_keys(connection.name, kind, keys),
        vanished_keys=lambda kind, keys: store.records.vanished_keys(connection.name, kind, keys),
        appended_records=lambda collection: (
            record.body
            for record in store.records.appended_by(collection.id)
            if record.erased_at is None
        ),
        records_of_part=lambda part: (
            record for record in store.records.appended_by(part.id) if record.erased_at is None
        ),
        observer=observer,
        clock=host.clock,
        clock_correction=source.clock_correction,
        account=source.account,
        doubts=source.doubts,
        cross_checks=connection.connector.cross_checks,
        creation_events=connection.connector.creation_events,
        accepted_collapses=connection.accepted_collapses(run.started_at),
        population=_population(store, None if source.is_new_account else connection.name),
    )


def _current_records(
    host: Host, connection: str, store: EvidenceStore, foreign: frozenset[str], kind: str
) -> Sequence[JsonObject]:
    """Return the current bodies of a kind, without events of a former account.

    Objects of a former account are gone with the first list of the new one.
    """
    excluded = foreign if host.kinds[kind].shape is Shape.EVENT else frozenset()
    return [
        record.body
        for record in store.records.current(connection, kind)
        if record.erased_at is None and record.collection not in excluded
    ]


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


def _population(store: EvidenceStore, connection: str | None) -> Callable[[str], int]:
    """Return what counts the current records of a kind, as they were before the first question.

    Of no connection, where the account was replaced: the population of another one is no measure.
    """

    @cache
    def counts() -> Mapping[str, int]:
        return {} if connection is None else store.records.sizes(connection)

    return lambda kind: counts().get(kind, 0)
