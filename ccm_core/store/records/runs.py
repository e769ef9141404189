"""Runs, their manifests and collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.errors import StoreError
from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.run import OpenRun
from ccm_core.store.codec.bodies import damaged, decode_body, encode_body, verified
from ccm_core.store.log import content_dictionaries, sign_heads
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import MANIFEST, RUN
from ccm_core.store.records import run_queries
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.ledger.signed_note import Signing
    from ccm_core.store.sql.database import Database
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

_END_OF_TIME = 2**63 - 1
"""The greatest instant that a column holds: nothing is stored later."""


class SqlRunStore:
    """Runs in tables; see ``RunStore``."""

    def __init__(self, database: Database, signing: Signing) -> None:
        self._database = database
        self._signing = signing

    def begin(self, run: OpenRun) -> None:
        """Record that a run has begun."""
        with self._database.writing() as transaction:
            if transaction.value("SELECT seq FROM run WHERE id = :id", id=run.run):
                raise StoreError(f"run {run.run} was begun already in this store.")
            row: dict[str, SqlValue] = {
                "id": run.run,
                "connection": run.connection,
                "connector": run.connector,
                "started_at": microseconds(run.started_at),
            }
            transaction.insert("run", row)
            append_leaves(transaction, run.connection, [RUN.line(row)])

    def seal(self, manifest: Manifest) -> None:
        """Store the manifest of a run, and state and sign the heads."""
        signers = self._signing()  # before the store is locked: a person may have to be asked
        with self._database.writing() as transaction:
            run = open_run(transaction, manifest.run, manifest.connection)
            kind = content_dictionaries.MANIFESTS
            document = encode_body(manifest, content_dictionaries.compressor(transaction, kind))
            row: dict[str, SqlValue] = {
                "run": run,
                "ended_at": microseconds(manifest.ended_at),
                "digest": document.digest,
                "document": document.content,
            }
            transaction.insert("manifest", row)
            content_dictionaries.renew_documents(transaction, kind)
            leaf = MANIFEST.line(row, run=manifest.run)
            append_leaves(transaction, manifest.connection, [leaf])
            sign_heads.sign_heads(transaction, (manifest.connection,), signers, manifest.ended_at)

    def open_runs(self, connection: str) -> Sequence[OpenRun]:
        """List runs that were begun and never sealed, in the order in which they were begun."""
        with self._database.reading() as transaction:
            rows = transaction.rows(
                """
                SELECT run.id, run.connector, run.started_at
                FROM run LEFT JOIN manifest ON manifest.run = run.seq
                WHERE run.connection = :connection AND manifest.seq IS NULL
                ORDER BY run.seq
                """,
                connection=connection,
            )
            return [
                OpenRun(
                    run=run,
                    connection=connection,
                    connector=connector,
                    started_at=instant(started_at),
                )
                for run, connector, started_at in rows
            ]

    def collections(
        self,
        connection: str,
        kind: str | None = None,
        *,
        run: str | None = None,
        as_of: datetime | None = None,
        since: datetime | None = None,
    ) -> Sequence[Collection]:
        """List collections in the order in which they were stored."""
        statement = run_queries.COLLECTIONS if since is None else run_queries.COLLECTIONS_SINCE
        with self._database.reading() as transaction:
            rows = transaction.rows(
                statement.format("" if run is None else run_queries.OF_RUN),
                connection=connection,
                kind=kind,
                run=run,
                as_of=_latest(as_of),
                since=None if since is None else microseconds(since),
            )
            decompressor = content_dictionaries.reader(transaction)
            return [
                decode_body(document, digest, Collection, f"collection {name}", decompressor)
                for name, digest, document in rows
            ]

    def collection_digests(self, connection: str, *, as_of: datetime) -> Sequence[tuple[str, str]]:
        """List the ids of all collections with the stored digests."""
        return self._pairs(run_queries.COLLECTION_DIGESTS, connection, as_of)

    def manifest_digests(self, connection: str, *, as_of: datetime) -> Sequence[tuple[str, str]]:
        """List the runs of all manifests with the stored digests."""
        return self._pairs(run_queries.MANIFEST_DIGESTS, connection, as_of)

    def _pairs(self, statement: str, connection: str, as_of: datetime) -> Sequence[tuple[str, str]]:
        with self._database.reading() as transaction:
            rows = transaction.rows(statement, connection=connection, as_of=_latest(as_of))
            return [(name, digest) for name, digest in rows]

    def first_complete(self, connection: str, kind: str) -> datetime | None:
        """Return when the first complete collection of a kind ended."""
        query = """
            SELECT min(ended_at) FROM collection
            WHERE connection = :connection AND kind = :kind AND outcome = 'complete'
            """
        with self._database.reading() as transaction:
            moment = transaction.value(query, connection=connection, kind=kind)
        return None if moment is None else instant(moment)

    def account(self, connection: str, *, as_of: datetime) -> str | None:
        """Return the account of the newest collection that knows it; None where none does."""
        with self._database.reading() as transaction:
            account: str | None = transaction.value(
                run_queries.ACCOUNT, connection=connection, as_of=_latest(as_of)
            )
        return account

    def collections_of_others(self, connection: str, account: str | None) -> AbstractSet[str]:
        """Return the ids of collections that are known to be of another account."""
        if account is None:
            return frozenset()
        with self._database.reading() as transaction:
            ids = transaction.column(
                run_queries.OF_OTHER_ACCOUNTS, connection=connection, account=account
            )
            return frozenset(ids)

    def manifests(
        self,
        connection: str | None = None,
        *,
        as_of: datetime | None = None,
        since: datetime | None = None,
        last: int | None = None,
    ) -> Sequence[Manifest]:
        """List manifests in the order in which they were stored."""
        return self._manifests(connection, as_of, since, last)

    def newest_manifests(self, *, as_of: datetime | None = None) -> Sequence[Manifest]:
        """List the newest manifest of each connection."""
        with self._database.reading() as transaction:
            rows = [
                row
                for name in transaction.column(run_queries.CONNECTIONS)
                for row in transaction.rows(
                    run_queries.NEWEST_MANIFEST, connection=name, as_of=_latest(as_of)
                )
            ]
            return _decoded(transaction, rows)

    def manifest(self, run: str) -> Manifest | None:
        """Return the manifest of a run; None: it is open, or unknown."""
        with self._database.reading() as transaction:
            rows = transaction.rows(run_queries.MANIFEST_OF_RUN, run=run)
            return next(iter(_decoded(transaction, rows)), None)

    def manifest_documents(
        self, connection: str, *, as_of: datetime, since: datetime
    ) -> Iterator[tuple[str, bytes]]:
        """Yield manifests as stored after their digests: written anew, the bytes may be others."""
        with self._database.reading() as transaction:
            rows = transaction.rows(
                run_queries.MANIFESTS_SINCE.format(run_queries.OF_CONNECTION),
                connection=connection,
                as_of=_latest(as_of),
                since=microseconds(since),
            )
            decompressor = content_dictionaries.reader(transaction)
            for run, digest, document in rows:
                try:
                    yield digest, verified(document, digest, decompressor)
                except ValueError as error:
                    raise damaged(f"manifest of run {run}", error) from error

    def connections(self) -> Sequence[str]:
        """List the names of the connections that have runs, sorted."""
        with self._database.reading() as transaction:
            return list(transaction.column(run_queries.CONNECTIONS))

    def _manifests(
        self,
        connection: str | None,
        as_of: datetime | None,
        since: datetime | None,
        last: int | None,
    ) -> Sequence[Manifest]:
        statement = run_queries.MANIFESTS_SINCE if last is None else run_queries.LAST_MANIFESTS
        with self._database.reading() as transaction:
            rows = transaction.rows(
                statement.format("" if connection is None else run_queries.OF_CONNECTION),
                connection=connection,
                as_of=_latest(as_of),
                since=-_END_OF_TIME if since is None else microseconds(since),
                last=last,
            )
            manifests = _decoded(transaction, rows)
        return manifests if last is None else manifests[::-1]


def _latest(as_of: datetime | None) -> int:
    return _END_OF_TIME if as_of is None else microseconds(as_of)


def _decoded(transaction: Transaction, rows: Iterable[tuple[Any, ...]]) -> list[Manifest]:
    decompressor = content_dictionaries.reader(transaction)
    return [
        decode_body(document, digest, Manifest, f"manifest of run {run}", decompressor)
        for run, digest, document in rows
    ]


def open_run(transaction: Transaction, run: str, connection: str) -> int:
    """Return the row number of a run of a connection that is open.

    Raises:
        StoreError: It was never begun, or is sealed.
    """
    row = transaction.row(
        """
        SELECT run.seq, manifest.seq
        FROM run LEFT JOIN manifest ON manifest.run = run.seq
        WHERE run.id = :run AND run.connection = :connection
        """,
        run=run,
        connection=connection,
    )
    if row is None:
        raise StoreError(f"run {run} of {connection} was never begun in this store.")
    seq, sealed = row
    if sealed is not None:
        raise StoreError(
            f"run {run} of {connection} is sealed already; nothing can be added to it."
        )
    return int(seq)
