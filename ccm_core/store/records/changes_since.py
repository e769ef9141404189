"""What was kept of a kind since a mark: what whoever holds the rest has to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evidence.watermark import Watermark, ChangesSince
from ccm_core.store.records.query import among
from ccm_core.store.sql.columns import microseconds

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.store.sql.transaction import Transaction

_NEWEST = """
SELECT seq, id FROM collection
WHERE connection = :name AND kind = :kind
ORDER BY seq DESC LIMIT 1
"""
_ENDED = """
SELECT max(ended_at) FROM collection
WHERE connection = :name AND kind = :kind AND seq > :before
"""
_CHANGED = """
SELECT version.key
FROM collection JOIN version ON version.collection = collection.seq
WHERE collection.connection = :name AND collection.kind = :kind AND collection.seq > :before
"""

_BROUGHT_BACK = """
SELECT EXISTS (
    SELECT 1 FROM version JOIN erased ON erased.digest = version.digest
    WHERE version.collection > :anywhere
)
"""
"""Whether a body that had been erased was observed again, be it through another connection."""


def since(
    transaction: Transaction, name: str, kind: str, mark: Watermark | None, as_of: datetime
) -> ChangesSince | None:
    """Say what was kept since a mark; None where that cannot be told for certain."""
    newest = _newest(transaction, name, kind, mark)
    if newest.ended > microseconds(as_of):
        return None  # something was kept later: the state of that moment is not what stands
    if mark is None:
        return ChangesSince(mark=newest)
    same = (mark.store, mark.erasure) == (newest.store, newest.erasure)
    if not same or not _is_there(transaction, mark):
        return None
    if transaction.value(_BROUGHT_BACK, anywhere=mark.anywhere):
        return None
    keys = frozenset(transaction.column(_CHANGED, name=name, kind=kind, before=mark.place))
    return ChangesSince(
        mark=newest, changed=keys, records=tuple(among(transaction, name, kind, keys))
    )


def _newest(transaction: Transaction, name: str, kind: str, mark: Watermark | None) -> Watermark:
    """Give the mark of what is kept now; of what an earlier one covers only its end is needed."""
    place, collection = transaction.row(_NEWEST, name=name, kind=kind) or (0, "")
    before = mark.place if mark else 0
    ended = transaction.value(_ENDED, name=name, kind=kind, before=before)
    return Watermark(
        store=transaction.value("SELECT identity FROM store"),
        place=place,
        collection=collection,
        ended=max(ended or 0, mark.ended if mark else 0),
        erasure=transaction.value("SELECT id FROM erasure ORDER BY seq DESC LIMIT 1") or "",
        anywhere=transaction.value("SELECT max(seq) FROM collection") or 0,
    )


def _is_there(transaction: Transaction, mark: Watermark) -> bool:
    """Whether the store still has the collection that was the newest when the mark was made."""
    if not mark.place:
        return True
    found = transaction.value("SELECT id FROM collection WHERE seq = :seq", seq=mark.place)
    return bool(found == mark.collection)
