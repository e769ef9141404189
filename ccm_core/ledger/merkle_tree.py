"""A Merkle tree that only grows, stored as its right edge: enough to append and for the root.

The edge holds the roots of the complete subtrees, the largest and leftmost first: as many as the
size has bits set. So n leaves are appended to any tree in O(n) hashes, and at most 64 are stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Self, TypeAlias

from ccm_core.ledger.merkle_hash import node_hash

HASH_BYTES = 32

Node: TypeAlias = tuple[int, int]
"""Level and index: the node over the leaves from ``index << level``, ``1 << level`` of them."""


class MerkleTree:
    """An append-only Merkle tree, represented by its right edge."""

    def __init__(self, size: int = 0, edge: bytes = b"") -> None:
        """Continue from a size and the :attr:`edge` of the tree at that size.

        Raises:
            ValueError: An edge of another length than that size has.
        """
        if size < 0 or len(edge) != size.bit_count() * HASH_BYTES:
            raise ValueError(f"an edge of {len(edge)} bytes is not that of {size} leaves")
        self.size = size
        self._edge = [edge[at : at + HASH_BYTES] for at in range(0, len(edge), HASH_BYTES)]

    @classmethod
    def of(cls, hashes: Iterable[bytes]) -> Self:
        """Grow a tree over leaf hashes."""
        tree = cls()
        tree.extend(hashes)
        return tree

    @property
    def edge(self) -> bytes:
        """The right edge, to continue from."""
        return b"".join(self._edge)

    @property
    def root(self) -> bytes:
        """The Merkle tree hash; the hash of nothing for no leaves."""
        if not self._edge:
            return hashlib.sha256(b"").digest()
        root = self._edge[-1]
        for sibling in reversed(self._edge[:-1]):
            root = node_hash(sibling, root)
        return root

    def extend(
        self, hashes: Iterable[bytes], on_node: Callable[[Node, bytes], None] | None = None
    ) -> None:
        """Append leaf hashes.

        Args:
            hashes: Of the leaves, in order.
            on_node: Called with every node that becomes complete, and its hash.
        """
        edge = self._edge
        for leaf in hashes:
            node, index, level = leaf, self.size, 0
            if on_node:
                on_node((0, index), node)
            while index & 1:
                node = node_hash(edge.pop(), node)
                index >>= 1
                level += 1
                if on_node:
                    on_node((level, index), node)
            edge.append(node)
            self.size += 1
