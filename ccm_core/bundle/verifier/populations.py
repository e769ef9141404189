"""Check what evaluations read: the populations that they sealed, against those of the leaves."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.contents import Leaves, moment
from ccm_core.bundle.verifier.derived.population_tree import PopulationRoot
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.proofs.leaf_table import (
    LeafTable,
    as_table,
    other_leaves,
    pack_digest,
)
from ccm_core.bundle.verifier.proofs.merkle import merkle_root


class SealedRoot(NamedTuple):
    """A population that an evaluation sealed, and what it must have read."""

    bound: int
    """The index of the last leaf."""
    at: datetime
    root: str


class Version(NamedTuple):
    """A leaf that changed a population."""

    number: int
    """Its index."""
    stored_at: datetime
    key: str
    digest: str | None
    """None: it vanished."""


def last_collections(history: History, connection: str) -> set[str]:
    """Return the collections of a connection that evaluations name as the last that they read."""
    return {
        read["last_collection"]
        for _, _, reads in history.reads
        for read in reads
        if read["connection"] == connection and read["last_collection"] is not None
    }


def whole_collections(
    leaves: Leaves, kinds: Collection[str], since: datetime, named: Collection[str]
) -> set[str]:
    """Return the collections of which every leaf must be here.

    Of each kind, from the first one that ended after ``since`` or that was stored after one that
    an evaluation names. What was before is here only as far as it was current then.
    """
    whole: set[str] = set()
    begun: set[str] = set()
    for _, leaf in other_leaves(leaves):
        if leaf["leaf"] == "collection":
            if leaf["kind"] in kinds and moment(leaf["ended_at"]) >= since:
                begun.add(leaf["kind"])
            if leaf["kind"] in begun:
                whole.add(leaf["id"])
            if leaf["id"] in named:
                begun.update(kinds)
    return whole


def unread_populations(package: Package, history: History) -> Iterator[str]:
    """Yield the snapshots that an evaluation sealed and the leaves do not lead to.

    So a record that was taken out while it was evaluated, and put back, is noticed, and one that
    was put in before it was collected.
    """
    for connection in package.connections:
        leaves, watch = package.logs[connection], package.scope.watches.get(connection)
        kinds = set(package.scope.kinds(package.controls)) - (watch.events if watch else set())
        for name in sorted(last_collections(history, connection) - collection_ends(leaves).keys()):
            yield f"the collection {name}, which an evaluation names as its last, was left out"
        versions = versions_by_kind(leaves, kinds)
        for kind, seals in sorted(sealed_roots(package, history, connection).items()):
            if kind in kinds:
                for seal in differing_seals(versions.get(kind, ()), sorted(seals)):
                    yield (
                        f"the evaluation of {seal.at.isoformat()} read another population of "
                        f"{kind} of {connection} than its leaves lead to"
                    )


def sealed_roots(
    package: Package, history: History, connection: str
) -> dict[str, list[SealedRoot]]:
    """Return what evaluations sealed of a connection, by kind.

    An evaluation reads up to the last collection that it names, or up to the head that the store's
    own log states before it, where that is later.
    """
    bounds = ReadBounds(package.store_log, package.logs[connection], connection)
    roots: dict[str, list[SealedRoot]] = {}
    for index, at, reads in history.reads:
        for read in (read for read in reads if read["connection"] == connection):
            bound = bounds.leaves(index, read)
            for kind in read["kinds"]:
                seal = SealedRoot(bound - 1, at, kind["root"])
                roots.setdefault(kind["kind"], []).append(seal)
    return roots


class ReadBounds:
    """How many leaves of the log of a connection an evaluation could read."""

    def __init__(self, store_log: Leaves, leaves: Leaves, connection: str) -> None:
        heads = [
            (index, head["size"])
            for index, leaf in other_leaves(store_log)
            for head in leaf.get("heads", ())
            if head["log"] == connection
        ]
        self.ends: dict[Any, int] = collection_ends(leaves)
        self.indexes = [index for index, _ in heads]
        self.sizes: list[int] = [0, *accumulate((size for _, size in heads), max)]

    def leaves(self, index: int, read: Mapping[str, Any] | None) -> int:
        """Return the number of leaves, by the leaf of the evaluation and what it says it read."""
        stated = self.sizes[bisect_left(self.indexes, index)]
        named = self.ends.get(read["last_collection"], -1) + 1 if read else 0
        return max(stated, named)


def collection_ends(leaves: Leaves) -> dict[Any, int]:
    """Return the index of the last leaf of each collection, by its id."""
    if isinstance(leaves, LeafTable):
        return leaves.collection_ends()
    return {
        leaf["id"] if leaf["leaf"] == "collection" else leaf["collection"]: index
        for index, leaf in leaves.items()
        if leaf["leaf"] == "collection" or "collection" in leaf
    }


def versions_by_kind(leaves: Leaves, kinds: Collection[str]) -> dict[str, list[Version]]:
    """Return the leaves that change the populations of some kinds, in their order."""
    versions: dict[str, list[Version]] = {}
    for index, leaf in as_table(leaves).of_kinds(kinds):
        version = Version(index, moment(leaf["stored_at"]), leaf["key"], leaf.get("digest"))
        versions.setdefault(leaf["kind"], []).append(version)
    return versions


def differing_seals(
    versions: Sequence[Version], seals: Sequence[SealedRoot]
) -> Iterator[SealedRoot]:
    """Yield the seals, sorted, whose root is not that of the versions up to their bound."""
    population, position = PopulationRoot(), 0
    newest = list(accumulate((version.stored_at for version in versions), max))
    for seal in seals:
        end = bisect_left(versions, (seal.bound + 1,))
        for version in versions[position:end]:
            digest = version.digest
            population.put(version.key, None if digest is None else pack_digest(digest))
        position = max(position, end)
        expected = population.root
        if end and newest[end - 1] > seal.at:  # it is of a moment of the past, or clocks went back
            past: dict[str, str] = {}
            apply_versions(past, (entry for entry in versions[:end] if entry.stored_at <= seal.at))
            expected = population_root(past)
        if expected != seal.root:
            yield seal


def apply_versions(population: dict[str, str], versions: Iterable[Version]) -> None:
    """Change a population by versions, in their order."""
    for version in versions:
        population.pop(version.key, None)
        if version.digest is not None:
            population[version.key] = version.digest


def population_root(population: Mapping[str, str]) -> str:
    """Return the root over a population: a tree over the trees of 1,024 buckets."""
    buckets: dict[int, list[bytes]] = {}
    for key in sorted(population):
        bucket = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big") >> 6
        buckets.setdefault(bucket, []).append(f"{key}\0{population[key]}".encode())
    roots = [
        bucket.to_bytes(2, "big") + bytes.fromhex(merkle_root(buckets[bucket])[len("sha256:") :])
        for bucket in sorted(buckets)
    ]
    return merkle_root(roots)
