"""Keeping one window: what changed is appended, what vanished gets a tombstone."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from ccm_core.errors import StoreError
from ccm_core.model import json_codec
from ccm_core.store.codec.bodies import pack, packed
from ccm_core.store.codec.compression import Compressor
from ccm_core.store.log import ledger
from ccm_core.store.log.leaf_encoding import COLLECTION, REJECTED, VERSION
from ccm_core.store.records.diff import change, check, population_root, states_everything
from ccm_core.store.records.runs import open_run
from ccm_core.store.sql.batches import batches
from ccm_core.store.sql.columns import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.model.evidence.collection import Collection
    from ccm_core.model.evidence.record import Rejected
    from ccm_core.model.evidence.window import Window
    from ccm_core.store.interface import WriteBatch, Observation
    from ccm_core.store.records.diff import Change
    from ccm_core.store.sql.transaction import Transaction

_COMMON = ("connection", "kind", "kind_version", "collection", "kept_at")
_SOURCE = ("observed_at", "endpoint", "window_since", "window_until", "page", "response_digest")
_VERSION = (*_COMMON, *_SOURCE, "key", "digest")
_NOTHING = (None,) * (len(_SOURCE) - 1)
"""What a tombstone has of a source, beside when it was observed."""


def keep(transaction: Transaction, harvest: WriteBatch) -> Collection:
    """Keep a harvest; give its collection, counts filled in.

    Raises:
        StoreError: The run is not open, or the collection is kept already.
        ValueError: A key is observed twice.
    """
    check(harvest)
    run = open_run(transaction, harvest.collection.run, harvest.collection.connection)
    _refuse_twice(transaction, harvest.collection)
    changed = change(transaction, harvest)
    collection = _counted(harvest, changed)
    seq, leaf = _insert_collection(transaction, collection, run)
    _insert_bodies(transaction, changed.appended)
    versions = _insert_versions(transaction, collection, seq, changed)
    rejected = _insert_rejected(transaction, harvest.rejected, seq, collection.id)
    ledger.append(transaction, collection.connection, chain([leaf], versions, rejected))
    _move_heads(transaction, seq)
    return collection


def _refuse_twice(transaction: Transaction, collection: Collection) -> None:
    if transaction.value("SELECT seq FROM collection WHERE id = :id", id=collection.id):
        raise StoreError(f"collection {collection.id} is kept already; nothing was added.")


def _counted(harvest: WriteBatch, changed: Change) -> Collection:
    collection = harvest.collection
    counts = replace(
        collection.counts,
        appended=len(changed.appended),
        unchanged=len(harvest.observations) - len(changed.appended),
        tombstones=len(changed.vanished),
    )
    root = collection.population_root
    if root is None and states_everything(harvest):
        root = population_root((one.key, one.body.digest) for one in harvest.observations)
    return replace(collection, counts=counts, population_root=root)


def _insert_collection(
    transaction: Transaction, collection: Collection, run: int
) -> tuple[int, bytes]:
    document = pack(collection)
    since, until = _window(collection.window)
    row = {
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
        "digest": document.digest,
        "document": document.content,
    }
    seq = transaction.insert("collection", row)
    return seq, COLLECTION.line(row, run=collection.run)


def _insert_bodies(transaction: Transaction, observations: Sequence[Observation]) -> None:
    # Neighbours in an index are written together, so that a small cache is enough.
    bodies = sorted((one.body for one in observations), key=lambda body: body.digest)
    transaction.insert_rows(
        "body",
        ("digest", "size", "content"),
        ((body.digest, body.size, body.content) for body in bodies),
        on_conflict="DO NOTHING",
    )


def _insert_versions(
    transaction: Transaction, collection: Collection, seq: int, changed: Change
) -> Iterator[bytes]:
    """Insert versions as their leaves are taken, so that neither is ever held."""

    def inserted() -> Iterator[tuple[Any, ...]]:
        for some in batches(_versions(collection, seq, changed)):
            transaction.insert_rows("version", _VERSION, some)
            yield from some

    return VERSION.lines(_VERSION, inserted(), collection=collection.id)


def _versions(collection: Collection, seq: int, changed: Change) -> Iterator[tuple[Any, ...]]:
    kept_at = microseconds(collection.ended_at)
    common = (collection.connection, collection.kind, collection.version, seq, kept_at)
    for one in changed.appended:
        yield *common, *_source(one), one.key, one.body.digest
    for key in changed.vanished:
        yield *common, kept_at, *_NOTHING, key, None


def _source(observation: Observation) -> tuple[Any, ...]:
    source = observation.source
    observed_at = microseconds(observation.observed_at)
    return (
        observed_at,
        source.endpoint,
        *_window(source.window),
        source.page,
        source.response_digest,
    )


def _move_heads(transaction: Transaction, collection: int) -> None:
    """Make the versions of this collection, one for each of its keys, the newest."""
    transaction.execute(
        """
        INSERT INTO head (connection, kind, key, seq, digest)
        SELECT connection, kind, key, seq, digest FROM version WHERE collection = :collection
        ON CONFLICT (connection, kind, key)
        DO UPDATE SET seq = excluded.seq, digest = excluded.digest
        """,
        collection=collection,
    )


def _insert_rejected(
    transaction: Transaction, refused: Iterable[Rejected], seq: int, collection: str
) -> Iterator[bytes]:
    compressor = Compressor()
    for one in refused:
        kept = packed(json_codec.encode(one), compressor)
        row = {"collection": seq, "key": one.key, "digest": kept.digest, "document": kept.content}
        transaction.insert("rejected", row)
        yield REJECTED.line(row, collection=collection)


def _window(window: Window | None) -> tuple[int | None, int | None]:
    return (
        (None, None) if window is None else (microseconds(window.since), microseconds(window.until))
    )
