"""Runs, their manifests and collections, and what was refused in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import StoreError
from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.record import Rejected
from ccm_core.store.codec.bodies import pack, unpack
from ccm_core.store.interface import OpenRun
from ccm_core.store.log import ledger
from ccm_core.store.log.leaf_encoding import MANIFEST, RUN
from ccm_core.store.sql.columns import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.store.sql.transaction import Transaction

_END_OF_TIME = 2**63 - 1
"""The greatest instant that a column holds: nothing is kept later."""

_COLLECTIONS = """
SELECT id, digest, document
FROM collection
WHERE connection = :name
    AND (:kind IS NULL OR kind = :kind)
    {}
    AND ended_at <= :as_of
    AND (
        :since IS NULL
        OR ended_at > :since
        OR window_until > :since
        OR run IN (
            SELECT run FROM collection WHERE seq IN (
                SELECT max(seq)
                FROM collection
                WHERE connection = :name AND ended_at <= :as_of
                GROUP BY kind, window_since IS NOT NULL, outcome
            )
        )
    )
ORDER BY seq
"""
"""Since an instant are those about it or later, and those in a run with the newest of a kind: what
is added to a collection is kept after it, in the same run."""

_OF_RUN = "AND run = (SELECT seq FROM run WHERE id = :run)"
"""Written only where it is asked for, so that its index is used."""


def begin(transaction: Transaction, run: OpenRun) -> None:
    """SignedNote that a run has begun."""
    if transaction.value("SELECT seq FROM run WHERE id = :id", id=run.run):
        raise StoreError(f"run {run.run} was begun already in this store.")
    row = {
        "id": run.run,
        "connection": run.connection,
        "connector": run.connector,
        "started_at": microseconds(run.started_at),
    }
    transaction.insert("run", row)
    ledger.append(transaction, run.connection, [RUN.line(row)])


def seal(transaction: Transaction, manifest: Manifest) -> None:
    """Write the manifest of a run and close it."""
    run = open_run(transaction, manifest.run, manifest.connection)
    packed = pack(manifest)
    row = {
        "run": run,
        "ended_at": microseconds(manifest.ended_at),
        "digest": packed.digest,
        "document": packed.content,
    }
    transaction.insert("manifest", row)
    ledger.append(transaction, manifest.connection, [MANIFEST.line(row, run=manifest.run)])


def open_run(transaction: Transaction, run: str, name: str) -> int:
    """Give the row number of a run of a connection that is open.

    Raises:
        StoreError: It was never begun, or is sealed.
    """
    known = transaction.row(
        """
        SELECT run.seq, manifest.seq
        FROM run LEFT JOIN manifest ON manifest.run = run.seq
        WHERE run.id = :run AND run.connection = :name
        """,
        run=run,
        name=name,
    )
    if known is None:
        raise StoreError(f"run {run} of {name} was never begun in this store.")
    seq, sealed = known
    if sealed is not None:
        raise StoreError(f"run {run} of {name} is sealed already; nothing can be added to it.")
    return int(seq)


def open_runs(transaction: Transaction, name: str) -> Sequence[OpenRun]:
    """List runs that were begun and never sealed, in the order in which they were begun."""
    rows = transaction.rows(
        """
        SELECT run.id, run.connector, run.started_at
        FROM run LEFT JOIN manifest ON manifest.run = run.seq
        WHERE run.connection = :name AND manifest.seq IS NULL
        ORDER BY run.seq
        """,
        name=name,
    )
    return [
        OpenRun(run=run, connection=name, connector=connector, started_at=instant(started_at))
        for run, connector, started_at in rows
    ]


def collections(
    transaction: Transaction,
    name: str,
    kind: str | None = None,
    *,
    run: str | None = None,
    as_of: datetime | None = None,
    since: datetime | None = None,
) -> Sequence[Collection]:
    """List collections in the order in which they were kept."""
    rows = transaction.rows(
        _COLLECTIONS.format("" if run is None else _OF_RUN),
        name=name,
        kind=kind,
        run=run,
        as_of=_END_OF_TIME if as_of is None else microseconds(as_of),
        since=None if since is None else microseconds(since),
    )
    return [
        unpack(document, digest, Collection, f"collection {collection}")
        for collection, digest, document in rows
    ]


def manifests(
    transaction: Transaction, name: str | None, as_of: datetime | None
) -> Sequence[tuple[str, Manifest]]:
    """List manifests, each with the digest of its bytes, in the order in which they were written.

    The digest is the stored one: written by another version, a manifest is not the same bytes.
    """
    of_one = "" if name is None else "AND run.connection = :name"
    rows = transaction.rows(
        f"""
        SELECT run.id, manifest.digest, manifest.document
        FROM manifest JOIN run ON run.seq = manifest.run
        WHERE manifest.ended_at <= :as_of {of_one}
        ORDER BY manifest.seq
        """,
        name=name,
        as_of=_END_OF_TIME if as_of is None else microseconds(as_of),
    )
    return [
        (digest, unpack(document, digest, Manifest, f"manifest of run {run}"))
        for run, digest, document in rows
    ]


def rejected(transaction: Transaction, name: str, kind: str) -> Iterator[tuple[str, Rejected]]:
    """Give what was refused, with the id of its collection, in the order in which it was kept.

    What was erased is left out.
    """
    # What was erased has no bytes.
    rows = transaction.rows(
        """
        SELECT collection.id, rejected.key, rejected.digest, rejected.document
        FROM rejected JOIN collection ON collection.seq = rejected.collection
        WHERE collection.connection = :name AND collection.kind = :kind
            AND length(rejected.document) > 0
        ORDER BY rejected.seq
        """,
        name=name,
        kind=kind,
    )
    for collection, key, digest, document in rows:
        found = unpack(document, digest, Rejected, f"rejected {kind} {key!r} of {name}")
        yield collection, found


def connections(transaction: Transaction) -> Sequence[str]:
    """Name the connections that have runs, sorted."""
    return list(transaction.column("SELECT DISTINCT connection FROM run ORDER BY connection"))
