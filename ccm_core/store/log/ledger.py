"""The ledger on its way into the store: leaves are appended with the rows that they stand for.

Each connection has a log of its own, and the store has one for everything else. A log is the
sequence of its entries; the last one has the right edge of the tree, so nothing is read to append.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, origin
from ccm_core.ledger.entry import LogEntry
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.store.codec.compression import CompressionStream, decompressed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.store.sql.transaction import Transaction

__all__ = [
    "STORE_LOG",
    "append",
    "entries",
    "head",
    "identity",
    "leaves",
    "logs",
    "tree_of",
]


def append(transaction: Transaction, log: str, leaves: Iterable[bytes]) -> MerkleTree:
    """Append leaves to a log; give its tree."""
    tree = tree_of(transaction, log)
    first, pack = tree.size, CompressionStream()
    tree.extend(_packed(leaves, pack))
    if tree.size > first:
        row = {
            "log": log,
            "first": first,
            "count": tree.size - first,
            "leaves": pack.end(),
            "edge": tree.edge,
        }
        transaction.insert("entry", row)
    return tree


def _packed(leaves: Iterable[bytes], pack: CompressionStream) -> Iterator[bytes]:
    """Give the leaves' hashes, and compress them on the way: a window's are too many to hold."""
    for number, leaf in enumerate(leaves):
        pack.add(b"\n" + leaf if number else leaf)
        yield leaf_hash(leaf)


def tree_of(transaction: Transaction, log: str) -> MerkleTree:
    """Give the tree of a log as its last entry left it; an empty one where there is none."""
    last = "SELECT first + count, edge FROM entry WHERE log = :log ORDER BY first DESC LIMIT 1"
    row = transaction.row(last, log=log)
    return MerkleTree() if row is None else MerkleTree(*row)


def entries(transaction: Transaction, log: str) -> Iterator[LogEntry]:
    """Give the entries of a log in order."""
    query = "SELECT seq, first, count, leaves, edge FROM entry WHERE log = :log ORDER BY first"
    for seq, first, count, leaves, edge in transaction.rows(query, log=log):
        yield LogEntry(seq=seq, log=log, first=first, count=count, leaves=_lines(leaves), edge=edge)


def leaves(transaction: Transaction, log: str, size: int) -> Iterator[bytes]:
    """Give the first leaves of a log, for proofs.

    Raises:
        ValueError: They cannot be read.
    """
    found = 0
    for entry in entries(transaction, log):
        if entry.leaves is None:
            raise ValueError(f"the leaves from {entry.first} of the log {log} cannot be read")
        for leaf in entry.leaves:
            if found == size:
                return
            found += 1
            yield leaf


def logs(transaction: Transaction) -> Sequence[str]:
    """Name the logs that have entries, the store's own first."""
    return list(transaction.column("SELECT DISTINCT log FROM entry ORDER BY log"))


def head(transaction: Transaction, log: str = STORE_LOG) -> Checkpoint:
    """Give what a log is now."""
    tree = tree_of(transaction, log)
    return Checkpoint(origin=origin(identity(transaction), log), size=tree.size, root=tree.root)


def identity(transaction: Transaction) -> str:
    """Give the name that the store was made with."""
    return str(transaction.value("SELECT identity FROM store"))


def _lines(content: bytes) -> Sequence[bytes] | None:
    try:
        return decompressed(content).split(b"\n")
    except (TypeError, ValueError):
        return None
