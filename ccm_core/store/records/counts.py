"""How much of each kind stands in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.store.interface import KindCount
from ccm_core.store.sql.columns import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ccm_core.store.sql.transaction import Transaction

_Numbers = dict[tuple[str, str], int]


def counts(transaction: Transaction, as_of: datetime | None) -> Sequence[KindCount]:
    """Count what stands, by connection and kind, sorted; every kind ever collected is there."""
    moment = None if as_of is None else microseconds(as_of)
    records = _numbers(transaction, _standing(moment), moment)
    versions = _numbers(transaction, _versions(moment), moment)
    rejected = _numbers(transaction, _rejected(moment), moment)
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
        for name, kind, version, ended_at, outcome in transaction.rows(_last(moment), as_of=moment)
    ]


def _numbers(transaction: Transaction, statement: str, as_of: int | None) -> _Numbers:
    rows = transaction.rows(statement, as_of=as_of)
    return {(name, kind): number for name, kind, number in rows}


def _last(as_of: int | None) -> str:
    return f"""
        SELECT connection, kind, kind_version, ended_at, outcome
        FROM collection
        WHERE seq IN (
            SELECT max(seq)
            FROM collection
            {_by("ended_at", as_of)}
            GROUP BY connection, kind
        )
        ORDER BY connection, kind
    """


def _standing(as_of: int | None) -> str:
    if as_of is None:
        return "SELECT connection, kind, count(digest) FROM head GROUP BY connection, kind"
    return f"""
        SELECT connection, kind, count(digest)
        FROM version
        WHERE seq IN (
            SELECT max(seq)
            FROM version
            {_by("kept_at", as_of)}
            GROUP BY connection, kind, key
        )
        GROUP BY connection, kind
    """


def _versions(as_of: int | None) -> str:
    return f"""
        SELECT connection, kind, count(digest)
        FROM version
        {_by("kept_at", as_of)}
        GROUP BY connection, kind
    """


def _rejected(as_of: int | None) -> str:
    return f"""
        SELECT collection.connection, collection.kind, count(*)
        FROM collection
        JOIN rejected ON rejected.collection = collection.seq
        {_by("collection.ended_at", as_of)}
        GROUP BY collection.connection, collection.kind
    """


def _by(column: str, as_of: int | None) -> str:
    return "" if as_of is None else f"WHERE {column} <= :as_of"
