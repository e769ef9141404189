"""Merkle trees, checked (RFC 9162, section 2.1.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence


def root_of(size: int, leaves: Mapping[int, bytes], hashes: Sequence[bytes]) -> bytes:
    """Give the root that leaves lead to, with the hashes of the parts that are not here."""
    indexes, rest = sorted(leaves, reverse=True), iter(hashes)

    def walk(start: int, end: int) -> bytes:
        if not (indexes and start <= indexes[-1] < end):
            return next(rest)
        if end - start == 1:
            return hashlib.sha256(b"\x00" + leaves[indexes.pop()]).digest()
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        left = walk(start, middle)
        return hashlib.sha256(b"\x01" + left + walk(middle, end)).digest()

    root = walk(0, size)
    return b"" if indexes or next(rest, None) is not None else root


def merkle(leaves: Sequence[bytes]) -> str:
    """Give the root of a whole tree (RFC 9162, section 2.1.1)."""
    level = [hashlib.sha256(b"\x00" + one).digest() for one in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])
        above = [hashlib.sha256(b"\x01" + one + two).digest() for one, two in pairs]
        level = above + level[len(above) * 2 :]
    return "sha256:" + (level[0] if level else hashlib.sha256(b"").digest()).hex()
