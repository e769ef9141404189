"""What the logs of a package hold of rows, verdicts and the evidence behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from heapq import merge
from sys import intern

from ccm_core.bundle.verifier.archive import Files
from ccm_core.bundle.verifier.contents import Leaves, digest, file_of
from ccm_core.bundle.verifier.derived.derived_bodies import DerivedBodies, DerivedVersion
from ccm_core.bundle.verifier.derived.derived_history import ConnectionLogs, EvidenceVersion
from ccm_core.bundle.verifier.derived.derived_log import DERIVED
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.populations import ReadBounds
from ccm_core.bundle.verifier.proofs.leaf_table import (
    other_leaves,
    pack_digest,
    version_leaves,
)
from ccm_core.bundle.verifier.scoping.framework_scopes import FrameworkScopes


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
            body_readers(name, versions, package.reading.erased, lines, package.derived.scopes),
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
        return map(DerivedVersion._make, version_leaves(self.leaves))


def body_readers(
    connection: str,
    versions: Iterable[DerivedVersion],
    erased: Collection[str],
    lines: Callable[[str], Iterable[tuple[str, bytes | None]]],
    scopes: FrameworkScopes = (),
) -> Callable[[str], DerivedBodies]:
    """Return what reads the bodies of a kind.

    Args:
        connection: Whose rows and verdicts.
        versions: All that are read.
        erased: Digests of contents that were erased by order.
        lines: Yields the bodies of a kind, each once, in the order of the versions.
        scopes: Those of frameworks, for which each row has a letter.
    """
    uses: dict[str, Counter[str]] = {}

    def reader(kind: str) -> DerivedBodies:
        if not uses:
            uses.update(repeated_uses(versions))
        label = f"{kind} of {connection}"
        bodies = DerivedBodies(label, lines(kind), erased, connection, scopes)
        bodies.uses = uses.get(kind, Counter())
        return bodies

    return reader


def repeated_uses(versions: Iterable[DerivedVersion]) -> dict[str, Counter[str]]:
    """Return by kind how many versions name a body, of those that several name."""
    seen: dict[str, set[bytes]] = {}
    uses: dict[str, Counter[str]] = {}
    for version in versions:
        if version.digest:
            of_kind, packed = uses.setdefault(version.kind, Counter()), pack_digest(version.digest)
            before = seen.setdefault(version.kind, set())
            if packed in before:
                of_kind[version.digest] += 1 if version.digest in of_kind else 2
            before.add(packed)
    return uses


class EvidenceEntries:
    """What records and manifests were, by the name that rows have for them."""

    def __init__(self, leaves: Leaves, manifests: str) -> None:
        self.leaves, self.manifests = leaves, manifests

    def __iter__(self) -> Iterator[EvidenceVersion]:
        """Yield them in the order of their leaves."""
        records = (
            EvidenceVersion(index, intern(f"{kind}:{key}"), digest)
            for index, kind, key, digest in version_leaves(self.leaves)
            if digest is not None
        )
        runs = (
            EvidenceVersion(index, intern(f"{self.manifests}:{leaf['run']}"), leaf["digest"])
            for index, leaf in other_leaves(self.leaves)
            if leaf["leaf"] == "manifest" and self.manifests
        )
        return merge(records, runs)
