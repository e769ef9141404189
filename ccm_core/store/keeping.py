"""Keeping one window: what changed is appended, what vanished gets a tombstone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    insert,
    select,
)

from ccm_core.errors import StoreError
from ccm_core.store import tables
from ccm_core.store.batches import batches
from ccm_core.store.changes import change, check, population_root, states_everything
from ccm_core.store.compression import Compressor
from ccm_core.store.content import pack
from ccm_core.store.instants import microseconds
from ccm_core.store.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Table

    from ccm_core.model.collection import Collection
    from ccm_core.model.record import Rejected
    from ccm_core.model.window import Window
    from ccm_core.store.changes import Change
    from ccm_core.store.interface import Harvest, Observation


def keep(connection: Connection, harvest: Harvest) -> Collection:
    """Keep a harvest in the connection's transaction; give its collection, counts filled in.

    Raises:
        StoreError: The run is not open, or the collection is kept already.
        IntegrityError: A body does not have the digest that its record claims.
    """
    check(harvest)
    run = open_run(connection, harvest.collection.run, harvest.collection.connection)
    _refuse_twice(connection, harvest.collection)
    changed = change(connection, harvest)
    collection = _counted(harvest, changed)
    seq = _insert_collection(connection, collection, run)
    _insert_bodies(connection, changed.appended)
    _insert_versions(connection, collection, seq, changed)
    _move_heads(connection, seq)
    _insert_rejected(connection, harvest.rejected, seq)
    return collection


def _refuse_twice(connection: Connection, collection: Collection) -> None:
    known = select(tables.collection.c.seq).where(tables.collection.c.id == collection.id)
    if connection.scalar(known) is not None:
        raise StoreError(f"collection {collection.id} is kept already; nothing was added.")


def _counted(harvest: Harvest, changed: Change) -> Collection:
    collection = harvest.collection
    counts = replace(
        collection.counts,
        appended=len(changed.appended),
        unchanged=len(harvest.observations) - len(changed.appended),
        tombstones=len(changed.vanished),
    )
    root = collection.population_root
    if root is None and states_everything(harvest):
        root = population_root((o.record.key, o.record.digest) for o in harvest.observations)
    return replace(collection, counts=counts, population_root=root)


def _insert_collection(connection: Connection, collection: Collection, run: int) -> int:
    packed = pack(collection)
    result = connection.execute(
        insert(tables.collection)
        .values(
            id=collection.id,
            run=run,
            connection=collection.connection,
            kind=collection.kind,
            kind_version=collection.version,
            outcome=collection.outcome.value,
            **_window(collection.window),
            started_at=microseconds(collection.started_at),
            ended_at=microseconds(collection.ended_at),
            digest=packed.digest,
            document=packed.document,
        )
        .returning(tables.collection.c.seq)
    )
    return int(result.scalar_one())


def _insert_bodies(connection: Connection, observations: Sequence[Observation]) -> None:
    compressor = Compressor()
    rows = (
        {
            "digest": observation.record.digest,
            "size": len(observation.body),
            "content": compressor.compress(observation.body),
        }
        for observation in observations
    )
    _insert_many(connection, _upsert(connection, tables.body).on_conflict_do_nothing(), rows)


def _insert_versions(
    connection: Connection, collection: Collection, seq: int, changed: Change
) -> None:
    kept_at = microseconds(collection.ended_at)
    common: dict[str, Any] = {
        "connection": collection.connection,
        "kind": collection.kind,
        "collection": seq,
        "kept_at": kept_at,
    }
    tombstone = {**common, "kind_version": collection.version, "observed_at": kept_at}
    versions = (_version(observation, common) for observation in changed.appended)
    _insert_many(connection, insert(tables.version), versions)
    tombstones = ({**tombstone, "key": key} for key in changed.vanished)
    _insert_many(connection, insert(tables.version), tombstones)


def _version(observation: Observation, common: Mapping[str, Any]) -> dict[str, Any]:
    record = observation.record
    return {
        **common,
        **_window(record.source.window),
        "kind_version": record.version,
        "key": record.key,
        "digest": record.digest,
        "observed_at": microseconds(record.observed_at),
        "endpoint": record.source.endpoint,
        "page": record.source.page,
        "response_digest": record.source.response_digest,
    }


def _move_heads(connection: Connection, collection: int) -> None:
    """Make the versions of this collection, one for each of its keys, the newest."""
    head, version = tables.head, tables.version.c
    names = ["connection", "kind", "key", "seq", "digest"]
    newest = select(*(version[name] for name in names)).where(version.collection == collection)
    statement = _upsert(connection, head).from_select(names, newest)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(head.primary_key),
            set_={"seq": statement.excluded.seq, "digest": statement.excluded.digest},
        )
    )


def _insert_rejected(connection: Connection, refused: Iterable[Rejected], seq: int) -> None:
    compressor = Compressor()
    packed = ((rejected.key, pack(rejected, compressor)) for rejected in refused)
    rows = (
        {"collection": seq, "key": key, "digest": kept.digest, "document": kept.document}
        for key, kept in packed
    )
    _insert_many(connection, insert(tables.rejected), rows)


def _insert_many(connection: Connection, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
    for batch in batches(rows):
        connection.execute(statement, batch)


def _upsert(connection: Connection, table: Table) -> Any:
    """Give an insert that can say what a conflict means; both databases spell it alike."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def _window(window: Window | None) -> dict[str, int | None]:
    if window is None:
        return {"window_since": None, "window_until": None}
    return {
        "window_since": microseconds(window.since),
        "window_until": microseconds(window.until),
    }
