"""HeadVerifier that were stated, signed and pinned, against the trees that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import HEADS, STORE_LOG, Checkpoint, origin
from ccm_core.ledger.key_history import SigningKey
from ccm_core.ledger.pinned_checkpoint import Pin
from ccm_core.ledger.signed_note import SignedNote, VerifierKey, encoded
from ccm_core.ledger.verification import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadStatement:
    """One leaf of the store's log that states heads."""

    index: int
    heads: Mapping[str, tuple[int, str]]
    """Size and root, by log."""
    unsigned: str | None
    """Why it is not signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A row of the table of signed heads."""

    seq: int
    log: str
    size: int
    note: str


@dataclass(slots=True)
class Said:
    """What the store's own log said on the way along it."""

    statements: list[HeadStatement] = field(default_factory=list)
    keys: list[tuple[int, SigningKey]] = field(default_factory=list)
    """With the number of the leaf."""
    last: str | None = None
    """The form of the last leaf."""

    def leaf(self, index: int, leaf: Mapping[str, Any]) -> Iterator[Finding]:
        """Take the next leaf."""
        self.last = leaf.get("leaf")
        try:
            if self.last == HEADS:
                self.statements.append(_statement(index, leaf))
            elif self.last == "signing_key":
                yield from self._key(index, leaf)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            yield Finding(
                log=STORE_LOG,
                leaf=index,
                what=f"a leaf of the form {self.last!r}",
                problem=f"it cannot be read ({error})",
            )

    def key_at(self, size: int) -> VerifierKey | None:
        """Give the key that the store's log named last, when it had that size."""
        found = [key.key for index, key in self.keys if index < size]
        return found[-1] if found else None

    def sizes(self, log: str) -> set[int]:
        """Give the sizes at which a head of a log was stated."""
        if log == STORE_LOG:
            return {one.index + 1 for one in self.statements}
        return {one.heads[log][0] for one in self.statements if log in one.heads}

    def _key(self, index: int, leaf: Mapping[str, Any]) -> Iterator[Finding]:
        begun = SigningKey.read(leaf["note"])
        before = self.keys[-1][1].key if self.keys else None
        if str(begun.key) != leaf["key"] or begun.replaces != before:
            said = f"its note begins {begun.key} after {begun.replaces}, and {before} came before"
            yield Finding(
                log=STORE_LOG, leaf=index, what=f"signing key {leaf['key']}", problem=said
            )
        self.keys.append((index, begun))


def _statement(index: int, leaf: Mapping[str, Any]) -> HeadStatement:
    return HeadStatement(
        index=index,
        heads={one["log"]: (int(one["size"]), str(one["root"])) for one in leaf["heads"]},
        unsigned=None if leaf.get("signed") is True else str(leaf["unsigned"]),
    )


@dataclass(slots=True)
class HeadVerifier:
    """Everything that is said of heads, and the roots that were worked out."""

    identity: str
    said: Said
    roots: Mapping[str, Mapping[int, bytes]]
    """By log and size."""
    sizes: Mapping[str, int]
    """Of each log as it is."""
    held: dict[str, int] = field(default_factory=dict)
    """The size of the newest signed head of each log that holds."""
    checkpoints: int = 0
    pins: int = 0

    def stated(self) -> Iterator[Finding]:
        """Hold what was stated against the trees."""
        for statement in self.said.statements:
            for log, (size, root) in statement.heads.items():
                found = self.roots.get(log, {}).get(size)
                if found is None or encoded(found) != root:
                    yield Finding(
                        log=log,
                        what=f"the head at {size} leaves",
                        problem=f"leaf {statement.index} of {STORE_LOG} states the root {root}, "
                        f"and the log has {_root(found)}",
                    )

    def signed(self, rows: Sequence[SignedHead]) -> Iterator[Finding]:
        """Hold the signed heads against what was stated and against the trees."""
        there = {(row.log, row.size) for row in rows}
        expected: dict[tuple[str, int], int] = {}
        for statement in self.said.statements:
            if statement.unsigned is None:
                expected[STORE_LOG, statement.index + 1] = statement.index
                for log, (size, _) in statement.heads.items():
                    expected.setdefault((log, size), statement.index)
        for (log, size), index in expected.items():
            if (log, size) not in there:
                said = f"leaf {index} of {STORE_LOG} says that it is signed, and it is not there"
                yield _bad(log, size, said)
        last: dict[str, int] = {}
        for row in rows:
            if type(row.size) is not int or type(row.note) is not str:
                yield _bad(row.log, row.size, f"row {row.seq} holds neither size nor note")
                continue
            if row.size <= last.get(row.log, -1):
                yield _bad(row.log, row.size, f"row {row.seq} stands after a larger head", "seq")
            last[row.log] = row.size
            if (row.log, row.size) in expected:
                yield from self._one(row, expected[row.log, row.size] + 1)
            else:
                yield _bad(row.log, row.size, f"row {row.seq} is of a head that nobody stated")

    def _one(self, row: SignedHead, store_size: int) -> Iterator[Finding]:
        try:
            found = signed_note.read(row.note)
            head = Checkpoint.read(found.text)
        except (TypeError, ValueError) as error:
            yield _bad(row.log, row.size, f"it is no checkpoint: {error}", "note")
            return
        wanted = origin(self.identity, row.log)
        if (head.origin, head.size) != (wanted, row.size):
            said = f"it is of {head.origin} at {head.size} leaves, and should be of {wanted}"
            yield _bad(row.log, row.size, said, "note")
            return
        key = self.said.key_at(store_size)
        if key is None or not found.signed_by(key):
            yield _bad(row.log, row.size, f"it bears no signature of {key} that holds", "note")
            return
        root = self.roots.get(row.log, {}).get(row.size)
        if root != head.root:
            said = f"it was signed over {encoded(head.root)}, and the log has {_root(root)}"
            yield _bad(row.log, row.size, said)
            return
        self.checkpoints += 1
        self.held[row.log] = max(row.size, self.held.get(row.log, 0))

    def pinned(self, pin: Pin) -> Iterator[Finding]:
        """Hold the store against a head that was kept outside it."""
        try:
            found = signed_note.read(pin.note)
            head = Checkpoint.read(found.text)
        except ValueError as error:
            yield Finding(what=f"the pin {pin.name}", problem=f"it is no checkpoint: {error}")
            return
        problem = self._against(found, head)
        if problem is None:
            self.pins += 1
        else:
            yield Finding(log=STORE_LOG, what=f"the pin {pin.name}", problem=problem)

    def trusted(self, key: VerifierKey) -> Iterator[Finding]:
        """Hold the keys of the store against one that is known from elsewhere."""
        if all(one.key != key for _, one in self.said.keys):
            said = "no head of this store was signed with it: the store is not the one it was"
            yield Finding(log=STORE_LOG, what=f"the key {key}", problem=said)

    def _against(self, found: SignedNote, head: Checkpoint) -> str | None:
        log = self._log_of(head.origin)
        if log is None:
            return f"it is of {head.origin}, and this store is {origin(self.identity)}"
        if not any(found.signed_by(key.key) for _, key in self.said.keys):
            return "none of the keys of this store has signed it: the store is not the one it was"
        size = self.sizes[log]
        if head.size > size:
            return f"it was pinned at {head.size} leaves, and the log has {size}: some were removed"
        if self.roots[log].get(head.size) != head.root:
            return f"the first {head.size} leaves are not what they were when it was pinned"
        return None

    def _log_of(self, name: str) -> str | None:
        return next((log for log in self.sizes if origin(self.identity, log) == name), None)

    # -- what nothing vouches for -------------------------------------------------------------

    def unproven(self) -> Iterator[str]:
        """Say what no signature covers, and which keys nobody handed over."""
        held, size = self.held.get(STORE_LOG, 0), self.sizes.get(STORE_LOG, 0)
        why = next((one.unsigned for one in reversed(self.said.statements) if one.unsigned), None)
        because = f" ({why})" if why else ""
        if not held:
            yield f"no head of this store is signed{because}: whoever can write it can rewrite it"
        elif held < size:
            yield f"the newest {size - held} leaves of {STORE_LOG} are not signed{because}"
        for log in sorted(self.sizes, key=str):
            stated = max(self.said.sizes(log), default=0)
            if stated < self.sizes[log]:
                yield (
                    f"the newest {self.sizes[log] - stated} leaves of {log} are of a run that is "
                    "under way or was cut off; the next one states their head"
                )
        for _, key in self.said.keys:
            if not key.handed_over:
                yield f"the key {key.key} replaces {key.replaces}, which did not hand over"


def _bad(log: str, size: object, problem: str, name: str | None = None) -> Finding:
    return Finding(
        log=log,
        table="checkpoint",
        field=name,
        what=f"the signed head at {size} leaves",
        problem=problem,
    )


def _root(root: bytes | None) -> str:
    return "no such head" if root is None else encoded(root)
