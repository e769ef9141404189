"""Runs, their manifests and collections, and what was refused in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    func,
    insert,
    or_,
    select,
)

from ccm_core.errors import StoreError
from ccm_core.model.collection import Collection
from ccm_core.model.manifest import Manifest
from ccm_core.model.record import Rejected
from ccm_core.store import ledger, tables
from ccm_core.store.content import pack, unpack
from ccm_core.store.instants import instant, microseconds
from ccm_core.store.interface import OpenRun
from ccm_core.store.leaves import MANIFEST, RUN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

_run = tables.run.c
_manifest = tables.manifest.c
_collection = tables.collection.c
_STREAM = {"yield_per": 500}


def begin(connection: Connection, run: OpenRun) -> None:
    """Note that a run has begun."""
    if connection.scalar(select(_run.seq).where(_run.id == run.run)):
        raise StoreError(f"run {run.run} was begun already in this store.")
    row = {
        "id": run.run,
        "connection": run.connection,
        "connector": run.connector,
        "started_at": microseconds(run.started_at),
    }
    connection.execute(insert(tables.run).values(**row))
    ledger.append(connection, run.connection, [RUN.line(row)])


def seal(connection: Connection, manifest: Manifest) -> None:
    """Write the manifest of a run and close it."""
    run = open_run(connection, manifest.run, manifest.connection)
    packed = pack(manifest)
    row = {
        "run": run,
        "ended_at": microseconds(manifest.ended_at),
        "digest": packed.digest,
        "document": packed.content,
    }
    connection.execute(insert(tables.manifest).values(**row))
    ledger.append(connection, manifest.connection, [MANIFEST.line(row, run=manifest.run)])


def open_run(connection: Connection, run: str, name: str) -> int:
    """Give the row number of a run of a connection that is open.

    Raises:
        StoreError: It was never begun, or is sealed.
    """
    known = connection.execute(
        select(_run.seq, _manifest.seq)
        .select_from(tables.run)
        .outerjoin(tables.manifest, _manifest.run == _run.seq)
        .where(_run.id == run, _run.connection == name)
    ).one_or_none()
    if known is None:
        raise StoreError(f"run {run} of {name} was never begun in this store.")
    seq, sealed = known
    if sealed is not None:
        raise StoreError(f"run {run} of {name} is sealed already; nothing can be added to it.")
    return int(seq)


def open_runs(connection: Connection, name: str) -> Sequence[OpenRun]:
    """List runs that were begun and never sealed, in the order in which they were begun."""
    rows = connection.execute(
        select(_run.id, _run.connector, _run.started_at)
        .outerjoin(tables.manifest, _manifest.run == _run.seq)
        .where(_run.connection == name, _manifest.seq.is_(None))
        .order_by(_run.seq)
    )
    return [
        OpenRun(run=run, connection=name, connector=connector, started_at=instant(started_at))
        for run, connector, started_at in rows
    ]


def collections(
    connection: Connection,
    name: str,
    kind: str | None = None,
    *,
    run: str | None = None,
    as_of: datetime | None = None,
    since: datetime | None = None,
) -> Sequence[Collection]:
    """List collections in the order in which they were kept."""
    statement = select(_collection.id, _collection.digest, _collection.document).where(
        _collection.connection == name
    )
    if kind is not None:
        statement = statement.where(_collection.kind == kind)
    if run is not None:
        statement = statement.join(tables.run, _run.seq == _collection.run).where(_run.id == run)
    known = [] if as_of is None else [_collection.ended_at <= microseconds(as_of)]
    statement = statement.where(*known)
    if since is not None:
        statement = statement.where(_reaching(name, known, microseconds(since)))
    rows = connection.execute(statement.order_by(_collection.seq), execution_options=_STREAM)
    return [
        unpack(document, digest, Collection, f"collection {collection}")
        for collection, digest, document in rows
    ]


def _reaching(name: str, known: Sequence[ColumnElement[bool]], since: int) -> ColumnElement[bool]:
    """Say which collections are about an instant or later, or in a run with the newest of a kind.

    What is added to a collection is kept after it, in the same run: so it is runs that are given.
    """
    windowed = _collection.window_since.is_not(None)
    newest = (
        select(func.max(_collection.seq))
        .where(_collection.connection == name, *known)
        .group_by(_collection.kind, windowed, _collection.outcome)
    )
    runs = select(_collection.run).where(_collection.seq.in_(newest))
    return or_(
        _collection.ended_at > since, _collection.window_until > since, _collection.run.in_(runs)
    )


def manifests(
    connection: Connection, name: str | None, as_of: datetime | None
) -> Sequence[tuple[str, Manifest]]:
    """List manifests, each with the digest of its bytes, in the order in which they were written.

    The digest is the stored one: written by another version, a manifest is not the same bytes.
    """
    statement = select(_run.id, _manifest.digest, _manifest.document).join(
        tables.manifest, _manifest.run == _run.seq
    )
    if name is not None:
        statement = statement.where(_run.connection == name)
    if as_of is not None:
        statement = statement.where(_manifest.ended_at <= microseconds(as_of))
    rows = connection.execute(statement.order_by(_manifest.seq), execution_options=_STREAM)
    return [
        (digest, unpack(document, digest, Manifest, f"manifest of run {run}"))
        for run, digest, document in rows
    ]


def rejected(connection: Connection, name: str, kind: str) -> Iterator[tuple[str, Rejected]]:
    """Give what was refused, with the id of its collection, in the order in which it was kept.

    What was erased is left out.
    """
    refused = tables.rejected.c
    rows = connection.execute(
        select(_collection.id, refused.key, refused.digest, refused.document)
        .join(tables.rejected, refused.collection == _collection.seq)
        .where(
            _collection.connection == name,
            _collection.kind == kind,
            func.length(refused.document) > 0,  # what was erased has none
        )
        .order_by(refused.seq),
        execution_options=_STREAM,
    )
    for collection, key, digest, document in rows:
        found = unpack(document, digest, Rejected, f"rejected {kind} {key!r} of {name}")
        yield collection, found


def connections(connection: Connection) -> Sequence[str]:
    """Name the connections that have runs, sorted."""
    names = connection.scalars(select(_run.connection).distinct().order_by(_run.connection))
    return list(names)
