"""The root of a population: the same however it came about, another for any other population."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from ccm_core.ledger import merkle_hash
from ccm_core.ledger.population import PopulationTree

KEYS = st.text(max_size=3)
DIGESTS = st.sampled_from([f"sha256:{letter * 64}" for letter in "abc"])
VERSIONS = st.lists(st.tuples(KEYS, st.none() | DIGESTS), max_size=40)


def remaining(versions):
    """Return the digest of each key that is there after some versions."""
    return {key: digest for key, digest in dict(versions).items() if digest is not None}


@given(VERSIONS)
def test_the_root_is_that_of_the_buckets(versions):
    """As the documentation writes it, without any state."""
    buckets = {}
    for key, digest in sorted(remaining(versions).items()):
        name = int(sha256(key.encode()).hexdigest()[:4], 16) >> 6
        buckets.setdefault(name, []).append(f"{key}\0{digest}".encode())
    leaves = [name.to_bytes(2, "big") + merkle_hash.root(buckets[name]) for name in sorted(buckets)]
    population = PopulationTree(versions)
    assert population.root == f"sha256:{merkle_hash.root(leaves).hex()}"
    assert population.size == len(remaining(versions))


@given(VERSIONS, VERSIONS)
def test_changes_give_the_population_that_all_versions_give(before, changes):
    """And leave the one that was changed as it was."""
    population = PopulationTree(before)
    root = population.root
    changed = population.changed(changes)
    assert (changed.root, changed.size) == (
        PopulationTree([*before, *changes]).root,
        len(remaining([*before, *changes])),
    )
    assert population.root == root == PopulationTree(before).root


@given(VERSIONS, VERSIONS)
def test_two_populations_have_one_root_only_where_they_are_equal(first, second):
    """Whatever the order in which their keys came."""
    same = remaining(first) == remaining(second)
    assert (PopulationTree(first).root == PopulationTree(reversed(second)).root) == (
        remaining(first) == remaining(list(reversed(second)))
    )
    assert not same or PopulationTree(first).root == PopulationTree(second).root
