"""Appending one window: what changed becomes a version, what vanished gets a tombstone."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from ccm_core.errors import StoreError
from ccm_core.ledger.population import bucket_of
from ccm_core.model import json_codec
from ccm_core.store.codec.bodies import compress_body, encode_body
from ccm_core.store.codec.compression import Compressor
from ccm_core.store.log import content_dictionaries
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import COLLECTION, REJECTED, VERSION
from ccm_core.store.records import populations
from ccm_core.store.records.diff import (
    diff,
    is_whole_population,
    population_root,
    refuse_duplicate_keys,
)
from ccm_core.store.records.runs import open_run
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evidence.collection import Collection
    from ccm_core.model.evidence.record import RejectedObject
    from ccm_core.model.evidence.window import Window
    from ccm_core.model.evidence.write_batch import Observation, WriteBatch
    from ccm_core.store.records.diff import RecordDiff
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

_COMMON = ("connection", "kind", "kind_version", "collection", "stored_at")
_SOURCE = ("observed_at", "endpoint", "window_since", "window_until", "page", "response_digest")
_VERSION = (*_COMMON, *_SOURCE, "key", "digest")
_NO_SOURCE = (None,) * (len(_SOURCE) - 1)
"""What a tombstone has of a source, beside when it was observed."""


def append(transaction: Transaction, batch: WriteBatch) -> Collection:
    """Store a batch; return its collection, counts filled in.

    Rows are inserted first and their leaves appended after them.

    Raises:
        StoreError: The run is not open, or the collection is stored already.
        ValueError: A key is observed twice.
    """
    refuse_duplicate_keys(batch)
    run = open_run(transaction, batch.collection.run, batch.collection.connection)
    _refuse_stored(transaction, batch.collection)
    changes = diff(transaction, batch)
    populations.require_unchanged(
        transaction,
        batch.collection.connection,
        batch.collection.kind,
        (key for key, _ in _changed(changes)),
    )
    collection = _with_counts(batch, changes)
    row, seq = _insert_collection(transaction, collection, run)
    _insert_bodies(transaction, collection.kind, changes.appended)
    transaction.insert_many("version", _VERSION, _versions(collection, seq, changes))
    _update_heads(transaction, collection, seq, changes)
    rejected = _insert_rejected(transaction, batch.rejected, seq)
    leaves = chain(
        [COLLECTION.line(row, run=collection.run)],
        VERSION.lines(_VERSION, _versions(collection, seq, changes), collection=collection.id),
        (REJECTED.line(refused, collection=collection.id) for refused in rejected),
    )
    append_leaves(transaction, collection.connection, leaves)
    return collection


def _refuse_stored(transaction: Transaction, collection: Collection) -> None:
    if transaction.value("SELECT seq FROM collection WHERE id = :id", id=collection.id):
        raise StoreError(f"collection {collection.id} is stored already; nothing was added.")


def _with_counts(batch: WriteBatch, changes: RecordDiff) -> Collection:
    collection = batch.collection
    counts = replace(
        collection.counts,
        appended=len(changes.appended),
        unchanged=len(batch.observations) - len(changes.appended),
        tombstones=len(changes.vanished),
    )
    root = collection.population_root
    if root is None and is_whole_population(batch):
        root = population_root(
            (observation.key, observation.body.digest) for observation in batch.observations
        )
    return replace(collection, counts=counts, population_root=root)


def _insert_collection(
    transaction: Transaction, collection: Collection, run: int
) -> tuple[dict[str, SqlValue], int]:
    compressor = content_dictionaries.compressor(transaction, content_dictionaries.COLLECTIONS)
    document = encode_body(collection, compressor)
    since, until = _bounds(collection.window)
    row: dict[str, SqlValue] = {
        "id": collection.id,
        "run": run,
        "connection": collection.connection,
        "kind": collection.kind,
        "kind_version": collection.version,
        "outcome": collection.outcome.value,
        "window_since": since,
        "window_until": until,
        "started_at": microseconds(collection.started_at),
        "ended_at": microseconds(collection.ended_at),
        "account": collection.account,
        "digest": document.digest,
        "document": document.content,
    }
    seq = transaction.insert("collection", row)
    content_dictionaries.renew_documents(transaction, content_dictionaries.COLLECTIONS)
    return row, seq


def _insert_bodies(
    transaction: Transaction, kind: str, observations: Sequence[Observation]
) -> None:
    # Neighbors in an index are written together, so that a small cache is enough.
    by_digest = {observation.body.digest: observation.body for observation in observations}
    bodies = [body for _, body in sorted(by_digest.items())]
    transaction.insert_many(
        "body",
        ("digest", "size", "content"),
        (
            (body.digest, body.size, content)
            for body, content in content_dictionaries.checked(transaction, bodies)
        ),
        on_conflict="DO NOTHING",
    )
    content_dictionaries.renew(transaction, kind, (body.digest for body in bodies))


def _versions(
    collection: Collection, seq: int, changes: RecordDiff
) -> Iterator[tuple[SqlValue, ...]]:
    """Yield the rows of versions, made anew each time: all of a window need not be in memory."""
    stored_at = microseconds(collection.ended_at)
    common = (collection.connection, collection.kind, collection.version, seq, stored_at)
    for observation in changes.appended:
        yield *common, *_source(observation), observation.key, observation.body.digest
    for key in changes.vanished:
        yield *common, stored_at, *_NO_SOURCE, key, None


def _source(observation: Observation) -> tuple[SqlValue, ...]:
    source = observation.source
    return (
        microseconds(observation.observed_at),
        source.endpoint,
        *_bounds(source.window),
        source.page,
        source.response_digest or None,
    )


def _update_heads(
    transaction: Transaction, collection: Collection, seq: int, changes: RecordDiff
) -> None:
    """Make the versions of this collection, one for each of its keys, the newest.

    They were inserted one after the other in this transaction, so that their numbers follow.
    """
    first = transaction.value("SELECT min(seq) FROM version WHERE collection = :seq", seq=seq)
    if first is None:
        return
    connection, kind = collection.connection, collection.kind
    heads = [
        (connection, kind, key, number, digest, bucket_of(key))
        for number, (key, digest) in enumerate(_changed(changes), start=first)
    ]
    transaction.insert_many(
        "current_version",
        ("connection", "kind", "key", "seq", "digest", "bucket"),
        heads,
        on_conflict="""(connection, kind, key)
            DO UPDATE SET seq = excluded.seq, digest = excluded.digest""",
    )
    populations.forget(transaction, connection, kind, {bucket for *_, bucket in heads})


def _changed(changes: RecordDiff) -> Iterator[tuple[str, str | None]]:
    """Yield keys and digests in the order in which their versions are stored."""
    for observation in changes.appended:
        yield observation.key, observation.body.digest
    for key in changes.vanished:
        yield key, None


def _insert_rejected(
    transaction: Transaction, rejected: Sequence[RejectedObject], seq: int
) -> Sequence[dict[str, SqlValue]]:
    compressor = Compressor()
    rows = []
    for refused in rejected:
        document = compress_body(json_codec.encode(refused), compressor)
        row: dict[str, SqlValue] = {
            "collection": seq,
            "key": refused.key,
            "digest": document.digest,
            "document": document.content,
        }
        transaction.insert("rejected", row)
        rows.append(row)
    return rows


def _bounds(window: Window | None) -> tuple[int | None, int | None]:
    return (
        (None, None) if window is None else (microseconds(window.since), microseconds(window.until))
    )
