"""What the logs of a package hold of rows, verdicts and the evidence behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from sys import intern

from ccm_core.bundle.verifier.archive import Files
from ccm_core.bundle.verifier.contents import Leaves, digest, file_of
from ccm_core.bundle.verifier.derived.derived_bodies import DerivedBodies, DerivedVersion
from ccm_core.bundle.verifier.derived.derived_history import ConnectionLogs, EvidenceVersion
from ccm_core.bundle.verifier.derived.derived_log import DERIVED
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.populations import ReadBounds
from ccm_core.bundle.verifier.proofs.leaf_table import pack_digest


def package_logs(files: Files, package: Package) -> dict[str, ConnectionLogs]:
    """Return the logs of each connection of a package, with the bodies that its files hold."""
    logs, content_logs = {}, package.content_logs
    for name in package.connections:
        leaves, log = package.logs[name], f"{name}{DERIVED}"
        versions = VersionEntries(content_logs.get(log, {}))
        checkpoint = f"ledger/{log}/checkpoint.txt"
        size = int(files[checkpoint].split(b"\n")[1]) if checkpoint in files else 0

        def lines(kind: str, log: str = log) -> Iterator[tuple[str, bytes | None]]:
            file = file_of({"leaf": "version", "connection": log, "kind": kind})
            for line in files.lines(file) if file in files else ():
                yield digest(line), line

        logs[name] = ConnectionLogs(
            versions,
            body_readers(name, versions, package.reading.erased, lines),
            EvidenceEntries(leaves, package.scope.manifest_kind(name)),
            ReadBounds(package.store_log, leaves, name),
            size,
        )
    return logs


class VersionEntries:
    """The versions of rows and verdicts among leaves; read whenever they are needed."""

    def __init__(self, leaves: Leaves) -> None:
        self.leaves = leaves

    def __iter__(self) -> Iterator[DerivedVersion]:
        """Yield them in order."""
        for index, leaf in self.leaves.items():
            if leaf["leaf"] == "version":
                yield DerivedVersion(index, leaf["kind"], leaf["key"], leaf.get("digest"))


def body_readers(
    connection: str,
    versions: Iterable[DerivedVersion],
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
        bodies.uses = repeated_uses(versions, kind)
        return bodies

    return reader


def repeated_uses(versions: Iterable[DerivedVersion], kind: str) -> Counter[str]:
    """Return how many versions of a kind name a body, of those that several name."""
    seen: set[bytes] = set()
    uses: Counter[str] = Counter()
    for version in versions:
        if version.kind == kind and version.digest:
            packed = pack_digest(version.digest)
            if packed in seen:
                uses[version.digest] += 1 if version.digest in uses else 2
            seen.add(packed)
    return uses


class EvidenceEntries:
    """What records and manifests were, by the name that rows have for them."""

    def __init__(self, leaves: Leaves, manifests: str) -> None:
        self.leaves, self.manifests = leaves, manifests

    def __iter__(self) -> Iterator[EvidenceVersion]:
        """Yield them in the order of their leaves."""
        for index, leaf in self.leaves.items():
            if leaf["leaf"] == "version" and "digest" in leaf:
                name = intern(f"{leaf['kind']}:{leaf['key']}")
                yield EvidenceVersion(index, name, leaf["digest"])
            elif leaf["leaf"] == "manifest" and self.manifests:
                yield EvidenceVersion(index, f"{self.manifests}:{leaf['run']}", leaf["digest"])
