"""Queries for records: the newest versions now or at a moment, and how rows become records."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.model import json_codec
from ccm_core.model.evidence.record import Record, RecordSource
from ccm_core.model.evidence.window import Window
from ccm_core.store.codec.bodies import verified
from ccm_core.store.log import content_dictionaries
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.codec.compression import Decompressor
    from ccm_core.store.sql.driver import Row, SqlValue
    from ccm_core.store.sql.transaction import Transaction

_RECORDS = """
SELECT version.connection, version.kind, version.kind_version, version.key, version.digest,
    version.observed_at, version.endpoint, version.window_since, version.window_until,
    version.page, version.response_digest, collection.id, body.content
FROM version
JOIN collection ON collection.seq = version.collection
LEFT JOIN body ON body.digest = version.digest
"""

_CURRENT = f"""
{_RECORDS}
JOIN current_version ON current_version.seq = version.seq
WHERE current_version.connection = :connection AND current_version.kind = :kind
    AND current_version.digest IS NOT NULL {{}}
ORDER BY current_version.key
"""

_CURRENT_AS_OF = f"""
{_RECORDS}
WHERE version.connection = :connection AND version.kind = :kind AND version.stored_at <= :as_of
    AND version.digest IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM version AS later
        WHERE later.connection = :connection AND later.kind = :kind AND later.key = version.key
            AND later.seq > version.seq AND later.stored_at <= :as_of
    )
    {{}}
ORDER BY version.key
"""
"""Newest is what was stored last, not what has the latest time: clocks go backwards."""


_KEYS = """
SELECT key FROM current_version
WHERE connection = :connection AND kind = :kind AND digest IS NOT NULL AND key > :after
ORDER BY key LIMIT :size
"""
_KEYS_AS_OF = """
SELECT version.key FROM version
WHERE version.connection = :connection AND version.kind = :kind AND version.key > :after
    AND version.stored_at <= :as_of AND version.digest IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM version AS later
        WHERE later.connection = :connection AND later.kind = :kind AND later.key = version.key
            AND later.seq > version.seq AND later.stored_at <= :as_of
    )
ORDER BY version.key LIMIT :size
"""

_VANISHED = f"""
{_RECORDS}
WHERE version.connection = :connection AND version.kind = :kind AND version.stored_at <= :as_of
    AND version.digest IS NOT NULL
    AND EXISTS (
        SELECT 1 FROM version AS later
        WHERE later.connection = :connection AND later.kind = :kind AND later.key = version.key
            AND later.seq > version.seq AND later.stored_at <= :as_of
    )
    AND NOT EXISTS (
        SELECT 1 FROM version AS later
        WHERE later.connection = :connection AND later.kind = :kind AND later.key = version.key
            AND later.seq > version.seq AND later.stored_at <= :as_of
            AND later.digest IS NOT NULL
    )
ORDER BY version.key
"""
_END_OF_TIME = 2**63 - 1


def current(
    transaction: Transaction,
    connection: str,
    kind: str,
    as_of: datetime | None,
    *,
    key: str | None = None,
    without_body: bool = False,
) -> Iterator[Record]:
    """Yield the newest version of every key that has not vanished, sorted by key; or of one key."""
    condition = "AND body.digest IS NULL" if without_body else ""
    parameters = {"connection": connection, "kind": kind, "key": key}
    if as_of is None or not _stored_after(transaction, connection, kind, as_of):
        condition += "" if key is None else " AND current_version.key = :key"
        return _read(transaction, _CURRENT.format(condition), **parameters)
    condition += "" if key is None else " AND version.key = :key"
    query = _CURRENT_AS_OF.format(condition)
    return _read(transaction, query, as_of=microseconds(as_of), **parameters)


def get_many(
    transaction: Transaction,
    connection: str,
    kind: str,
    keys: AbstractSet[str],
    as_of: datetime | None = None,
) -> Iterator[Record]:
    """Yield the newest version of those of some keys that have not vanished, sorted by key."""
    parameters: dict[str, SqlValue] = {"connection": connection, "kind": kind}
    query = _CURRENT.format("AND current_version.key IN (:values)")
    if as_of is not None and _stored_after(transaction, connection, kind, as_of):
        query = _CURRENT_AS_OF.format("AND version.key IN (:values)")
        parameters["as_of"] = microseconds(as_of)
    return _records(transaction, transaction.rows_in(query, sorted(keys), **parameters))


def keys(
    transaction: Transaction,
    connection: str,
    kind: str,
    as_of: datetime | None,
    *,
    after: str,
    size: int,
) -> Sequence[str]:
    """List the next keys after one that have not vanished, sorted."""
    parameters: dict[str, SqlValue] = {"connection": connection, "kind": kind}
    query = _KEYS
    if as_of is not None and _stored_after(transaction, connection, kind, as_of):
        query = _KEYS_AS_OF
        parameters["as_of"] = microseconds(as_of)
    return list(transaction.column(query, after=after, size=size, **parameters))


def get_many_at(
    transaction: Transaction, connection: str, kind: str, keys: AbstractSet[str], collection: int
) -> Iterator[Record]:
    """Yield what the newest version of those of some keys was, up to a number of a collection."""
    query = f"""
        {_RECORDS}
        WHERE version.digest IS NOT NULL AND version.seq IN (
            SELECT max(seq) FROM version
            WHERE connection = :connection AND kind = :kind AND key IN (:values)
                AND collection <= :collection
            GROUP BY key
        )
        """
    rows = transaction.rows_in(
        query, sorted(keys), connection=connection, kind=kind, collection=collection
    )
    return _records(transaction, rows)


def page(
    transaction: Transaction, connection: str, kind: str, after: str | None, size: int
) -> Iterator[Record]:
    """Yield the newest version of the next keys after one that have not vanished, sorted by key."""
    later = "" if after is None else "AND current_version.key > :after"
    query = _CURRENT.format(later) + " LIMIT :size"
    return _read(transaction, query, connection=connection, kind=kind, after=after, size=size)


def existing_keys(
    transaction: Transaction, connection: str, kind: str, keys: AbstractSet[str]
) -> AbstractSet[str]:
    """Return those of some keys that have not vanished."""
    query = """
        SELECT key FROM current_version
        WHERE connection = :connection AND kind = :kind AND digest IS NOT NULL
            AND key IN (:values)
        """
    rows = transaction.rows_in(query, sorted(keys), connection=connection, kind=kind)
    return {key for (key,) in rows}


def vanished(
    transaction: Transaction, connection: str, kind: str, as_of: datetime | None
) -> Iterator[Record]:
    """Yield the last version of every key that has vanished, sorted by key."""
    moment = _END_OF_TIME if as_of is None else microseconds(as_of)
    return _read(transaction, _VANISHED, connection=connection, kind=kind, as_of=moment)


def vanished_keys(
    transaction: Transaction, connection: str, kind: str, keys: AbstractSet[str]
) -> AbstractSet[str]:
    """Return those of some keys that have vanished."""
    query = """
        SELECT key FROM current_version
        WHERE connection = :connection AND kind = :kind AND digest IS NULL AND key IN (:values)
        """
    rows = transaction.rows_in(query, sorted(keys), connection=connection, kind=kind)
    return {key for (key,) in rows}


def appended_by(transaction: Transaction, collection: str) -> Iterator[Record]:
    """Yield the records that a collection appended."""
    query = f"""
        {_RECORDS}
        WHERE collection.id = :collection AND version.digest IS NOT NULL
        ORDER BY version.seq
        """
    return _read(transaction, query, collection=collection)


def history(
    transaction: Transaction, connection: str, kind: str, key: str, as_of: datetime | None
) -> Iterator[Record]:
    """Yield every stored version of one key, oldest first, without tombstones."""
    until = "" if as_of is None else "AND version.stored_at <= :as_of"
    query = f"""
        {_RECORDS}
        WHERE version.connection = :connection AND version.kind = :kind AND version.key = :key
            AND version.digest IS NOT NULL {until}
        ORDER BY version.seq
        """
    return _read(
        transaction,
        query,
        connection=connection,
        kind=kind,
        key=key,
        as_of=None if as_of is None else microseconds(as_of),
    )


def versions(transaction: Transaction, numbers: Iterable[int]) -> Mapping[int, Record]:
    """Return versions by their numbers; a tombstone is left out."""
    query = f"{_RECORDS} WHERE version.seq = :number AND version.digest IS NOT NULL"
    return {
        number: record for number in numbers for record in _read(transaction, query, number=number)
    }


def erased_keys(
    transaction: Transaction, connection: str, kind: str, as_of: datetime | None
) -> Iterator[tuple[str, Window | None]]:
    """Yield the current keys that have no body, each with the window in which it was read."""
    if not transaction.value("SELECT EXISTS (SELECT 1 FROM erased)"):
        return
    for record in current(transaction, connection, kind, as_of, without_body=True):
        yield record.key, record.source.window


def _stored_after(transaction: Transaction, connection: str, kind: str, as_of: datetime) -> bool:
    """Whether anything was stored later. If not, the heads are those of that moment too."""
    newest = "SELECT max(ended_at) FROM collection WHERE connection = :connection AND kind = :kind"
    ended_at = transaction.value(newest, connection=connection, kind=kind)
    return ended_at is not None and ended_at > microseconds(as_of)


# -- rows become records ----------------------------------------------------------------------


def _read(transaction: Transaction, query: str, **parameters: SqlValue) -> Iterator[Record]:
    return _records(transaction, transaction.rows(query, **parameters))


def _records(transaction: Transaction, rows: Iterable[Row]) -> Iterator[Record]:
    decompressor = content_dictionaries.reader(transaction)
    interned: dict[str, str] = {}
    intern = interned.setdefault
    # Evaluating reads records by the million: this loop calls no more than it must.
    for row in rows:
        connection, kind, version, key, digest, observed_at, *source, collection, content = row
        erased_at = None if content is not None else _erased_at(transaction, digest, row)
        yield Record(
            kind=intern(kind, kind),
            version=version,
            key=key,
            # All records of a collection refer to the same texts, not to copies of them.
            connection=intern(connection, connection),
            observed_at=instant(observed_at),
            collection=intern(collection, collection),
            source=_source(*source),
            body={} if erased_at else _body(content, digest, row, decompressor),
            digest=digest,
            erased_at=erased_at,
        )


@lru_cache(maxsize=4096)  # all of a page have the same
def _source(
    endpoint: str, since: int | None, until: int | None, page: int, response_digest: str | None
) -> RecordSource:
    window = None if since is None or until is None else Window(instant(since), instant(until))
    return RecordSource(
        endpoint=endpoint, window=window, page=page, response_digest=response_digest or ""
    )


def _body(content: bytes, digest: str, row: Row, decompressor: Decompressor) -> JsonObject:
    try:
        body: JsonObject = json_codec.decode_own(verified(content, digest, decompressor))
    except ValueError as error:
        raise IntegrityError(
            f"the stored body of {_label(row)} is damaged: {error}. Restore the "
            "store from a backup."
        ) from error
    return body


def _erased_at(transaction: Transaction, digest: str, row: Row) -> datetime:
    moment = transaction.value(
        """
        SELECT erasure.erased_at
        FROM erasure JOIN erased ON erased.erasure = erasure.seq
        WHERE erased.digest = :digest
        """,
        digest=digest,
    )
    if moment is None:
        raise IntegrityError(
            f"the stored body of {_label(row)} is missing: expected {digest}. Restore the store "
            "from a backup."
        )
    return instant(moment)


def _label(row: Row) -> str:
    connection, kind, _, key, *_ = row
    return f"{kind} {key!r} of {connection}"
