"""Verifying a whole store: every digest, every tree, every signed head. Nothing is written."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    func,
    select,
    text,
)

from ccm_core.ledger import note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, origin
from ccm_core.ledger.findings import Finding, KeyState, LogState, Verification
from ccm_core.ledger.heads import Heads, Said, Signed
from ccm_core.ledger.note import encoded
from ccm_core.ledger.walk import Walk
from ccm_core.store import ledger, tables
from ccm_core.store.checking import Checker, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from sqlalchemy import Connection, Row

    from ccm_core.ledger.note import VerifierKey
    from ccm_core.ledger.pin import Pin

_MOST = 1000
"""Findings that are told; of more there is only the number."""


def verify(
    connection: Connection,
    pins: Sequence[Pin],
    trusted: Sequence[VerifierKey],
    told: Callable[[int, int], None],
) -> Verification:
    """Verify a store.

    Args:
        connection: Sees one consistent state of it.
        pins: Heads that were kept outside it.
        trusted: Keys that it must have been signed with.
        told: Is told how many leaves were walked, and of how many.
    """
    walker = _Walker(connection, pins, told)
    findings = chain(_file(connection), walker.logs(), walker.checker.rest(), _derived(connection))
    kept = list(islice(findings, _MOST))
    more = sum(1 for _ in findings)
    heads = walker.heads()
    about = [*heads.stated(), *heads.signed(walker.signed)]
    about += [one for pin in pins for one in heads.pinned(pin)]
    about += [one for key in trusted for one in heads.trusted(key)]
    return Verification(
        store=walker.identity,
        logs=tuple(walker.states(heads)),
        keys=tuple(KeyState.of(key) for _, key in walker.said.keys),
        leaves=walker.done,
        bodies=walker.checker.bodies,
        erased=walker.checker.missing_bodies,
        checkpoints=heads.checkpoints,
        pins=heads.pins,
        findings=(*kept, *walker.ends(), *about),
        more=more,
        unproven=tuple(heads.unproven()),
    )


class _Walker:
    """Goes along every log, the store's own first: it says at which sizes the others had heads."""

    def __init__(
        self, connection: Connection, pins: Sequence[Pin], told: Callable[[int, int], None]
    ) -> None:
        self._connection, self._told = connection, told
        self.identity = ledger.identity(connection)
        self.said, self.done = Said(), 0
        self.signed = [
            Signed(seq=seq, log=log, size=size, note=signed)
            for seq, log, size, signed in connection.execute(
                select(tables.checkpoint).order_by(tables.checkpoint.c.seq)
            )
        ]
        erased = connection.scalars(select(tables.erased.c.digest))
        self.checker = Checker(connection, frozenset(erased))
        self._pinned = {size for pin in pins for size in _pinned_size(pin)}
        self._total = connection.scalar(select(func.sum(tables.entry.c.count))) or 0
        self._walks: dict[str, Walk] = {}
        self._manifests: dict[str, int] = {}

    def logs(self) -> Iterator[Finding]:
        """Walk along every log."""
        names = [name for name in ledger.logs(self._connection) if name != STORE_LOG]
        for name in (STORE_LOG, *names):
            yield from self._log(name)

    def _log(self, name: str) -> Iterator[Finding]:
        wanted = self._pinned | self.said.sizes(name)
        wanted |= {row.size for row in self.signed if row.log == name and type(row.size) is int}
        walk = self._walks[name] = Walk(name, wanted)
        for entry in ledger.entries(self._connection, name):
            yield from walk.add(entry)
            leaves = [decoded(line) for line in entry.leaves or ()]
            yield from self.checker.entry(entry, leaves)
            for step, leaf in enumerate(leaves):
                if name == STORE_LOG:
                    yield from self.said.leaf(entry.first + step, leaf)
                elif leaf.get("leaf") == "manifest":
                    self._manifests[name] = entry.first + step + 1
            self.done += len(leaves)
            self._told(self.done, self._total)

    def heads(self) -> Heads:
        """Give what is to be known of heads, after the logs were walked."""
        return Heads(
            identity=self.identity,
            said=self.said,
            roots={name: walk.roots for name, walk in self._walks.items()},
            sizes={name: walk.tree.size for name, walk in self._walks.items()},
        )

    def ends(self) -> Iterator[Finding]:
        """Say where a log stops before it can have stopped: steps end with stating the heads."""
        if self.said.last not in {"heads", "store"}:
            said = f"its last leaf is of the form {self.said.last!r}: what came after it is gone"
            yield Finding(log=STORE_LOG, what="the end of the log", problem=said)
        for name, size in self._manifests.items():
            if size > max(self.said.sizes(name), default=0):
                said = f"a manifest was kept at {size} leaves, and no head was stated after it"
                yield Finding(log=name, what="the end of the log", problem=said)

    def states(self, heads: Heads) -> Iterator[LogState]:
        """Give what each log is now."""
        for name, walk in self._walks.items():
            yield LogState(
                log=name,
                origin=origin(self.identity, name),
                size=walk.tree.size,
                root=encoded(walk.tree.root),
                signed_size=heads.held.get(name, 0),
            )


def _pinned_size(pin: Pin) -> Iterator[int]:
    try:
        yield Checkpoint.read(note.read(pin.note).text).size
    except ValueError:
        return  # said when it is held against the store


# -- what has no leaf -------------------------------------------------------------------------


def _file(connection: Connection) -> Iterator[Finding]:
    """Let SQLite look at its own pages, indexes and references."""
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.execute(text("PRAGMA integrity_check(20)")):
        if said != "ok":
            yield Finding(what="the file", problem=str(said))
    for table, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
        which = "a row" if row is None else f"row {row}"
        said = f"{which} refers to a row of {parent} that is not there"
        yield Finding(what=f"table {table}", table=table, problem=said)
    yield from _numbered(connection)


def _numbered(connection: Connection) -> Iterator[Finding]:
    """Check that rows are numbered without a gap up to the last one that SQLite gave out."""
    rows = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
    given = {str(name): int(last) for name, last in rows}
    for table in tables.metadata.sorted_tables:
        if "seq" not in table.primary_key.columns:
            continue
        seq = table.c.seq
        found = connection.execute(select(func.count(), func.min(seq), func.max(seq))).one()
        last = given.get(table.name, 0)
        if tuple(found) != ((last, 1, last) if last else (0, None, None)):
            said = (
                f"its {found[0]} rows are numbered {found[1]} to {found[2]}, and {last} were kept"
            )
            yield Finding(what=f"table {table.name}", table=table.name, field="seq", problem=said)
    (first, others) = connection.execute(select(func.min(tables.store.c.id), func.count())).one()
    if (first, others) != (1, 1):
        said = f"it has {others} rows from number {first}, and one was kept"
        yield Finding(what="table store", table="store", field="id", problem=said)


def _derived(connection: Connection) -> Iterator[Finding]:
    """Check what is kept ready beside the rows that say it."""
    yield from _newest(connection)
    known = select(tables.version.c.digest).where(tables.version.c.digest.is_not(None))
    orphans = select(tables.body.c.digest).where(tables.body.c.digest.not_in(known))
    for digest in connection.scalars(orphans):
        said = "no version names it: it was not added by ccm"
        yield Finding(what=f"body {digest}", table="body", field="digest", problem=said)


def _newest(connection: Connection) -> Iterator[Finding]:
    version, head = tables.version.c, tables.head.c
    last = select(func.max(version.seq)).group_by(version.connection, version.kind, version.key)
    names = ("connection", "kind", "key", "seq", "digest")
    newest = select(*(version[name] for name in names)).where(version.seq.in_(last))
    kept = select(*(head[name] for name in names))
    for row in connection.execute(newest.except_(kept)):
        yield _head(row, "it is not what its newest version says, or is not there")
    for row in connection.execute(kept.except_(newest)):
        yield _head(row, "no newest version says so")


def _head(row: Row[Any], problem: str) -> Finding:
    what = f"head of {row.kind} {row.key!r} of {row.connection}"
    return Finding(what=what, table="head", problem=problem)
