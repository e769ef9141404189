"""Trees and proofs of any size, against a tree that is written down as the RFC defines it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.ledger import proofs
from ccm_core.ledger.tree import Tree
from ccm_core.model.merkle import leaf_hash

HASHES = [leaf_hash(str(number).encode()) for number in range(130)]
SIZES = st.integers(1, 130)


def split(size: int) -> int:
    """Give the largest power of two below a size."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, over leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return hashlib.sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_path(at: int, hashes: list[bytes]) -> tuple[bytes, ...]:
    """RFC 9162, section 2.1.3.1."""
    if len(hashes) == 1:
        return ()
    k = split(len(hashes))
    if at < k:
        return (*naive_path(at, hashes[:k]), naive_root(hashes[k:]))
    return (*naive_path(at - k, hashes[k:]), naive_root(hashes[:k]))


def naive_consistency(old: int, hashes: list[bytes], *, whole: bool = True) -> tuple[bytes, ...]:
    """RFC 9162, section 2.1.4.1."""
    if old == len(hashes):
        return () if whole else (naive_root(hashes),)
    k = split(len(hashes))
    if old <= k:
        return (*naive_consistency(old, hashes[:k], whole=whole), naive_root(hashes[k:]))
    return (*naive_consistency(old - k, hashes[k:], whole=False), naive_root(hashes[:k]))


@given(SIZES, st.lists(SIZES, max_size=4))
def test_a_tree_may_be_put_down_and_taken_up_anywhere(size, stops):
    """The root is that of the definition, however often only the edge was kept."""
    tree = Tree()
    for stop in sorted({*(one for one in stops if one < size), size}):
        tree = Tree(tree.size, tree.edge)
        tree.extend(HASHES[tree.size : stop])
    assert tree.size == size
    assert tree.root == naive_root(HASHES[:size])
    assert len(tree.edge) == 32 * size.bit_count()


@given(SIZES, st.data())
def test_an_inclusion_proof_is_that_of_the_definition(size, data):
    """Many at once; each leads to the root from its own leaf and from no other."""
    indexes = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=5))
    root = naive_root(HASHES[:size])
    for index, proof in proofs.inclusions(HASHES, indexes, size).items():
        assert proof == naive_path(index, HASHES[:size])
        assert proofs.root_of_inclusion(index, size, HASHES[index], proof) == root
        assert proofs.root_of_inclusion(index, size, leaf_hash(b"another"), proof) != root


@given(SIZES, SIZES)
def test_a_consistency_proof_is_that_of_the_definition(one, other):
    """It leads to both roots, and to another one where the older tree was another."""
    old, new = sorted((one, other))
    proof = proofs.consistency(HASHES, old, new)
    roots = naive_root(HASHES[:old]), naive_root(HASHES[:new])
    assert proof == naive_consistency(old, HASHES[:new])
    assert proofs.roots_of_consistency(old, new, roots[0], proof) == roots


@given(SIZES, st.data())
def test_a_proof_that_was_changed_leads_elsewhere(size, data):
    """A hash too few or too many, a flipped bit, another leaf's proof: refused, or another root."""
    index = data.draw(st.integers(0, size - 1))
    proof = list(proofs.inclusions(HASHES, [index], size)[index])
    at = data.draw(st.integers(0, max(0, len(proof) - 1)))
    changed = [
        [*proof[:at], HASHES[0], *proof[at:]],
        [*proof[:at], *proof[at + 1 :]],
        [*proof[:at], *(bytes([one[0] ^ 1]) + one[1:] for one in proof[at:])],
        proof[::-1],
    ]
    for other in changed:
        if other == proof:
            continue
        try:
            found = proofs.root_of_inclusion(index, size, HASHES[index], other)
        except ValueError:
            continue
        assert found != naive_root(HASHES[:size])


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(lambda: proofs.inclusions(HASHES, [3], 3), id="a leaf beyond the tree"),
        pytest.param(lambda: proofs.inclusions(HASHES[:2], [1], 3), id="too few leaves"),
        pytest.param(lambda: proofs.consistency(HASHES, 3, 2), id="back in time"),
        pytest.param(lambda: proofs.consistency(HASHES, 0, 2), id="from nothing"),
        pytest.param(lambda: proofs.root_of_inclusion(1, 1, HASHES[0], []), id="no such leaf"),
        pytest.param(lambda: proofs.roots_of_consistency(3, 2, HASHES[0], []), id="sizes"),
        pytest.param(lambda: proofs.roots_of_consistency(3, 5, HASHES[0], []), id="no proof"),
        pytest.param(lambda: proofs.roots_of_consistency(2, 5, HASHES[0], []), id="a short one"),
        pytest.param(
            lambda: proofs.roots_of_consistency(2, 2, HASHES[0], [HASHES[0]]), id="for nothing"
        ),
        pytest.param(
            lambda: proofs.roots_of_consistency(1, 2, HASHES[0], HASHES[:9]), id="a long one"
        ),
        pytest.param(lambda: Tree(3, b"x" * 32), id="an edge of another size"),
        pytest.param(lambda: Tree(-1), id="less than no leaves"),
    ],
)
def test_what_cannot_be_is_refused(asked):
    """Never answered with a proof of something else."""
    with pytest.raises(ValueError):  # noqa: PT011 - each part has its own words
        asked()
