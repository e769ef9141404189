"""Verifying a whole store: every digest, every tree, every signed head. Nothing is written."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, origin
from ccm_core.ledger.head_verifier import HeadVerifier, Said, SignedHead
from ccm_core.ledger.log_replay import LogReplay
from ccm_core.ledger.signed_note import encoded
from ccm_core.ledger.verification import Finding, KeyState, LogState, Verification
from ccm_core.store.log import ledger
from ccm_core.store.log.leaf_encoding import FORMS
from ccm_core.store.verify.row_checks import RowChecker, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ccm_core.ledger.pinned_checkpoint import Pin
    from ccm_core.ledger.signed_note import VerifierKey
    from ccm_core.store.sql.transaction import Transaction, Values

_MOST = 1000
"""Findings that are told; of more there is only the number."""
_NUMBERED = (*(form.table for form in FORMS if form.number == "seq"), "entry", "checkpoint")
"""Tables that SQLite numbers."""


def verify(
    transaction: Transaction,
    pins: Sequence[Pin],
    trusted: Sequence[VerifierKey],
    told: Callable[[int, int], None],
) -> Verification:
    """Verify a store.

    Args:
        transaction: Sees one consistent state of it.
        pins: HeadVerifier that were kept outside it.
        trusted: Keys that it must have been signed with.
        told: Is told how many leaves were walked, and of how many.
    """
    walker = _Walker(transaction, pins, told)
    findings = chain(
        _file(transaction), walker.logs(), walker.checker.rest(), _derived(transaction)
    )
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
        self, transaction: Transaction, pins: Sequence[Pin], told: Callable[[int, int], None]
    ) -> None:
        self._transaction, self._told = transaction, told
        self.identity = ledger.identity(transaction)
        self.said, self.done = Said(), 0
        self.signed = [
            SignedHead(seq=seq, log=log, size=size, note=signed)
            for seq, log, size, signed in transaction.rows(
                "SELECT seq, log, size, note FROM checkpoint ORDER BY seq"
            )
        ]
        erased = frozenset(transaction.column("SELECT digest FROM erased"))
        self.checker = RowChecker(transaction, erased)
        self._pinned = {size for pin in pins for size in _pinned_size(pin)}
        self._total = transaction.value("SELECT sum(count) FROM entry") or 0
        self._walks: dict[str, LogReplay] = {}
        self._manifests: dict[str, int] = {}

    def logs(self) -> Iterator[Finding]:
        """LogReplay along every log."""
        names = [name for name in ledger.logs(self._transaction) if name != STORE_LOG]
        for name in (STORE_LOG, *names):
            yield from self._log(name)

    def _log(self, name: str) -> Iterator[Finding]:
        wanted = self._pinned | self.said.sizes(name)
        wanted |= {row.size for row in self.signed if row.log == name and type(row.size) is int}
        walk = self._walks[name] = LogReplay(name, wanted)
        for entry in ledger.entries(self._transaction, name):
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

    def heads(self) -> HeadVerifier:
        """Give what is to be known of heads, after the logs were walked."""
        return HeadVerifier(
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

    def states(self, heads: HeadVerifier) -> Iterator[LogState]:
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
        yield Checkpoint.read(signed_note.read(pin.note).text).size
    except ValueError:
        return  # said when it is held against the store


# -- what has no leaf -------------------------------------------------------------------------


def _file(transaction: Transaction) -> Iterator[Finding]:
    """Let SQLite look at its own pages, indexes and references."""
    for (said,) in transaction.rows("PRAGMA integrity_check(20)"):
        if said != "ok":
            yield Finding(what="the file", problem=str(said))
    for table, row, parent, _ in transaction.rows("PRAGMA foreign_key_check"):
        which = "a row" if row is None else f"row {row}"
        said = f"{which} refers to a row of {parent} that is not there"
        yield Finding(what=f"table {table}", table=table, problem=said)
    yield from _numbered(transaction)


def _numbered(transaction: Transaction) -> Iterator[Finding]:
    """Check that rows are numbered without a gap up to the last one that SQLite gave out."""
    given: dict[str, int] = dict(transaction.rows("SELECT name, seq FROM sqlite_sequence"))
    for table in _NUMBERED:
        last = given.get(table, 0)
        for found in transaction.rows(f"SELECT count(*), min(seq), max(seq) FROM {table}"):
            if found != ((last, 1, last) if last else (0, None, None)):
                said = (
                    f"its {found[0]} rows are numbered {found[1]} to {found[2]}, "
                    f"and {last} were kept"
                )
                yield Finding(what=f"table {table}", table=table, field="seq", problem=said)
    for first, others in transaction.rows("SELECT min(id), count(*) FROM store"):
        if (first, others) != (1, 1):
            said = f"it has {others} rows from number {first}, and one was kept"
            yield Finding(what="table store", table="store", field="id", problem=said)


def _derived(transaction: Transaction) -> Iterator[Finding]:
    """Check what is kept ready beside the rows that say it."""
    yield from _newest(transaction)
    orphans = transaction.column(
        """
        SELECT digest
        FROM body
        WHERE digest NOT IN (SELECT digest FROM version WHERE digest IS NOT NULL)
        """
    )
    for digest in orphans:
        said = "no version names it: it was not added by ccm"
        yield Finding(what=f"body {digest}", table="body", field="digest", problem=said)


_KEPT = "SELECT connection, kind, key, seq, digest FROM head"
_NEWEST = """
    SELECT connection, kind, key, seq, digest
    FROM version
    WHERE seq IN (SELECT max(seq) FROM version GROUP BY connection, kind, key)
"""


def _newest(transaction: Transaction) -> Iterator[Finding]:
    for row in transaction.rows(f"{_NEWEST} EXCEPT {_KEPT}"):
        yield _head(row, "it is not what its newest version says, or is not there")
    for row in transaction.rows(f"{_KEPT} EXCEPT {_NEWEST}"):
        yield _head(row, "no newest version says so")


def _head(row: Values, problem: str) -> Finding:
    connection, kind, key, *_ = row
    return Finding(what=f"head of {kind} {key!r} of {connection}", table="head", problem=problem)
