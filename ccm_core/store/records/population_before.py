"""The root over a kind as it was at a watermark, by the index as it is now and what was stored.

An index entry that somebody else changed since then is in it, so that root is another one than the
evaluation at the watermark sealed. It costs what changed, and a bucket for each change.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger.population import bucket_of
from ccm_core.store.records import populations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from ccm_core.store.sql.transaction import Transaction

_NEWEST = """
    SELECT key, digest, max(seq) FROM version
    WHERE connection = :connection AND kind = :kind AND collection <= :sequence AND key IN (:values)
    GROUP BY key
"""
"""SQLite takes the other columns from the row with the maximum."""
_CURRENT = """
    SELECT key, digest FROM current_version
    WHERE connection = :connection AND kind = :kind AND key IN (:values)
"""
_NOW = 2**63 - 1


def root_before(
    transaction: Transaction, connection: str, kind: str, sequence: int, keys: AbstractSet[str]
) -> str:
    """Return the root over a kind as it was when a collection was the newest.

    Args:
        transaction: Sees one state of the store.
        connection: Whose.
        kind: Which.
        sequence: The number of the collection.
        keys: Those of which a version was stored since.

    Raises:
        IntegrityError: The index has another version of one of the keys than was stored last.
    """
    newest = _digests(transaction, _NEWEST, connection, kind, keys, _NOW)
    current = _digests(transaction, _CURRENT, connection, kind, keys, None)
    differing = sorted(key for key in keys if newest.get(key) != current.get(key))
    if differing:
        raise IntegrityError(
            f"the index of {kind} of {connection} is damaged: of {differing[0]} it has another "
            "version than the one that was stored last. Run `ccm verify`, and restore the store "
            "from a backup."
        )
    before = _digests(transaction, _NEWEST, connection, kind, keys, sequence)
    reverted: dict[int, dict[str, str | None]] = defaultdict(dict)
    for key in keys:
        reverted[bucket_of(key)][key] = before.get(key)
    return populations.population(transaction, connection, kind, reverted).root


def _digests(
    transaction: Transaction,
    query: str,
    connection: str,
    kind: str,
    keys: Iterable[str],
    sequence: int | None,
) -> Mapping[str, str | None]:
    bound = {} if sequence is None else {"sequence": sequence}
    rows = transaction.rows_in(query, sorted(keys), connection=connection, kind=kind, **bound)
    return {row[0]: row[1] for row in rows}
