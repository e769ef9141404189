"""One page of the records of a kind, in the order of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from ccm_core.web.answers import NotFound

if TYPE_CHECKING:
    from ccm_core.model.evidence.record import Record
    from ccm_core.store.interface.evidence_store import EvidenceStore

_KEYS = 1000
"""Keys that are read at a time."""


def record_page(
    store: EvidenceStore, connection: str, kind: str, *, after: str, size: int
) -> tuple[Sequence[Record], str | None]:
    """Return the records whose keys follow one, and the last key of the page; None: it is the last.

    Args:
        store: Where they are.
        connection: Whose.
        kind: Of which kind.
        after: The last key of the page before; empty: from the first on.
        size: At most so many.

    Raises:
        NotFound: The connection has no evidence of the kind.
    """
    if kind not in store.records.sizes(connection):
        raise NotFound(f"the store has no {kind} of {connection}")
    pages = store.records.key_pages(connection, kind, _KEYS)
    keys = list(islice((key for page in pages for key in page if key > after), size + 1))
    found = list(store.records.get_many(connection, kind, {*keys[:size]}))
    return found, keys[size - 1] if len(keys) > size else None
