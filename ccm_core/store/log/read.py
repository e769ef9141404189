"""The stored logs of the ledger: their entries, leaves, trees and heads.

Each connection has a log of its own, and the store has one for everything else. A log is the
sequence of its entries; the last one has the right edge of the tree, so nothing is read to append.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, origin
from ccm_core.ledger.entry import LedgerEntry
from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.store.codec.compression import decompressed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.store.sql.transaction import Transaction


def tree_of(transaction: Transaction, log: str) -> MerkleTree:
    """Return the tree of a log as its last entry left it; an empty one where there is none."""
    last = "SELECT first + count, edge FROM log_entry WHERE log = :log ORDER BY first DESC LIMIT 1"
    row = transaction.row(last, log=log)
    return MerkleTree() if row is None else MerkleTree(*row)


def entries(transaction: Transaction, log: str) -> Iterator[LedgerEntry]:
    """Yield the entries of a log in order."""
    query = "SELECT seq, first, count, leaves, edge FROM log_entry WHERE log = :log ORDER BY first"
    for seq, first, count, leaves, edge in transaction.rows(query, log=log):
        yield LedgerEntry(
            seq=seq, log=log, first=first, count=count, leaves=_lines(leaves), edge=edge
        )


def leaves(transaction: Transaction, log: str, size: int | None = None) -> Iterator[bytes]:
    """Yield the first leaves of a log, or all of them.

    Raises:
        ValueError: They cannot be read.
    """
    index = 0
    for entry in entries(transaction, log):
        if entry.leaves is None:
            raise ValueError(f"the leaves from {entry.first} of the log {log} cannot be read")
        for leaf in entry.leaves:
            if index == size:
                return
            index += 1
            yield leaf


def log_names(transaction: Transaction) -> Sequence[str]:
    """List the logs that have entries, the store's own first."""
    return list(transaction.column("SELECT DISTINCT log FROM log_entry ORDER BY log"))


def head(transaction: Transaction, log: str = STORE_LOG) -> Checkpoint:
    """Return the head of a log as it is now."""
    tree = tree_of(transaction, log)
    name = origin(store_identity(transaction), log)
    return Checkpoint(origin=name, size=tree.size, root=tree.root)


def store_identity(transaction: Transaction) -> str:
    """Return the identity that the store was made with."""
    return str(transaction.value("SELECT identity FROM store"))


def _lines(content: bytes) -> Sequence[bytes] | None:
    try:
        return decompressed(content).split(b"\n")
    except (TypeError, ValueError):
        return None
