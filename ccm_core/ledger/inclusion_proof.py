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
    needed = (span for path in spans.values() for span in path)
    nodes = _node_hashes(hashes, size, needed)
    return {index: _proof(path, nodes) for index, path in spans.items()}


def _split(size: int) -> int:
    """Return the largest power of two that is less than a size."""
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
    """Yield the complete subtrees that a span consists of, from the left."""
    start, end = span
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _node_hashes(hashes: Iterable[bytes], size: int, spans: Iterable[Span]) -> Mapping[Node, bytes]:
    needed = {node for span in spans for node in _nodes(span)}
    complete: dict[Node, bytes] = {}

    def on_node(node: Node, value: bytes) -> None:
        if node in needed:
            complete[node] = value

    tree = MerkleTree()
    tree.extend((leaf for leaf, _ in zip(hashes, range(size), strict=False)), on_node)
    if tree.size != size:
        raise ValueError(f"expected {size} leaves, got {tree.size}")
    return complete


def _proof(spans: Iterable[Span], nodes: Mapping[Node, bytes]) -> Proof:
    return tuple(_folded([nodes[node] for node in _nodes(span)]) for span in spans)


def _folded(hashes: Sequence[bytes]) -> bytes:
    folded = hashes[-1]
    for sibling in reversed(hashes[:-1]):
        folded = node_hash(sibling, folded)
    return folded


# -- checking ---------------------------------------------------------------------------------


def root_of_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to (2.1.3.2), to compare with the head.

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
    root = leaf
    for sibling, is_left in zip(proof, _sides(index, size - 1, len(proof)), strict=True):
        root = node_hash(sibling, root) if is_left else node_hash(root, sibling)
    return root


def _sides(index: int, last: int, count: int) -> Sequence[bool]:
    """Return for each hash of a proof, on the way up from a node, whether it is a left sibling.

    Args:
        index: The node's index on its level.
        last: The index of the last node on it.
        count: Of the hashes.

    Raises:
        ValueError: The way to the root is longer or shorter.
    """
    sides = []
    while last:
        is_left = index & 1 == 1 or index == last
        while is_left and not index & 1:
            index, last = index >> 1, last >> 1
        sides.append(is_left)
        index, last = index >> 1, last >> 1
    if len(sides) != count:
        raise ValueError(f"expected a proof of {len(sides)} hashes, got {count}")
    return sides
