"""What was stored of a kind since a watermark: what whoever has the rest needs to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evidence.watermark import ChangesSince, Watermark
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.store.sql.transaction import Transaction

_NEWEST = """
SELECT seq, id FROM collection
WHERE connection = :connection AND kind = :kind
ORDER BY seq DESC LIMIT 1
"""
_ENDED = """
SELECT max(ended_at) FROM collection
WHERE connection = :connection AND kind = :kind AND seq > :seq
"""
_CHANGED = """
SELECT version.key
FROM collection JOIN version ON version.collection = collection.seq
WHERE collection.connection = :connection AND collection.kind = :kind AND collection.seq > :seq
"""

_REAPPEARED = """
SELECT EXISTS (
    SELECT 1 FROM version JOIN erased ON erased.digest = version.digest
    WHERE version.collection > :seq
)
"""
"""Whether a body that had been erased was observed again, be it through another connection."""


def changes_since(
    transaction: Transaction,
    connection: str,
    kind: str,
    watermark: Watermark | None,
    as_of: datetime,
) -> ChangesSince | None:
    """Read what was stored since a watermark; return None where that is not certain."""
    newest = _newest(transaction, connection, kind, watermark)
    if newest.ended > microseconds(as_of):
        return None  # something was stored later: the heads are not those of that moment
    if watermark is None:
        return ChangesSince(watermark=newest)
    same_store = (watermark.store, watermark.erasure) == (newest.store, newest.erasure)
    if not same_store or not _has_collection(transaction, watermark):
        return None
    if transaction.value(_REAPPEARED, seq=watermark.store_sequence):
        return None
    keys = frozenset(
        transaction.column(_CHANGED, connection=connection, kind=kind, seq=watermark.sequence)
    )
    return ChangesSince(watermark=newest, since=watermark, changed_keys=keys)


def _newest(
    transaction: Transaction, connection: str, kind: str, watermark: Watermark | None
) -> Watermark:
    """Return the watermark of what is stored now; an earlier one saves reading what it covers."""
    sequence, collection = transaction.row(_NEWEST, connection=connection, kind=kind) or (0, "")
    before = watermark.sequence if watermark else 0
    ended = transaction.value(_ENDED, connection=connection, kind=kind, seq=before)
    return Watermark(
        store=transaction.value("SELECT identity FROM store"),
        sequence=sequence,
        collection=collection,
        ended=max(ended or 0, watermark.ended if watermark else 0),
        erasure=transaction.value("SELECT id FROM erasure ORDER BY seq DESC LIMIT 1") or "",
        store_sequence=transaction.value("SELECT max(seq) FROM collection") or 0,
    )


def _has_collection(transaction: Transaction, watermark: Watermark) -> bool:
    """Whether the collection that was the newest at the watermark is still stored."""
    if not watermark.sequence:
        return True
    query = "SELECT id FROM collection WHERE seq = :seq"
    return bool(transaction.value(query, seq=watermark.sequence) == watermark.collection)
