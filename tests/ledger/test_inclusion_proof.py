"""Trees and proofs of any size, against a tree that is written down as the RFC defines it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rfc_9162 import path, root

from ccm_core.ledger import inclusion_proof
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.merkle_tree import MerkleTree

HASHES = [leaf_hash(str(number).encode()) for number in range(130)]
SIZES = st.integers(1, 130)


@given(SIZES, st.lists(SIZES, max_size=4))
def test_a_tree_continues_from_its_edge_at_any_size(size, stops):
    """The root is that of the definition, however often only the edge was kept."""
    tree = MerkleTree()
    for stop in sorted({*(stop for stop in stops if stop < size), size}):
        tree = MerkleTree(tree.size, tree.edge)
        tree.extend(HASHES[tree.size : stop])
    assert tree.size == size
    assert tree.root == root(HASHES[:size])
    assert len(tree.edge) == 32 * size.bit_count()


@given(SIZES, st.data())
def test_an_inclusion_proof_equals_the_recursive_definition(size, data):
    """Many at once; each leads to the root from its own leaf and from no other."""
    indexes = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=5))
    top = root(HASHES[:size])
    for index, proof in inclusion_proof.inclusion_proofs(HASHES, indexes, size).items():
        assert proof == path(index, HASHES[:size])
        assert inclusion_proof.root_of_inclusion(index, size, HASHES[index], proof) == top
        assert inclusion_proof.root_of_inclusion(index, size, leaf_hash(b"another"), proof) != top


@given(SIZES, st.data())
def test_a_changed_inclusion_proof_leads_to_another_root(size, data):
    """A hash too few or too many, a flipped bit, another leaf's proof: refused, or another root."""
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof.inclusion_proofs(HASHES, [index], size)[index])
    at = data.draw(st.integers(0, max(0, len(proof) - 1)))
    changed = [
        [*proof[:at], HASHES[0], *proof[at:]],
        [*proof[:at], *proof[at + 1 :]],
        [*proof[:at], *(bytes([digest[0] ^ 1]) + digest[1:] for digest in proof[at:])],
        proof[::-1],
    ]
    for forged in changed:
        if forged == proof:
            continue
        try:
            actual = inclusion_proof.root_of_inclusion(index, size, HASHES[index], forged)
        except ValueError:
            continue
        assert actual != root(HASHES[:size])


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(
            lambda: inclusion_proof.inclusion_proofs(HASHES, [3], 3), id="a leaf beyond the tree"
        ),
        pytest.param(
            lambda: inclusion_proof.inclusion_proofs(HASHES[:2], [1], 3), id="too few leaves"
        ),
        pytest.param(
            lambda: inclusion_proof.root_of_inclusion(1, 1, HASHES[0], []), id="no such leaf"
        ),
        pytest.param(lambda: MerkleTree(3, b"x" * 32), id="an edge of another size"),
        pytest.param(lambda: MerkleTree(-1), id="less than no leaves"),
    ],
)
def test_proofs_of_impossible_indexes_are_refused(call):
    """Never answered with a proof of something else."""
    with pytest.raises(ValueError):  # noqa: PT011 - each part has its own words
        call()
