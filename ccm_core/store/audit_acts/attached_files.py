"""The bytes of files that people attach, each once, however many pieces of evidence it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.store.codec.bodies import damaged, verified
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import ATTACHED_FILE

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ccm_core.model.evidence.write_batch import EncodedBody
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

_ORDER = """
    SELECT erasure.id, erasure.reason FROM erased JOIN erasure ON erasure.seq = erased.erasure
    WHERE erased.digest = :digest
"""


def append(transaction: Transaction, content: EncodedBody) -> None:
    """Store the bytes of a file with their leaf, unless they are there.

    Raises:
        UsageError: They were erased by order.
    """
    query = "SELECT length(document) FROM attached_file WHERE digest = :digest"
    length = transaction.value(query, digest=content.digest)
    if length == 0:
        order, reason = transaction.row(_ORDER, digest=content.digest) or ("", "")
        raise UsageError(
            f"this file ({content.digest}) was erased by order {order} ({reason}), and is not "
            "stored again; attach one without what had to go, or with --digest-only"
        )
    if length is None:
        row: dict[str, SqlValue] = {
            "digest": content.digest,
            "size": content.size,
            "document": content.content,
        }
        transaction.insert("attached_file", row)
        append_leaves(transaction, STORE_LOG, [ATTACHED_FILE.line(row)])


def read(transaction: Transaction, digest: str) -> bytes | None:
    """Return the bytes of a file; None: they were erased, or were never stored.

    Raises:
        IntegrityError: They are not those that were stored.
    """
    content = transaction.value(
        "SELECT document FROM attached_file WHERE digest = :digest", digest=digest
    )
    if not content:
        return None
    try:
        return verified(content, digest)
    except ValueError as error:
        raise damaged(f"attached file {digest}", error) from error


def present(transaction: Transaction) -> AbstractSet[str]:
    """Return the digests of the files whose bytes are there."""
    query = "SELECT digest FROM attached_file WHERE length(document) > 0"
    return frozenset(transaction.column(query))
