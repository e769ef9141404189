"""What the logs of a package hold of rows, verdicts and the evidence behind them."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from sys import intern

from ccm_core.bundle.verifier.archive import Files
from ccm_core.bundle.verifier.contents import version_file
from ccm_core.bundle.verifier.derived.derived_bodies import DerivedBodies, DerivedVersion
from ccm_core.bundle.verifier.derived.derived_history import ConnectionLogs, EvidenceVersion
from ccm_core.bundle.verifier.derived.derived_log import DERIVED
from ccm_core.bundle.verifier.package import Package
from ccm_core.bundle.verifier.populations import ReadBounds
from ccm_core.bundle.verifier.proofs.leaf_table import (
    LeafTable,
    as_table,
    other_leaves,
    pack_digest,
)
from ccm_core.bundle.verifier.scoping.framework_scopes import FrameworkScopes


def package_logs(files: Files, package: Package) -> dict[str, ConnectionLogs]:
    """Return the logs of each connection of a package, with the bodies that its files hold."""
    logs, content_logs = {}, package.content_logs
    for name in package.connections:
        leaves, log = package.logs[name], f"{name}{DERIVED}"
        versions = VersionEntries(as_table(content_logs.get(log, {})))
        checkpoint = f"ledger/{log}/checkpoint.txt"
        size = int(files[checkpoint].split(b"\n")[1]) if checkpoint in files else 0

        def lines(kind: str, log: str = log) -> Iterator[tuple[bytes, bytes | None]]:
            file = version_file(log, kind)
            for line in files.lines(file) if file in files else ():
                yield hashlib.sha256(line).digest(), line

        logs[name] = ConnectionLogs(
            versions,
            body_readers(name, versions, package.reading.erased, lines, package.derived.scopes),
            EvidenceEntries(as_table(leaves), package.scope.manifest_kind(name)),
            ReadBounds(package.store_log, leaves, name),
            size,
        )
    return logs


class VersionEntries:
    """The versions of rows and verdicts among leaves; read whenever they are needed."""

    def __init__(self, leaves: LeafTable) -> None:
        self.leaves = leaves

    def __iter__(self) -> Iterator[DerivedVersion]:
        """Yield them in order."""
        return map(DerivedVersion._make, self.leaves.versions())


def body_readers(
    connection: str,
    versions: Iterable[DerivedVersion],
    erased: Collection[str],
    lines: Callable[[str], Iterable[tuple[bytes, bytes | None]]],
    scopes: FrameworkScopes = (),
) -> Callable[[str], DerivedBodies]:
    """Return what reads the bodies of a kind.

    Args:
        connection: Whose rows and verdicts.
        versions: All that are read.
        erased: Digests of contents that were erased by order.
        lines: Yields the bodies of a kind with their packed digests, each once, in the order of
            the versions.
        scopes: Those of frameworks, for which each row has a letter.
    """
    uses: dict[str, Counter[bytes]] = {}
    gone = set(map(pack_digest, erased))

    def reader(kind: str) -> DerivedBodies:
        if not uses:
            uses.update(repeated_uses(versions))
        label = f"{kind} of {connection}"
        bodies = DerivedBodies(label, lines(kind), gone, connection, scopes)
        bodies.uses = uses.get(kind, Counter())
        return bodies

    return reader


def repeated_uses(versions: Iterable[DerivedVersion]) -> dict[str, Counter[bytes]]:
    """Return by kind how many versions name a body, of those that several name."""
    seen: dict[str, set[bytes]] = {}
    uses: dict[str, Counter[bytes]] = {}
    for _, kind, _, packed in versions:
        if packed is not None:
            of_kind, before = uses.setdefault(kind, Counter()), seen.setdefault(kind, set())
            if packed in before:
                of_kind[packed] += 1 if packed in of_kind else 2
            before.add(packed)
    return uses


class EvidenceEntries:
    """What records and manifests were, by the name that rows have for them."""

    def __init__(self, leaves: LeafTable, manifests: str) -> None:
        self.leaves, self.manifests = leaves, manifests

    def __iter__(self) -> Iterator[EvidenceVersion]:
        """Yield them in the order of their leaves."""
        runs = deque(self.runs())
        for index, kind, key, digest in self.leaves.versions():
            while runs and runs[0].number < index:
                yield runs.popleft()
            if digest is not None:
                yield EvidenceVersion(index, intern(f"{kind}:{key}"), digest)
        yield from runs

    def runs(self) -> Iterator[EvidenceVersion]:
        """Yield the manifests."""
        for index, leaf in other_leaves(self.leaves) if self.manifests else ():
            if leaf["leaf"] == "manifest":
                name = intern(f"{self.manifests}:{leaf['run']}")
                yield EvidenceVersion(index, name, pack_digest(leaf["digest"]))
