"""Inclusion proofs of RFC 9162, section 2.1.3.

That one tree is the beginning of another needs no proof here: whoever verifies a store or a bundle
has the leaves, and grows the tree to the size that it had.

A proof is a list of hashes, each of a span of leaves. What spans those are depends on sizes and
indexes alone, so many proofs can be made in one pass over the leaf hashes of a tree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ccm_core.ledger.merkle_hash import node_hash
from ccm_core.ledger.merkle_tree import MerkleTree, Node

Span: TypeAlias = tuple[int, int]
"""The leaves from the first number up to but not including the second."""

Proof: TypeAlias = tuple[bytes, ...]


# -- making -----------------------------------------------------------------------------------


def inclusion_proofs(
    hashes: Iterable[bytes], indexes: Collection[int], size: int
) -> Mapping[int, Proof]:
    """Prove that leaves are in the tree over the first ``size`` leaf hashes.

    Args:
        hashes: The leaf hashes in order, at least ``size`` of them; those after it are not read.
        indexes: Of the leaves to be proven.
        size: The size of the tree.

    Raises:
        ValueError: An index beyond the tree, or too few hashes.
    """
    spans = {index: _inclusion_spans(index, size) for index in indexes}
    found = _gathered(hashes, size, (span for one in spans.values() for span in one))
    return {index: _hashes(one, found) for index, one in spans.items()}


def _split(size: int) -> int:
    """Give the largest power of two that is less than a size."""
    return 1 << ((size - 1).bit_length() - 1)


def _inclusion_spans(index: int, size: int) -> list[Span]:
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    start, end, spans = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def _nodes(span: Span) -> Iterator[Node]:
    """Give the complete subtrees that a span is made of, from the left."""
    start, end = span
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _gathered(hashes: Iterable[bytes], size: int, spans: Iterable[Span]) -> Mapping[Node, bytes]:
    wanted = {node for span in spans for node in _nodes(span)}
    found: dict[Node, bytes] = {}

    def seen(node: Node, value: bytes) -> None:
        if node in wanted:
            found[node] = value

    tree = MerkleTree()
    tree.extend((one for one, _ in zip(hashes, range(size), strict=False)), seen)
    if tree.size != size:
        raise ValueError(f"there are {tree.size} leaves, and a tree of {size} was asked for")
    return found


def _hashes(spans: Iterable[Span], found: Mapping[Node, bytes]) -> Proof:
    return tuple(_folded([found[node] for node in _nodes(span)]) for span in spans)


def _folded(hashes: Sequence[bytes]) -> bytes:
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


# -- checking ---------------------------------------------------------------------------------


def root_of_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Give the root that an inclusion proof leads to (section 2.1.3.2); compare it with the head.

    Args:
        index: Of the leaf.
        size: Of the tree.
        leaf: The leaf's hash.
        proof: From the leaf's sibling up.

    Raises:
        ValueError: The proof does not fit the index and the size.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    found = leaf
    for one, left in zip(proof, _sides(index, size - 1, len(proof)), strict=True):
        found = node_hash(one, found) if left else node_hash(found, one)
    return found


def _sides(at: int, last: int, count: int) -> Sequence[bool]:
    """Say of each hash of a proof, on the way up from a node, whether it stands on the left.

    Args:
        at: The node's number on its level.
        last: The number of the last node on it.
        count: Of the hashes.

    Raises:
        ValueError: The way to the root is longer or shorter.
    """
    sides = []
    while last:
        left = at & 1 == 1 or at == last
        while left and not at & 1:
            at, last = at >> 1, last >> 1
        sides.append(left)
        at, last = at >> 1, last >> 1
    if len(sides) != count:
        raise ValueError(f"a proof of {count} hashes does not fit: {len(sides)} were wanted")
    return sides
