"""Appending to a log of the ledger: the one place where leaves are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.store.codec.compression import CompressionStream
from ccm_core.store.log.read import tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.ledger.merkle_tree import MerkleTree
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction


def append_leaves(transaction: Transaction, log: str, leaves: Iterable[bytes]) -> MerkleTree:
    """Append leaves to a log as one entry; return its tree.

    The rows that the leaves stand for are inserted already. From reading the tree to inserting
    the entry is the critical section of the log, which ends with the transaction. In SQLite the
    lock of the one writer guards it. A database with row locks takes a lock on this log here,
    before the tree is read; where a step appends to several logs, the store's own comes last.
    """
    tree = tree_of(transaction, log)
    first, stream = tree.size, CompressionStream()
    tree.extend(_hashes(leaves, stream))
    if tree.size > first:
        row: dict[str, SqlValue] = {
            "log": log,
            "first": first,
            "count": tree.size - first,
            "leaves": stream.end(),
            "edge": tree.edge,
        }
        transaction.insert("log_entry", row)
    return tree


def _hashes(leaves: Iterable[bytes], stream: CompressionStream) -> Iterator[bytes]:
    """Yield the hashes of leaves, and compress them on the way: those of a window are many."""
    for number, leaf in enumerate(leaves):
        stream.add(b"\n" + leaf if number else leaf)
        yield leaf_hash(leaf)
