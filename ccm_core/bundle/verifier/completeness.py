"""Check that nothing was left out of an evidence package: collections, populations and runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

from ccm_core.bundle.verifier.archive import Files
from ccm_core.bundle.verifier.contents import Contents, Leaves, moment
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.proofs.leaf_table import (
    as_table,
    other_leaves,
    pack_digest,
    unpack_digest,
)
from ccm_core.bundle.verifier.proofs.merkle import merkle_root
from ccm_core.bundle.verifier.scope import closed_until
from ccm_core.bundle.verifier.strict_json import read_json

COUNTED = ("appended", "tombstones", "rejected")


def check_collections(
    leaves: Leaves, contents: Mapping[str, bytes], whole: Collection[str], problems: list[str]
) -> None:
    """Check what is here of each whole collection against what it counted when it was made."""
    collections: dict[str, dict[str, Any]] = {}
    counted: Counter[tuple[str, str]] = Counter()
    populations: dict[tuple[str, str], dict[str, str]] = {}
    last = ""
    stated = rooted_kinds(leaves, contents, whole)
    for leaf in chain(leaves.values(), [{"leaf": "end"}]):
        current = leaf.get("collection", leaf.get("id") if leaf["leaf"] == "collection" else "")
        if current != last and last in collections:
            check_population(collections[last], populations, problems)
        last = current
        if leaf["leaf"] == "collection" and current in whole:
            collections[current] = read_json(contents.get(leaf["digest"], b"{}"))
        elif leaf["leaf"] == "version":
            counted[current, "appended" if "digest" in leaf else "tombstones"] += 1
            if (leaf["connection"], leaf["kind"]) not in stated:
                continue
            population = populations.setdefault((leaf["connection"], leaf["kind"]), {})
            population.pop(leaf["key"], None)
            if "digest" in leaf:
                population[leaf["key"]] = leaf["digest"]
        elif leaf["leaf"] == "rejected":
            counted[current, "rejected"] += 1
    problems.extend(wrong_counts(collections, counted))


def rooted_kinds(
    leaves: Leaves, contents: Mapping[str, bytes], whole: Collection[str]
) -> set[tuple[Any, Any]]:
    """Return the connections and kinds of which a whole collection states a population."""
    documents = (
        read_json(contents.get(leaf["digest"], b"{}"))
        for _, leaf in other_leaves(leaves)
        if leaf["leaf"] == "collection" and leaf["id"] in whole
    )
    return {
        (document.get("connection"), document.get("kind"))
        for document in documents
        if document.get("population_root")
    }


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
    if not root:
        return
    lines = [f"{key}\0{population[key]}".encode() for key in sorted(population)]
    if root != merkle_root(lines):
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
    present = {leaf.get("id") for _, leaf in other_leaves(leaves) if leaf["leaf"] == "collection"}
    kinds, (since, end) = set(package.scope.kinds(package.controls)), package.bounds
    until = closed_until(end)
    for _, leaf in other_leaves(leaves):
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


def missing_needs(package: Package, history: History, contents: Contents) -> Iterator[str]:
    """Yield the packs, inputs and evidence that results rest on and that are not here."""
    erased = package.reading.erased
    for name in sorted(history.needs):
        if name not in erased and not contents.has(pack_digest(name)):
            yield f"the evaluation of {history.needs[name]} needs {name}, which is missing"
    missing = history.evidence.difference(*contents.expected.values())
    missing |= history.evidence & contents.absent
    for name in sorted(map(unpack_digest, missing)):
        if name not in erased:
            yield f"a result of the period needs {name}, which is missing"


def describe_earlier(package: Package, whole: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Yield of how many records it is not shown that a version behind results was the newest.

    Of what no seal is compared and no whole collection appended, as of events from before the
    period and of kinds that no rule needs, a newer version may have been left out: a row names the
    record, and not its version.

    Args:
        package: The package.
        whole: By connection, the collections of which every leaf is here.
    """
    for connection in package.connections:
        table, watch = as_table(package.logs[connection]), package.scope.watches.get(connection)
        sealed = set(package.scope.kinds(package.controls)) - (watch.events if watch else set())
        kinds = {kind for _, kind, _, _ in table.versions()} - sealed
        earlier = sum(
            "digest" in leaf and leaf["collection"] not in whole[connection]
            for _, leaf in table.of_kinds(kinds)
        )
        if earlier:
            yield (
                f"not shown by this package: that up to {earlier} records of {connection} on which "
                "results rest, of events from before the period or of kinds that the rules do not "
                "need, are here in their newest version. `ccm verify` compares with the store what "
                "evaluations sealed"
            )
