"""Merkle trees, checked (RFC 9162, section 2.1.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence


def roots_of(
    size: int, leaves: Mapping[int, bytes], hashes: Sequence[bytes], sizes: Collection[int] = ()
) -> dict[int, bytes]:
    """Give the root that leaves lead to, and those of the tree when it was smaller, by size.

    Of an earlier size there is one where the last leaf of that tree is here: on the way to it stand
    the complete subtrees that the rest of that tree is made of. Where something is left over, none.

    Args:
        size: Of the tree.
        leaves: By their index; not all need be here.
        hashes: Of the parts of the tree that hold none of them, from the left.
        sizes: Earlier ones.
    """
    indexes, rest, roots = sorted(leaves, reverse=True), iter(hashes), {}

    def walk(start: int, end: int, before: tuple[bytes, ...]) -> bytes:
        if not (indexes and start <= indexes[-1] < end):
            return next(rest)
        if end - start == 1:
            leaf = hashlib.sha256(b"\x00" + leaves[indexes.pop()]).digest()
            if end in sizes:
                roots[end] = folded((*before, leaf))
            return leaf
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        left = walk(start, middle, before)
        return folded((left, walk(middle, end, (*before, left))))

    roots[size] = walk(0, size, ())
    return {} if indexes or next(rest, None) is not None else roots


def folded(parts: Sequence[bytes]) -> bytes:
    """Give the root over complete subtrees, the largest and leftmost first."""
    found = parts[-1]
    for left in parts[-2::-1]:
        found = hashlib.sha256(b"\x01" + left + found).digest()
    return found


def merkle(leaves: Sequence[bytes]) -> str:
    """Give the root of a whole tree (RFC 9162, section 2.1.1)."""
    level = [hashlib.sha256(b"\x00" + one).digest() for one in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])
        above = [hashlib.sha256(b"\x01" + one + two).digest() for one, two in pairs]
        level = above + level[len(above) * 2 :]
    return "sha256:" + (level[0] if level else hashlib.sha256(b"").digest()).hex()
