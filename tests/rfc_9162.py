"""Merkle trees and their proofs, written down word for word as RFC 9162 defines them."""

from __future__ import annotations

import hashlib


def split(size: int) -> int:
    """Give the largest power of two below a size."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def root(hashes: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return hashlib.sha256(b"\x01" + root(hashes[:k]) + root(hashes[k:])).digest()


def path(at: int, hashes: list[bytes]) -> tuple[bytes, ...]:
    """RFC 9162, section 2.1.3.1."""
    if len(hashes) == 1:
        return ()
    k = split(len(hashes))
    if at < k:
        return (*path(at, hashes[:k]), root(hashes[k:]))
    return (*path(at - k, hashes[k:]), root(hashes[:k]))


def consistency(old: int, hashes: list[bytes], *, whole: bool = True) -> tuple[bytes, ...]:
    """RFC 9162, section 2.1.4.1."""
    if old == len(hashes):
        return () if whole else (root(hashes),)
    k = split(len(hashes))
    if old <= k:
        return (*consistency(old, hashes[:k], whole=whole), root(hashes[k:]))
    return (*consistency(old - k, hashes[k:], whole=False), root(hashes[:k]))
