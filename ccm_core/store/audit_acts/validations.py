"""What validated the method of rule packs, one row and one leaf for each outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.audit.validation import Validation
from ccm_core.store.codec.bodies import decode_body, encode_body
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import VALIDATION
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction


def append(transaction: Transaction, validation: Validation) -> None:
    """Store an outcome with its leaf."""
    document = encode_body(validation)
    row: dict[str, SqlValue] = {
        "method": validation.method.value,
        "pack": validation.pack,
        "version": validation.version,
        "pack_digest": validation.pack_digest,
        "host_version": validation.host_version,
        "passed": validation.passed,
        "failed": validation.failed,
        "at": microseconds(validation.at),
        "digest": document.digest,
        "document": document.content,
    }
    transaction.insert("validation", row)
    append_leaves(transaction, STORE_LOG, [VALIDATION.line(row)])


def read(transaction: Transaction) -> Iterator[tuple[str, Validation]]:
    """Yield all outcomes with their digests, in the order in which they were stored.

    Raises:
        IntegrityError: One is not what was stored.
    """
    query = "SELECT pack, digest, document FROM validation ORDER BY seq"
    for pack, digest, document in transaction.rows(query):
        yield digest, decode_body(document, digest, Validation, f"validation of the pack {pack}")
