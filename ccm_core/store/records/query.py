"""Reading records back: the state at any moment, and the history of one key."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.model import json_codec
from ccm_core.model.evidence.record import Record, RecordSource
from ccm_core.model.evidence.window import Window
from ccm_core.store.codec.bodies import verified
from ccm_core.store.codec.compression import Decompressor
from ccm_core.store.sql.columns import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from typing import Any

    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.sql.transaction import Transaction, Values

_RECORDS = """
SELECT version.connection, version.kind, version.kind_version, version.key, version.digest,
    version.observed_at, version.endpoint, version.window_since, version.window_until,
    version.page, version.response_digest, collection.id, body.content
FROM version
JOIN collection ON collection.seq = version.collection
LEFT JOIN body ON body.digest = version.digest
"""

_STANDING = f"""
{_RECORDS}
JOIN head ON head.seq = version.seq
WHERE head.connection = :name AND head.kind = :kind AND head.digest IS NOT NULL {{}}
ORDER BY head.key
"""

_STOOD = f"""
{_RECORDS}
WHERE version.connection = :name AND version.kind = :kind AND version.kept_at <= :as_of
    AND version.digest IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM version AS later
        WHERE later.connection = :name AND later.kind = :kind AND later.key = version.key
            AND later.seq > version.seq AND later.kept_at <= :as_of
    )
    {{}}
ORDER BY version.key
"""
"""Newest is what was kept last, not what bears the latest time: clocks go backwards."""


def state(
    transaction: Transaction, name: str, kind: str, as_of: datetime | None, key: str | None = None
) -> Iterator[Record]:
    """Give the newest version of every key that has not vanished, sorted by key; or of one key."""
    return _state(transaction, name, kind, as_of, key=key)


def keys(
    transaction: Transaction, name: str, kind: str, among: AbstractSet[str]
) -> AbstractSet[str]:
    """Give those of some keys that stand."""
    standing = """
        SELECT key FROM head
        WHERE connection = :name AND kind = :kind AND digest IS NOT NULL AND key IN (:among)
        """
    return {key for (key,) in transaction.among(standing, sorted(among), name=name, kind=kind)}


def among(
    transaction: Transaction, name: str, kind: str, keys: AbstractSet[str]
) -> Iterator[Record]:
    """Give the newest version of those of some keys that stand, sorted by key."""
    query = _STANDING.format("AND head.key IN (:among)")
    return _records(transaction, transaction.among(query, sorted(keys), name=name, kind=kind))


def added(transaction: Transaction, collection: str) -> Iterator[Record]:
    """Give the records that a collection appended."""
    query = f"""
        {_RECORDS}
        WHERE collection.id = :collection AND version.digest IS NOT NULL
        ORDER BY version.seq
        """
    return _read(transaction, query, collection=collection)


def history(
    transaction: Transaction, name: str, kind: str, key: str, as_of: datetime | None
) -> Iterator[Record]:
    """Give every kept version of one key, oldest first, without the tombstones."""
    until = "" if as_of is None else "AND version.kept_at <= :as_of"
    query = f"""
        {_RECORDS}
        WHERE version.connection = :name AND version.kind = :kind AND version.key = :key
            AND version.digest IS NOT NULL {until}
        ORDER BY version.seq
        """
    moment = as_of and microseconds(as_of)
    return _read(transaction, query, name=name, kind=kind, key=key, as_of=moment)


def erased(
    transaction: Transaction, name: str, kind: str, as_of: datetime | None
) -> Iterator[tuple[str, Window | None]]:
    """Give the keys that stand without a body, each with the window in which it was read."""
    if not transaction.value("SELECT EXISTS (SELECT 1 FROM erased)"):
        return
    for record in _state(transaction, name, kind, as_of, without_body=True):
        yield record.key, record.source.window


def erased_when(transaction: Transaction, digest: str) -> datetime | None:
    """Say when the body of a digest was erased by order; None where it was not."""
    moment = transaction.value(
        """
        SELECT erasure.erased_at
        FROM erasure JOIN erased ON erased.erasure = erasure.seq
        WHERE erased.digest = :digest
        """,
        digest=digest,
    )
    return None if moment is None else instant(moment)


def _state(
    transaction: Transaction,
    name: str,
    kind: str,
    as_of: datetime | None,
    *,
    key: str | None = None,
    without_body: bool = False,
) -> Iterator[Record]:
    narrowed = "AND body.digest IS NULL" if without_body else ""
    given = {"name": name, "kind": kind, "key": key}
    if as_of is None or not _kept_after(transaction, name, kind, as_of):
        narrowed += "" if key is None else " AND head.key = :key"
        return _read(transaction, _STANDING.format(narrowed), **given)
    narrowed += "" if key is None else " AND version.key = :key"
    return _read(transaction, _STOOD.format(narrowed), as_of=microseconds(as_of), **given)


def _kept_after(transaction: Transaction, name: str, kind: str, as_of: datetime) -> bool:
    """Say whether anything was kept later. If not, the heads are the state of that moment too."""
    newest = "SELECT max(ended_at) FROM collection WHERE connection = :name AND kind = :kind"
    found = transaction.value(newest, name=name, kind=kind)
    return found is not None and found > microseconds(as_of)


def _read(transaction: Transaction, query: str, **given: Any) -> Iterator[Record]:
    return _records(transaction, transaction.rows(query, **given))


def _records(transaction: Transaction, rows: Iterable[Values]) -> Iterator[Record]:
    decompressor = Decompressor()
    names: dict[str, str] = {}
    for row in rows:
        yield _record(row, transaction, decompressor, names)


def _record(
    row: Values, transaction: Transaction, decompressor: Decompressor, names: dict[str, str]
) -> Record:
    name, kind, version, key, digest, observed_at, *source, collection, content = row
    # All records of a collection hold the same texts, not copies of them.
    name, kind, collection = (names.setdefault(one, one) for one in (name, kind, collection))
    erased_at = None if content is not None else _erased(transaction, digest, row)
    return Record(
        kind=kind,
        version=version,
        key=key,
        connection=name,
        observed_at=instant(observed_at),
        collection=collection,
        source=_source(*source),
        body={} if erased_at else _body(content, digest, row, decompressor),
        digest=digest,
        erased_at=erased_at,
    )


@lru_cache(maxsize=4096)  # all of a page have the same
def _source(
    endpoint: str, since: int | None, until: int | None, page: int, response_digest: str
) -> RecordSource:
    asked = None if since is None or until is None else Window(instant(since), instant(until))
    return RecordSource(endpoint=endpoint, window=asked, page=page, response_digest=response_digest)


def _body(content: bytes, digest: str, row: Values, decompressor: Decompressor) -> JsonObject:
    try:
        body: JsonObject = json_codec.decode(verified(content, digest, decompressor))
    except ValueError as error:
        raise IntegrityError(
            f"the stored body of {_named(row)} is not what was kept: {error}. Restore the store "
            "from a backup."
        ) from error
    return body


def _erased(transaction: Transaction, digest: str, row: Values) -> datetime:
    moment = erased_when(transaction, digest)
    if moment is None:
        raise IntegrityError(
            f"the stored body of {_named(row)} is not there: it should have {digest}. Restore "
            "the store from a backup."
        )
    return moment


def _named(row: Values) -> str:
    name, kind, _, key, *_ = row
    return f"{kind} {key!r} of {name}"
