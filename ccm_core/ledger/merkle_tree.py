"""A Merkle tree that only grows, kept as its right edge: enough to append and to give the root.

The edge holds the roots of the complete subtrees, the largest and leftmost first: as many as the
size has bits set. So n leaves are appended to any tree in O(n) hashes, and at most 64 are kept.
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
    """A tree of which the right edge is known."""

    def __init__(self, size: int = 0, edge: bytes = b"") -> None:
        """Go on from a size and the edge that :attr:`edge` gave at it.

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
        """The right edge, to go on from."""
        return b"".join(self._edge)

    @property
    def root(self) -> bytes:
        """The Merkle tree hash; the hash of nothing for no leaves."""
        if not self._edge:
            return hashlib.sha256(b"").digest()
        found = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            found = node_hash(left, found)
        return found

    def extend(
        self, hashes: Iterable[bytes], seen: Callable[[Node, bytes], None] | None = None
    ) -> None:
        """Append leaf hashes.

        Args:
            hashes: Of the leaves, in order.
            seen: Is told every node that becomes complete.
        """
        edge = self._edge
        for one in hashes:
            found, at, level = one, self.size, 0
            if seen:
                seen((0, at), found)
            while at & 1:
                found = node_hash(edge.pop(), found)
                at >>= 1
                level += 1
                if seen:
                    seen((level, at), found)
            edge.append(found)
            self.size += 1
