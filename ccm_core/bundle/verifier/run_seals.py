"""Check what evaluations sealed of runs: all manifests, and all collections as far as they show.

A package has the leaf of every manifest of its connections, so that their population is known. Of
collections it has those of its controls and its period. The others are a number: an evaluation
from which one of those that are here was hidden sealed fewer than there are, or the others became
fewer from one evaluation to the next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.contents import Leaves, moment
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.populations import (
    ReadBounds,
    SealedRoot,
    Version,
    differing_seals,
    sealed_roots,
)

COLLECTIONS, MANIFESTS = "@collections", "@manifests"


class SealedCollections(NamedTuple):
    """How many collections an evaluation sealed, and how many of them are in the package."""

    bound: int
    at: datetime
    sealed: int
    here: int

    @property
    def elsewhere(self) -> int:
        """Return how many are not in the package."""
        return self.sealed - self.here


def unread_runs(package: Package, history: History) -> Iterator[str]:
    """Yield the manifests and the collections that an evaluation sealed otherwise."""
    for connection in package.connections:
        leaves = package.logs[connection]
        collections, manifests = versions_of(leaves, "collection"), versions_of(leaves, "manifest")
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
        whole = {(count.bound, count.at) for count in counts if count.elsewhere == 0}
        roots = sealed_roots(package, history, connection).get(COLLECTIONS, [])
        shown = sorted(root for root in roots if (root.bound, root.at) in whole)
        for seal in differing_seals(collections, shown):
            yield (
                f"the evaluation of {seal.at.isoformat()} read other collections of {connection} "
                "than its leaves lead to"
            )


def describe_unshown(package: Package, history: History) -> Iterator[str]:
    """Yield of which collections the package does not show that evaluations read them."""
    for connection in package.connections:
        collections = versions_of(package.logs[connection], "collection")
        counts = sealed_collections(package, history, connection, collections)
        most = max((count.elsewhere for count in counts), default=0)
        if most > 0:
            yield (
                f"not shown by this package: that its evaluations read each of up to {most} "
                f"collections of {connection} that are of other controls or earlier. Their seals "
                "are in it, and `ccm verify` compares them with the store"
            )


def versions_of(leaves: Leaves, form: str) -> list[Version]:
    """Return the leaves of collections or manifests, in their order."""
    name = {"collection": "id", "manifest": "run"}[form]
    return [
        Version(index, moment(leaf["ended_at"]), leaf[name], leaf["digest"])
        for index, leaf in leaves.items()
        if leaf["leaf"] == form
    ]


def seals_of(
    package: Package, history: History, connection: str, name: str
) -> Iterator[tuple[int, datetime, Mapping[str, Any]]]:
    """Yield what evaluations sealed, each with how many leaves they could read and its moment."""
    leaves = package.logs[connection]
    bounds = ReadBounds(package.store_log, leaves, connection)
    runs = {leaf["run"]: index for index, leaf in leaves.items() if leaf["leaf"] == "manifest"}
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
        here = bisect_left(numbers, bound)
        if here and newest[here - 1] > at:  # it is of a moment of the past, or clocks went back
            here = sum(version.stored_at <= at for version in collections[:here])
        yield SealedCollections(bound - 1, at, kind["records"], here)


def fewer_collections(counts: Sequence[SealedCollections]) -> set[datetime]:
    """Return the moments of the evaluations that sealed fewer collections than there were."""
    fewer = {count.at for count in counts if count.elsewhere < 0}
    newest, most = counts[:1], 0
    for count in counts:
        if (count.bound, count.at) < (newest[0].bound, newest[0].at):
            continue  # it is of a moment of the past
        if count.elsewhere < most:
            fewer.add(count.at)
        newest, most = [count], max(most, count.elsewhere)
    return fewer
