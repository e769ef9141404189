"""The stored bytes whose digests are in leaves: what bundles hold beside the leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.store.codec.bodies import verified
from ccm_core.store.log import content_dictionaries
from ccm_core.store.log.evaluation_frames import BASE_DOCUMENT
from ccm_core.store.log.evaluation_frames import decompressor as evaluation_decompressor
from ccm_core.store.sql.transaction import batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.store.codec.compression import Decompressor
    from ccm_core.store.sql.transaction import Transaction

CONTENTS = {
    "version": "SELECT digest, content, NULL FROM body WHERE digest IN (:values)",
    "collection": "SELECT digest, document, NULL FROM collection WHERE digest IN (:values)",
    "manifest": "SELECT digest, document, NULL FROM manifest WHERE digest IN (:values)",
    "rejected": "SELECT digest, document, NULL FROM rejected WHERE digest IN (:values)",
    "evaluation": f"""
        SELECT digest, document, {BASE_DOCUMENT} FROM evaluation WHERE digest IN (:values)
        """,
    "document": "SELECT digest, document, NULL FROM document WHERE digest IN (:values)",
}
"""The query for the bytes whose digests are in leaves of a type, and what they are read with."""


def contents(
    transaction: Transaction, leaf_type: str, digests: Iterable[str]
) -> Iterator[tuple[str, bytes | None]]:
    """Yield the stored bytes of digests in their order; None for what is not there any more.

    Args:
        transaction: On the database.
        leaf_type: Of the leaves that hold the digests; a key of :data:`CONTENTS`.
        digests: Which.

    Raises:
        IntegrityError: Bytes do not have their digest.
    """
    decompressor = content_dictionaries.reader(transaction)
    for batch in batches(digests):
        rows = transaction.rows_in(CONTENTS[leaf_type], batch)
        stored = {digest: (content, base) for digest, content, base in rows}
        for digest in batch:
            content, base = stored.get(digest, (None, None))
            yield (
                digest,
                None if content is None else _bytes(leaf_type, digest, content, base, decompressor),
            )


def _bytes(
    leaf_type: str, digest: str, content: bytes, base: bytes | None, decompressor: Decompressor
) -> bytes:
    try:
        reader = decompressor if base is None else evaluation_decompressor(base)
        return verified(content, digest, reader)
    except ValueError as error:
        raise IntegrityError(
            f"the stored {leaf_type} {digest} is damaged: {error}. Restore the store from a backup."
        ) from error
