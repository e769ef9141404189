"""Several leaves of one tree, with the fewest hashes that prove all of them together.

An inclusion proof for each of many leaves would repeat the same hashes. Here the tree is
walked once, from the left, cut as RFC 9162, section 2.1.1 cuts it: a part that holds none of the
leaves is one hash, and every other part is walked into. Whoever verifies walks the same way, uses a
leaf or the next hash, and must end with the root and no hash left over.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenLeaves:
    """Leaves of a log, and what proves them against one signed head of it."""

    log: str
    checkpoint: str
    """The signed note."""
    size: int
    """Of the tree that it is the head of."""
    indexes: Sequence[int]
    """Of the leaves, ascending; whoever proved them can read them again."""
    leaf_bytes: int
    """How many bytes they have together."""
    longest: int
    """How many the longest of them has."""
    hashes: tuple[bytes, ...]
    """Of the parts between them, from the left."""


def multiproof(hashes: Iterable[bytes], size: int, indexes: Sequence[int]) -> Iterator[bytes]:
    """Yield the hash of each part of a tree that holds none of some leaves, from the left.

    Args:
        hashes: The leaf hashes in order; read once, and not beyond ``size``.
        size: The size of the tree.
        indexes: Of the leaves, ascending.

    Raises:
        ValueError: An index beyond the tree, or too few hashes.
    """
    if indexes and not 0 <= indexes[0] <= indexes[-1] < size:
        raise ValueError(f"the leaves {indexes[0]} to {indexes[-1]} are not in a tree of {size}")
    yield from _part_hashes(iter(hashes), indexes, 0, size)


def _part_hashes(
    hashes: Iterator[bytes], indexes: Sequence[int], start: int, end: int
) -> Iterator[bytes]:
    if not _holds(indexes, start, end):
        if start < end:
            yield _read(hashes, end - start).root
    elif end - start == 1:
        _read(hashes, 1)
    else:
        middle = start + _split(end - start)
        yield from _part_hashes(hashes, indexes, start, middle)
        yield from _part_hashes(hashes, indexes, middle, end)


def _holds(indexes: Sequence[int], start: int, end: int) -> bool:
    first = bisect_left(indexes, start)
    return first < len(indexes) and indexes[first] < end


def _split(size: int) -> int:
    """Return the largest power of two that is less than a size."""
    return 1 << ((size - 1).bit_length() - 1)


def _read(hashes: Iterator[bytes], count: int) -> MerkleTree:
    tree = MerkleTree.of(islice(hashes, count))
    if tree.size != count:
        raise ValueError("there are fewer leaves than the size of the tree")
    return tree
