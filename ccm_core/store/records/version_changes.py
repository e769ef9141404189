"""How the records of a kind changed in a period, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evidence.version_change import VersionChange
from ccm_core.store.records import query
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ccm_core.model.evidence.record import Record
    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_CHANGED = """
SELECT version.seq, version.key, version.digest, version.stored_at,
    (
        SELECT max(earlier.seq) FROM version AS earlier
        WHERE earlier.connection = :connection AND earlier.kind = :kind
            AND earlier.key = version.key AND earlier.seq < version.seq
    ),
    (
        SELECT max(earlier.ended_at) FROM collection AS earlier
        WHERE earlier.connection = :connection AND earlier.kind = :kind
            AND earlier.seq < version.collection AND earlier.outcome = 'complete'
    )
FROM collection JOIN version ON version.collection = collection.seq
WHERE collection.connection = :connection AND collection.kind = :kind
    AND collection.ended_at > :since AND collection.ended_at <= :until
ORDER BY version.seq
"""
_PART = 500
"""How many changes are read together."""


def version_changes(
    transaction: Transaction, connection: str, kind: str, since: datetime, until: datetime
) -> Iterator[VersionChange]:
    """Yield the changes that were stored in a period, in the order in which they were.

    What the first collection of the kind found is no change.
    """
    rows = list(
        transaction.rows(
            _CHANGED,
            connection=connection,
            kind=kind,
            since=microseconds(since),
            until=microseconds(until),
        )
    )
    rows = [row for row in rows if row[5] is not None]
    for start in range(0, len(rows), _PART):
        part = rows[start : start + _PART]
        numbers = {number for row in part for number in (row[0], row[4]) if number is not None}
        versions = query.versions(transaction, sorted(numbers))
        yield from _changes(connection, kind, part, versions)


def _changes(
    connection: str, kind: str, rows: Sequence[Row], versions: Mapping[int, Record]
) -> Iterator[VersionChange]:
    for number, key, _, stored_at, earlier, read_at in rows:
        before = None if earlier is None else versions.get(earlier)
        after = versions.get(number)
        if (before and before.digest) == (after and after.digest):
            continue  # stored again because a clock had run ahead
        yield VersionChange(
            connection=connection,
            kind=kind,
            key=key,
            before=before,
            after=after,
            since=instant(read_at),
            until=instant(stored_at),
        )
