"""Reading records back: the state at any moment, and the history of one key."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    exists,
    func,
    select,
)

from ccm_core.errors import IntegrityError
from ccm_core.model import json
from ccm_core.model.record import Record, Source
from ccm_core.model.window import Window
from ccm_core.store import tables
from ccm_core.store.batches import batches
from ccm_core.store.compression import Decompressor
from ccm_core.store.content import verified
from ccm_core.store.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection, Select

    from ccm_core.model.json import JsonObject

_version = tables.version.c
_STREAM = {"yield_per": 500}


def state(
    connection: Connection, name: str, kind: str, as_of: datetime | None, key: str | None = None
) -> Iterator[Record]:
    """Give the newest version of every key that has not vanished, sorted by key; or of one key."""
    return _read(connection, _state(connection, name, kind, as_of, key))


def keys(connection: Connection, name: str, kind: str, among: AbstractSet[str]) -> AbstractSet[str]:
    """Give those of some keys that stand."""
    head = tables.head.c
    standing = select(head.key).where(
        head.connection == name, head.kind == kind, head.digest.is_not(None)
    )
    return {
        key
        for batch in batches(sorted(among))
        for key in connection.scalars(standing.where(head.key.in_(batch)))
    }


def added(connection: Connection, collection: str) -> Iterator[Record]:
    """Give the records that a collection appended."""
    statement = (
        _records()
        .where(tables.collection.c.id == collection, _version.digest.is_not(None))
        .order_by(_version.seq)
    )
    return _read(connection, statement)


def history(
    connection: Connection, name: str, kind: str, key: str, as_of: datetime | None
) -> Iterator[Record]:
    """Give every kept version of one key, oldest first, without the tombstones."""
    statement = _records().where(
        _version.connection == name,
        _version.kind == kind,
        _version.key == key,
        _version.digest.is_not(None),
    )
    if as_of is not None:
        statement = statement.where(_version.kept_at <= microseconds(as_of))
    return _read(connection, statement.order_by(_version.seq))


def _kept_after(connection: Connection, name: str, kind: str, as_of: datetime) -> bool:
    """Say whether anything was kept later. If not, the heads are the state of that moment too."""
    collection = tables.collection.c
    newest = select(func.max(collection.ended_at)).where(
        collection.connection == name, collection.kind == kind
    )
    found = connection.scalar(newest)
    return found is not None and found > microseconds(as_of)


def erased(
    connection: Connection, name: str, kind: str, as_of: datetime | None
) -> Iterator[tuple[str, Window | None]]:
    """Give the keys that stand without a body, each with the window in which it was read."""
    if not connection.scalar(select(exists().select_from(tables.erased))):
        return
    statement = _state(connection, name, kind, as_of).where(tables.body.c.digest.is_(None))
    for record in _read(connection, statement):
        yield record.key, record.source.window


def erased_when(connection: Connection, digest: str) -> datetime | None:
    """Say when the body of a digest was erased by order; None where it was not."""
    erasure = tables.erasure.c
    moment = connection.scalar(
        select(erasure.erased_at)
        .join(tables.erased, tables.erased.c.erasure == erasure.seq)
        .where(tables.erased.c.digest == digest)
    )
    return None if moment is None else instant(moment)


def _state(
    connection: Connection, name: str, kind: str, as_of: datetime | None, key: str | None = None
) -> Select[Any]:
    if as_of is None or not _kept_after(connection, name, kind, as_of):
        standing, column = _standing(name, kind), tables.head.c.key
    else:
        standing, column = _stood(name, kind, as_of), _version.key
    return standing if key is None else standing.where(column == key)


def _standing(name: str, kind: str) -> Select[Any]:
    head = tables.head.c
    return (
        _records()
        .join(tables.head, head.seq == _version.seq)
        .where(head.connection == name, head.kind == kind, head.digest.is_not(None))
        .order_by(head.key)
    )


def _stood(name: str, kind: str, as_of: datetime) -> Select[Any]:
    """Newest is what was kept last, not what bears the latest time: clocks go backwards."""
    moment = microseconds(as_of)
    later = tables.version.alias("later").c
    newer = exists().where(
        later.connection == name,
        later.kind == kind,
        later.key == _version.key,
        later.seq > _version.seq,
        later.kept_at <= moment,
    )
    return (
        _records()
        .where(
            _version.connection == name,
            _version.kind == kind,
            _version.kept_at <= moment,
            _version.digest.is_not(None),
            ~newer,
        )
        .order_by(_version.key)
    )


def _records() -> Select[Any]:
    return (
        select(
            _version.connection,
            _version.kind,
            _version.kind_version,
            _version.key,
            _version.digest,
            _version.observed_at,
            _version.endpoint,
            _version.window_since,
            _version.window_until,
            _version.page,
            _version.response_digest,
            tables.collection.c.id,
            tables.body.c.content,
        )
        .select_from(tables.version)
        .join(tables.collection, tables.collection.c.seq == _version.collection)
        .outerjoin(tables.body, tables.body.c.digest == _version.digest)
    )


def _read(connection: Connection, statement: Select[Any]) -> Iterator[Record]:
    decompressor = Decompressor()
    names: dict[str, str] = {}
    for row in connection.execute(statement, execution_options=_STREAM):
        yield _record(row, connection, decompressor, names)


def _record(
    row: tuple[Any, ...], database: Connection, decompressor: Decompressor, names: dict[str, str]
) -> Record:
    name, kind, version, key, digest, observed_at, *source, collection, content = row
    # All records of a collection hold the same texts, not copies of them.
    name, kind, collection = (names.setdefault(one, one) for one in (name, kind, collection))
    erased_at = None if content is not None else _erased(database, digest, row)
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
) -> Source:
    asked = None if since is None or until is None else Window(instant(since), instant(until))
    return Source(endpoint=endpoint, window=asked, page=page, response_digest=response_digest)


def _body(
    content: bytes, digest: str, row: tuple[Any, ...], decompressor: Decompressor
) -> JsonObject:
    try:
        body: JsonObject = json.decode(verified(content, digest, decompressor))
    except ValueError as error:
        raise IntegrityError(
            f"the stored body of {_named(row)} is not what was kept: {error}. Restore the store "
            "from a backup."
        ) from error
    return body


def _erased(database: Connection, digest: str, row: tuple[Any, ...]) -> datetime:
    moment = erased_when(database, digest)
    if moment is None:
        raise IntegrityError(
            f"the stored body of {_named(row)} is not there: it should have {digest}. Restore "
            "the store from a backup."
        )
    return moment


def _named(row: tuple[Any, ...]) -> str:
    name, kind, _, key, *_ = row
    return f"{kind} {key!r} of {name}"
