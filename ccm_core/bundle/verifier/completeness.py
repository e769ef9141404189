"""Check that nothing was left out of an evidence package: collections, populations and runs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.archive import Files
from ccm_core.bundle.verifier.contents import Leaves, moment
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.merkle import merkle_root
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.strict_json import read_json

LAST_INDEX = 1 << 62
COUNTED = ("appended", "tombstones", "rejected")


def check_collections(leaves: Leaves, contents: Mapping[str, bytes], problems: list[str]) -> None:
    """Check what is here of each collection against what it counted when it was made."""
    collections: dict[str, dict[str, Any]] = {}
    counted: Counter[tuple[str, str]] = Counter()
    populations: dict[tuple[str, str], dict[str, str]] = {}
    last = ""
    for leaf in [*leaves.values(), {"leaf": "end"}]:
        current = leaf.get("collection", leaf.get("id") if leaf["leaf"] == "collection" else "")
        if current != last and last in collections:
            check_population(collections[last], populations, problems)
        last = current
        if leaf["leaf"] == "collection":
            collections[current] = read_json(contents.get(leaf["digest"], b"{}"))
        elif leaf["leaf"] == "version":
            counted[current, "appended" if "digest" in leaf else "tombstones"] += 1
            population = populations.setdefault((leaf["connection"], leaf["kind"]), {})
            population.pop(leaf["key"], None)
            if "digest" in leaf:
                population[leaf["key"]] = leaf["digest"]
        elif leaf["leaf"] == "rejected":
            counted[current, "rejected"] += 1
    problems.extend(wrong_counts(collections, counted))


def wrong_counts(
    collections: Mapping[str, Mapping[str, Any]], counted: Mapping[tuple[str, str], int]
) -> Iterator[str]:
    """Yield the counts of collections that differ from what is here."""
    for name, collection in collections.items():
        for event in COUNTED:
            expected, actual = (
                collection.get("counts", {}).get(event),
                counted.get((name, event), 0),
            )
            if expected != actual:
                yield f"the collection {name}: expected {expected} {event}, got {actual}"


def check_population(
    collection: Mapping[str, Any], populations: Mapping[tuple[str, str], Any], problems: list[str]
) -> None:
    """Check the population after a collection against the root that it stated."""
    name = str(collection.get("connection")), str(collection.get("kind"))
    population, root = populations.get(name, {}), collection.get("population_root")
    lines = [f"{key}\0{population[key]}".encode() for key in sorted(population)]
    if root and root != merkle_root(lines):
        problems.append(f"the population after {collection.get('id')} differs from its root")


def check_runs(
    files: Files,
    package: Package,
    contents: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Check runs against the heads that the store stated after each, collections against runs."""
    stated = [head for leaf in package.store_log.values() for head in leaf.get("heads", ())]
    for log, leaves in package.logs.items():
        ends = {head["size"] - 1 for head in stated if head["log"] == log}
        size = int(files[f"ledger/{log}/checkpoint.txt"].split(b"\n")[1])
        missing = [end for end in sorted(ends - leaves.keys()) if end < size]
        problems.extend(
            f"leaf {end} of the log {log}, the end of a run, was left out" for end in missing
        )
        problems.extend(
            f"the collection {name} was left out"
            for name in missing_collections(leaves, package, contents)
        )


def missing_collections(
    leaves: Leaves, package: Package, contents: Mapping[str, bytes]
) -> Iterator[str]:
    """Yield the ids of collections that the manifests name and the log does not have."""
    present = {leaf.get("id") for leaf in leaves.values() if leaf["leaf"] == "collection"}
    kinds, (since, until) = set(package.scope.kinds(package.controls)), package.bounds
    for leaf in leaves.values():
        if leaf["leaf"] != "manifest" or not since <= moment(leaf["ended_at"]) < until:
            continue
        manifest = read_json(contents.get(leaf["digest"], b"{}"))
        for collection in manifest.get("collections", ()):
            if (
                collection["kind"] in kinds
                and moment(collection["ended_at"]) >= since
                and collection["id"] not in present
            ):
                yield collection["id"]


# -- what evaluations read --------------------------------------------------------------------


class Boundary(NamedTuple):
    """The population of a kind after a collection."""

    leaf: int
    """The index of the collection's last leaf."""
    stored_at: datetime
    root: str


def unread_populations(package: Package, history: History) -> Iterator[str]:
    """Yield the snapshots that an evaluation sealed and the leaves do not lead to.

    So a record that was taken out while it was evaluated, and put back, is noticed. An evaluation
    may run while a collection is stored: it read the population of some moment between the heads
    that the store stated before it and after it.
    """
    for connection in package.connections:
        leaves, watch = package.logs[connection], package.scope.watches.get(connection)
        kinds = set(package.scope.kinds(package.controls)) - (watch.events if watch else set())
        boundaries = population_boundaries(leaves, kinds)
        heads = [
            (index, head["size"])
            for index, leaf in package.store_log.items()
            for head in leaf.get("heads", ())
            if head["log"] == connection
        ]
        for index, at, reads in history.reads:
            sizes = [size for stated, size in heads if stated < index]
            later = [size for stated, size in heads if stated > index]
            span = (max(sizes, default=0) - 1, min(later, default=LAST_INDEX) - 1)
            sealed = {
                kind["kind"]: kind["root"]
                for read in reads
                if read["connection"] == connection
                for kind in read["kinds"]
            }
            for kind in sorted(kinds & sealed.keys() & boundaries.keys()):
                if sealed[kind] not in possible_roots(boundaries[kind], at, *span):
                    yield (
                        f"the evaluation of {at.isoformat()} read another population of {kind} of "
                        f"{connection} than its leaves lead to"
                    )


def population_boundaries(leaves: Leaves, kinds: Collection[str]) -> dict[str, list[Boundary]]:
    """Return the populations of kinds after each collection that changed them."""
    boundaries: dict[str, list[Boundary]] = {}
    populations: dict[str, dict[str, str]] = {}
    pending: dict[str, tuple[int, Mapping[str, Any]]] = {}
    versions = [
        (index, leaf)
        for index, leaf in leaves.items()
        if leaf["leaf"] == "version" and leaf["kind"] in kinds
    ]
    for index, leaf in versions:
        kind = leaf["kind"]
        before = pending.get(kind)
        if before and before[1]["collection"] != leaf["collection"]:
            boundaries.setdefault(kind, []).append(boundary(*before, populations[kind]))
        population = populations.setdefault(kind, {})
        population.pop(leaf["key"], None)
        if "digest" in leaf:
            population[leaf["key"]] = leaf["digest"]
        pending[kind] = index, leaf
    for kind, last in pending.items():
        boundaries.setdefault(kind, []).append(boundary(*last, populations[kind]))
    return boundaries


def boundary(index: int, leaf: Mapping[str, Any], population: Mapping[str, str]) -> Boundary:
    """Return the population after the last leaf of a collection."""
    return Boundary(index, moment(leaf["stored_at"]), population_root(population))


def possible_roots(boundaries: Sequence[Boundary], at: datetime, first: int, last: int) -> set[str]:
    """Return the roots that an evaluation may have read, from one leaf up to another.

    What is dated after its own moment, because a clock was ahead, it did not read.
    """
    known = [entry for entry in boundaries if entry.leaf <= first and entry.stored_at <= at]
    meanwhile = [entry for entry in boundaries if first < entry.leaf <= last]
    roots = {entry.root for entry in (*known[-1:], *meanwhile)}
    return roots or {population_root({})}


def population_root(population: Mapping[str, str]) -> str:
    """Return the root over a population: a tree over the trees of 4,096 buckets."""
    buckets: dict[int, list[bytes]] = {}
    for key in sorted(population):
        bucket = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big") >> 4
        buckets.setdefault(bucket, []).append(f"{key}\0{population[key]}".encode())
    roots = [
        bucket.to_bytes(2, "big") + bytes.fromhex(merkle_root(buckets[bucket])[len("sha256:") :])
        for bucket in sorted(buckets)
    ]
    return merkle_root(roots)
