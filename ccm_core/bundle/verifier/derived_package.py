"""What the logs of a package hold of rows, verdicts and the evidence behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.archive import Files
from ccm_core.bundle.verifier.contents import Leaves, digest, file_of
from ccm_core.bundle.verifier.derived.derived_bodies import DerivedBodies, DerivedVersion
from ccm_core.bundle.verifier.derived.derived_history import ConnectionLogs, EvidenceVersion
from ccm_core.bundle.verifier.derived.derived_log import DERIVED
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.populations import ReadBounds


def package_logs(files: Files, package: Package) -> dict[str, ConnectionLogs]:
    """Return the logs of each connection of a package, with the bodies that its files hold."""
    logs = {}
    for name in package.connections:
        leaves, log = package.logs[name], f"{name}{DERIVED}"
        versions = version_entries(package.content_logs.get(log, {}))
        checkpoint = f"ledger/{log}/checkpoint.txt"
        size = int(files[checkpoint].split(b"\n")[1]) if checkpoint in files else 0

        def lines(kind: str, log: str = log) -> Iterator[tuple[str, bytes | None]]:
            file = file_of({"leaf": "version", "connection": log, "kind": kind})
            for line in files.lines(file) if file in files else ():
                yield digest(line), line

        logs[name] = ConnectionLogs(
            versions,
            body_readers(name, versions, package.reading.erased, lines),
            evidence_versions(leaves.items(), package.scope.manifest_kind(name)),
            ReadBounds(package.store_log, leaves, name),
            size,
        )
    return logs


def version_entries(leaves: Leaves) -> list[DerivedVersion]:
    """Return the versions of rows and verdicts among leaves."""
    return [
        DerivedVersion(index, leaf["kind"], leaf["key"], leaf.get("digest"))
        for index, leaf in leaves.items()
        if leaf["leaf"] == "version"
    ]


def body_readers(
    connection: str,
    versions: Sequence[DerivedVersion],
    erased: Collection[str],
    lines: Callable[[str], Iterable[tuple[str, bytes | None]]],
) -> Callable[[str], DerivedBodies]:
    """Return what reads the bodies of a kind.

    Args:
        connection: Whose rows and verdicts.
        versions: All that are read.
        erased: Digests of contents that were erased by order.
        lines: Yields the bodies of a kind, each once, in the order of the versions.
    """

    def reader(kind: str) -> DerivedBodies:
        bodies = DerivedBodies(f"{kind} of {connection}", lines(kind), erased)
        bodies.uses = Counter(v.digest for v in versions if v.kind == kind and v.digest)
        return bodies

    return reader


def evidence_versions(
    leaves: Iterable[tuple[int, Mapping[str, Any]]], manifests: str
) -> Iterator[EvidenceVersion]:
    """Yield what records and manifests were, by the name that rows have for them."""
    for index, leaf in leaves:
        if leaf["leaf"] == "version" and "digest" in leaf:
            yield EvidenceVersion(index, f"{leaf['kind']}:{leaf['key']}", leaf["digest"])
        elif leaf["leaf"] == "manifest" and manifests:
            yield EvidenceVersion(index, f"{manifests}:{leaf['run']}", leaf["digest"])
