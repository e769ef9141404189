"""How much of each kind stands in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    func,
    select,
)

from ccm_core.store import tables
from ccm_core.store.instants import instant, microseconds
from ccm_core.store.interface import KindCount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Select

_collection = tables.collection.c
_version = tables.version.c
_Numbers = dict[tuple[str, str], int]


def counts(connection: Connection, as_of: datetime | None) -> Sequence[KindCount]:
    """Count what stands, by connection and kind, sorted; every kind ever collected is there."""
    records = _numbers(connection, _standing(as_of))
    versions = _numbers(connection, _versions(as_of))
    rejected = _numbers(connection, _rejected(as_of))
    return [
        KindCount(
            connection=name,
            kind=kind,
            version=version,
            records=records.get((name, kind), 0),
            versions=versions.get((name, kind), 0),
            rejected=rejected.get((name, kind), 0),
            last_collected_at=instant(ended_at),
            last_outcome=outcome,
        )
        for name, kind, version, ended_at, outcome in connection.execute(_last(as_of))
    ]


def _numbers(connection: Connection, statement: Select[Any]) -> _Numbers:
    return {(name, kind): number for name, kind, number in connection.execute(statement)}


def _last(as_of: datetime | None) -> Select[Any]:
    last = (
        select(func.max(_collection.seq))
        .where(*_by(_collection.ended_at, as_of))
        .group_by(_collection.connection, _collection.kind)
    )
    return (
        select(
            _collection.connection,
            _collection.kind,
            _collection.kind_version,
            _collection.ended_at,
            _collection.outcome,
        )
        .where(_collection.seq.in_(last))
        .order_by(_collection.connection, _collection.kind)
    )


def _standing(as_of: datetime | None) -> Select[Any]:
    if as_of is None:
        head = tables.head.c
        return select(head.connection, head.kind, func.count(head.digest)).group_by(
            head.connection, head.kind
        )
    newest = (
        select(func.max(_version.seq))
        .where(*_by(_version.kept_at, as_of))
        .group_by(_version.connection, _version.kind, _version.key)
    )
    return (
        select(_version.connection, _version.kind, func.count(_version.digest))
        .where(_version.seq.in_(newest))
        .group_by(_version.connection, _version.kind)
    )


def _versions(as_of: datetime | None) -> Select[Any]:
    return (
        select(_version.connection, _version.kind, func.count(_version.digest))
        .where(*_by(_version.kept_at, as_of))
        .group_by(_version.connection, _version.kind)
    )


def _rejected(as_of: datetime | None) -> Select[Any]:
    return (
        select(_collection.connection, _collection.kind, func.count())
        .join(tables.rejected, tables.rejected.c.collection == _collection.seq)
        .where(*_by(_collection.ended_at, as_of))
        .group_by(_collection.connection, _collection.kind)
    )


def _by(column: ColumnElement[int], as_of: datetime | None) -> list[ColumnElement[bool]]:
    return [] if as_of is None else [column <= microseconds(as_of)]
