"""Check what evaluations sealed of runs: all manifests, and all collections as far as they show.

A package has the leaf of every manifest of its connections, so that their population is known. Of
collections it has those of its controls and its period, and the names of those that its manifests
list. The others are a number: an evaluation from which a collection was hidden sealed fewer than
there are, or the others became fewer from one evaluation to the next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.contents import Contents, Leaves, moment
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.populations import (
    ReadBounds,
    SealedRoot,
    Version,
    differing_seals,
)
from ccm_core.bundle.verifier.proofs.leaf_table import other_leaves
from ccm_core.bundle.verifier.strict_json import read_json

COLLECTIONS, MANIFESTS = "@collections", "@manifests"
MOST_OF_A_RUN = 2_000
"""Collections that may have been stored by runs that went on during an evaluation."""


class SealedCollections(NamedTuple):
    """How many collections an evaluation sealed, and how many of them the package names."""

    bound: int
    at: datetime
    sealed: int
    named: int
    """How many of them the package names."""
    perhaps: int
    """How many it names of a run that went on meanwhile: these were stored before it, or after."""

    @property
    def least_unnamed(self) -> int:
        """Return how many at least are not named in the package."""
        return self.sealed - self.named - self.perhaps

    @property
    def most_unnamed(self) -> int:
        """Return how many at most are not named in the package."""
        return self.sealed - self.named


def unread_runs(package: Package, history: History, contents: Contents) -> Iterator[str]:
    """Yield the manifests and the collections that an evaluation sealed otherwise."""
    for connection in package.connections:
        leaves = package.logs[connection]
        manifests = [
            Version(index, moment(leaf["ended_at"]), leaf["run"], leaf["digest"])
            for index, leaf in other_leaves(leaves)
            if leaf["leaf"] == "manifest"
        ]
        collections = named_collections(leaves, contents.kept)
        seals = [
            SealedRoot(bound - 1, at, kind["root"])
            for bound, at, kind in seals_of(package, history, connection, MANIFESTS)
        ]
        for seal in differing_seals(manifests, sorted(seals)):
            yield (
                f"the evaluation of {seal.at.isoformat()} read other runs of {connection} than "
                "its leaves lead to"
            )
        counts = list(sealed_collections(package, history, connection, collections))
        for at in sorted(fewer_collections(counts)):
            yield (
                f"the evaluation of {at.isoformat()} read fewer collections of {connection} than "
                "its leaves lead to"
            )


def describe_unshown(package: Package, history: History, contents: Contents) -> Iterator[str]:
    """Yield of which collections the package does not show that evaluations read them."""
    for connection in package.connections:
        collections = named_collections(package.logs[connection], contents.kept)
        counts = sealed_collections(package, history, connection, collections)
        most = max((count.least_unnamed for count in counts), default=0)
        if most > 0:
            yield (
                f"not shown by this package: that its evaluations read each of up to {most} "
                f"collections of {connection} that are of other controls or earlier. Their seals "
                "are in it, and `ccm verify` compares them with the store"
            )


def named_collections(leaves: Leaves, contents: Mapping[str, bytes]) -> list[Version]:
    """Return the collections whose leaves are here, or that a manifest names, in their order."""
    named: dict[str, Version] = {}
    for index, leaf in other_leaves(leaves):
        if leaf["leaf"] == "collection":
            named[leaf["id"]] = Version(index, moment(leaf["ended_at"]), leaf["id"], leaf["digest"])
        elif leaf["leaf"] == "manifest":
            for listed in read_json(contents.get(leaf["digest"], b"{}")).get("collections", ()):
                version = Version(index, moment(listed["ended_at"]), listed["id"], None)
                named.setdefault(listed["id"], version)
    return sorted(named.values(), key=lambda version: version.number)


def seals_of(
    package: Package, history: History, connection: str, name: str
) -> Iterator[tuple[int, datetime, Mapping[str, Any]]]:
    """Yield what evaluations sealed, each with how many leaves they could read and its moment."""
    leaves = package.logs[connection]
    bounds = ReadBounds(package.store_log, leaves, connection)
    manifests = (pair for pair in other_leaves(leaves) if pair[1]["leaf"] == "manifest")
    runs = {leaf["run"]: index for index, leaf in manifests}
    for index, at, reads in history.reads:
        for read in (read for read in reads if read["connection"] == connection):
            bound = bounds.leaves(index, read)
            if name == MANIFESTS:
                bound = max(bounds.leaves(index, None), runs.get(read["last_run"], -1) + 1)
            for kind in (kind for kind in read["kinds"] if kind["kind"] == name):
                yield bound, at, kind


def sealed_collections(
    package: Package, history: History, connection: str, collections: Sequence[Version]
) -> Iterator[SealedCollections]:
    """Yield how many collections evaluations sealed and how many of these are here."""
    numbers = [version.number for version in collections]
    newest = list(accumulate((version.stored_at for version in collections), max))
    for bound, at, kind in seals_of(package, history, connection, COLLECTIONS):
        named = bisect_left(numbers, bound)
        perhaps = sum(
            version.digest is None and version.stored_at <= at
            for version in collections[named : named + MOST_OF_A_RUN]
        )
        if named and newest[named - 1] > at:  # it is of a moment of the past, or clocks went back
            named = sum(version.stored_at <= at for version in collections[:named])
        yield SealedCollections(bound - 1, at, kind["records"], named, perhaps)


def fewer_collections(counts: Sequence[SealedCollections]) -> set[datetime]:
    """Return the moments of the evaluations that sealed fewer collections than there were."""
    fewer = {count.at for count in counts if count.most_unnamed < 0}
    newest, least = counts[:1], 0
    for count in counts:
        if (count.bound, count.at) < (newest[0].bound, newest[0].at):
            continue  # it is of a moment of the past
        if count.most_unnamed < least:
            fewer.add(count.at)
        newest, least = [count], max(least, count.least_unnamed)
    return fewer
