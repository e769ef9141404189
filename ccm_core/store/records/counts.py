"""How many records of each kind the store has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evaluation.derived import DERIVED
from ccm_core.model.evidence.collection import KindCount
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ccm_core.store.sql.transaction import Transaction

_Numbers = dict[tuple[str, str], int]


def counts(transaction: Transaction, as_of: datetime | None) -> Sequence[KindCount]:
    """Count current records by connection and kind, sorted; every kind ever collected is there.

    Rows and verdicts are no evidence, and are not counted.
    """
    moment = None if as_of is None else microseconds(as_of)
    records = _numbers(transaction, _current(moment), moment)
    versions = _numbers(transaction, _versions(moment), moment)
    rejected = _numbers(transaction, _rejected(moment), moment)
    rows = transaction.rows(_last(moment), as_of=moment)
    return [
        KindCount(
            connection=connection,
            kind=kind,
            version=version,
            records=records.get((connection, kind), 0),
            versions=versions.get((connection, kind), 0),
            rejected=rejected.get((connection, kind), 0),
            last_collected_at=instant(ended_at),
            last_outcome=outcome,
        )
        for connection, kind, version, ended_at, outcome in rows
    ]


def _numbers(transaction: Transaction, statement: str, as_of: int | None) -> _Numbers:
    rows = transaction.rows(statement, as_of=as_of)
    return {(connection, kind): number for connection, kind, number in rows}


def _last(as_of: int | None) -> str:
    return f"""
        SELECT connection, kind, kind_version, ended_at, outcome
        FROM collection
        WHERE seq IN (
            SELECT max(seq)
            FROM collection
            {_until("ended_at", as_of)}
            GROUP BY connection, kind
        )
        AND connection NOT LIKE '%{DERIVED}'
        ORDER BY connection, kind
    """


def _current(as_of: int | None) -> str:
    if as_of is None:
        return (
            "SELECT connection, kind, count(digest) FROM current_version GROUP BY connection, kind"
        )
    return f"""
        SELECT connection, kind, count(digest)
        FROM version
        WHERE seq IN (
            SELECT max(seq)
            FROM version
            {_evidence("stored_at", as_of)}
            GROUP BY connection, kind, key
        )
        GROUP BY connection, kind
    """


def _versions(as_of: int | None) -> str:
    return f"""
        SELECT connection, kind, count(digest)
        FROM version
        {_evidence("stored_at", as_of)}
        GROUP BY connection, kind
    """


def _rejected(as_of: int | None) -> str:
    return f"""
        SELECT collection.connection, collection.kind, count(*)
        FROM collection
        JOIN rejected ON rejected.collection = collection.seq
        {_until("collection.ended_at", as_of)}
        GROUP BY collection.connection, collection.kind
    """


def _until(column: str, as_of: int | None) -> str:
    return "" if as_of is None else f"WHERE {column} <= :as_of"


def _evidence(column: str, as_of: int | None) -> str:
    """Return the condition on versions of evidence: of rows and verdicts there are many."""
    until = "" if as_of is None else f"AND {column} <= :as_of"
    return f"WHERE connection NOT LIKE '%{DERIVED}' {until}"
