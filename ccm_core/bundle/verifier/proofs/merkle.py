"""Roots of Merkle trees, recomputed from leaves and hashes (RFC 9162, section 2.1.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from itertools import islice


def roots_by_size(
    size: int,
    leaves: Iterable[tuple[int, bytes]],
    hashes: Sequence[bytes],
    sizes: Collection[int] = (),
) -> dict[int, bytes]:
    """Return the root that leaves lead to, and those of the tree when it was smaller, by size.

    An earlier size has a root where the last leaf of that tree is here: the complete subtrees that
    the rest of that tree is made of are on the way to it. Where leaves or hashes remain, or a hash
    is missing, none has.

    Args:
        size: Of the tree.
        leaves: With their indexes, in order; not all need be here. None is kept.
        hashes: Of the subtrees that hold none of them, from the left.
        sizes: Earlier ones.
    """
    coming, remaining, roots = iter(leaves), iter(hashes), {}
    ahead, missing = list(islice(coming, 1)), []

    def walk(start: int, end: int, before: tuple[bytes, ...]) -> bytes:
        if not (ahead and start <= ahead[0][0] < end):
            subtree = next(remaining, b"")
            if not subtree:
                missing.append(start)
            return subtree
        if end - start == 1:
            leaf = hashlib.sha256(b"\x00" + ahead.pop()[1]).digest()
            ahead.extend(islice(coming, 1))
            if end in sizes:
                roots[end] = fold_subtrees((*before, leaf))
            return leaf
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        left_hash = walk(start, middle, before)
        return fold_subtrees((left_hash, walk(middle, end, (*before, left_hash))))

    roots[size] = walk(0, size, ())
    return {} if ahead or missing or next(remaining, None) is not None else roots


def fold_subtrees(hashes: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, the largest and leftmost first."""
    root = hashes[-1]
    for left_hash in hashes[-2::-1]:
        root = hashlib.sha256(b"\x01" + left_hash + root).digest()
    return root


def merkle_root(leaves: Sequence[bytes]) -> str:
    """Return the root of a whole tree (RFC 9162, section 2.1.1)."""
    return "sha256:" + root_over([leaf_hash(leaf) for leaf in leaves]).hex()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def root_over(level: list[bytes]) -> bytes:
    """Return the root of a whole tree over the hashes of its leaves."""
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])
        parents = [
            hashlib.sha256(b"\x01" + left_hash + right).digest() for left_hash, right in pairs
        ]
        level = parents + level[len(parents) * 2 :]
    return level[0] if level else hashlib.sha256(b"").digest()
