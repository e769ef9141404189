"""How many records of each kind are current, as the index has it: no version is read for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.population import BUCKETS
from ccm_core.model.evidence.collection import CurrentCount
from ccm_core.store.records import run_queries
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.store.sql.transaction import Transaction

_LATER = """
    SELECT EXISTS (
        SELECT 1 FROM collection WHERE connection = :connection AND ended_at > :as_of
    )
"""
"""A version is stored when its collection ends."""
_KINDS = """
    WITH RECURSIVE named(kind) AS (
        SELECT min(kind) FROM collection WHERE connection = :connection
        UNION ALL
        SELECT (
            SELECT min(kind) FROM collection WHERE connection = :connection AND kind > named.kind
        )
        FROM named WHERE named.kind IS NOT NULL
    )
    SELECT kind FROM named WHERE kind IS NOT NULL
"""
_LAST = """
    SELECT kind_version, ended_at, outcome FROM collection
    WHERE connection = :connection AND kind = :kind ORDER BY seq DESC LIMIT 1
"""
_IN_BUCKETS = """
    SELECT count(*), sum(records) FROM population_bucket
    WHERE connection = :connection AND kind = :kind
"""
_IN_INDEX = """
    SELECT count(digest) FROM current_version WHERE connection = :connection AND kind = :kind
"""


def current_counts(transaction: Transaction, as_of: datetime) -> Sequence[CurrentCount] | None:
    """Count current records by connection and kind, sorted; every kind ever collected is there.

    Returns:
        None where something was stored after that moment: then they are not those of it.
    """
    moment, connections = microseconds(as_of), list(transaction.column(run_queries.CONNECTIONS))
    for connection in connections:
        if transaction.value(_LATER, connection=connection, as_of=moment):
            return None
    return [count for connection in connections for count in _counts(transaction, connection)]


def sizes(transaction: Transaction, connection: str) -> dict[str, int]:
    """Count the current records of one connection by kind, whenever they were stored."""
    kinds = list(transaction.column(_KINDS, connection=connection))
    return {kind: _records(transaction, connection, kind) for kind in kinds}


def _counts(transaction: Transaction, connection: str) -> Iterator[CurrentCount]:
    for kind in list(transaction.column(_KINDS, connection=connection)):
        row = transaction.row(_LAST, connection=connection, kind=kind)
        if row is not None:
            version, ended_at, outcome = row
            yield CurrentCount(
                connection=connection,
                kind=kind,
                version=version,
                records=_records(transaction, connection, kind),
                last_collected_at=instant(ended_at),
                last_outcome=outcome,
            )


def _records(transaction: Transaction, connection: str, kind: str) -> int:
    """Count the current records of a kind: of a large one, what is kept of its parts."""
    parts, records = transaction.row(_IN_BUCKETS, connection=connection, kind=kind) or (0, 0)
    if parts == BUCKETS:
        return int(records)
    return int(transaction.value(_IN_INDEX, connection=connection, kind=kind))
