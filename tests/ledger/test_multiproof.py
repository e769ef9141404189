"""Several leaves of one tree are proven together, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.bundle.verifier.proofs.merkle import roots_by_size
from ccm_core.ledger.merkle_hash import leaf_hash, root
from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.ledger.multiproof import multiproof

TREES = st.integers(1, 70).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)))
)


def tree(size):
    """Return leaves, and their hashes."""
    leaves = [f"leaf {n}".encode() for n in range(size)]
    return leaves, [leaf_hash(leaf) for leaf in leaves]


@given(TREES)
def test_any_leaves_of_a_multiproof_lead_to_the_root(case):
    """With as many hashes as there are parts between them, in one pass over the tree."""
    size, chosen = case
    leaves, hashes = tree(size)
    proof = list(multiproof(iter(hashes), size, sorted(chosen)))
    assert roots_by_size(size, [(n, leaves[n]) for n in sorted(chosen)], proof) == {
        size: root(leaves)
    }
    assert MerkleTree.of(hashes).root == root(leaves)
    assert len(proof) <= max(1, len(chosen)) * size.bit_length()


@given(TREES)
def test_a_multiproof_leads_to_the_root_at_each_earlier_size(case):
    """So whoever has it can hold a head of that size against what is there."""
    size, chosen = case
    leaves, hashes = tree(size)
    proof = list(multiproof(iter(hashes), size, sorted(chosen)))
    sizes = {n + 1 for n in chosen} | {size}
    chosen_leaves = [(n, leaves[n]) for n in sorted(chosen)]
    roots = roots_by_size(size, chosen_leaves, proof, range(1, size + 1))
    assert roots == {end: root(leaves[:end]) for end in sizes}


@given(TREES, st.data())
def test_a_changed_multiproof_does_not_lead_to_the_root(case, data):
    """Not a leaf changed, moved, left out or added; not a hash changed, left out or added."""
    size, chosen = case
    leaves, hashes = tree(size)
    selected = {n: leaves[n] for n in chosen}
    proof = list(multiproof(iter(hashes), size, sorted(chosen)))
    spoiled = [(size, selected, [*proof, hashes[0]]), (size, selected, proof[:-1])]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        spoiled.append((size, selected, [*proof[:at], leaf_hash(b"other"), *proof[at + 1 :]]))
    if chosen:
        at = data.draw(st.sampled_from(sorted(chosen)))
        rest = {n: leaf for n, leaf in selected.items() if n != at}
        spoiled += [(size, selected | {at: b"other"}, proof), (size, rest, proof)]
        if at + 1 not in chosen:
            spoiled.append((size, rest | {at + 1: leaves[at]}, proof))
    for changed in spoiled:
        if changed == (size, selected, proof):
            continue
        try:
            count, spoiled_leaves, hashes_given = changed
            pairs = sorted(spoiled_leaves.items())
            assert roots_by_size(count, pairs, hashes_given).get(size) != root(leaves)
        except StopIteration:
            continue


@pytest.mark.parametrize(
    ("size", "indexes", "hashes"),
    [
        pytest.param(3, [3], 3, id="an index beyond the tree"),
        pytest.param(3, [-1], 3, id="an index before it"),
        pytest.param(3, [1], 2, id="too few leaves"),
        pytest.param(3, [], 2, id="too few leaves, none chosen"),
    ],
)
def test_a_multiproof_of_leaves_beyond_the_tree_is_refused(size, indexes, hashes):
    """Before anything wrong is written down."""
    with pytest.raises(ValueError, match="leaves"):
        list(multiproof(tree(hashes)[1], size, indexes))
