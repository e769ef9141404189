"""Heads that were stated, signed and pinned, against the trees of the replayed logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import HEADS, STORE_LOG, Checkpoint, PinnedCheckpoint, origin
from ccm_core.ledger.key_history import SigningKey
from ccm_core.ledger.signed_note import SignedNote, VerifierKey, encoded
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model.evaluation.derived import connection_of, is_derived
from ccm_core.model.frozen_dataclass import dataclass


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
class LogStatements:
    """What the leaves of the store's own log state of heads and keys."""

    heads: list[HeadStatement] = field(default_factory=list)
    keys: list[tuple[int, SigningKey]] = field(default_factory=list)
    """With the index of the leaf."""
    last_form: str | None = None
    """The form of the last leaf."""

    def add(self, index: int, leaf: Mapping[str, Any]) -> Iterator[VerificationProblem]:
        """Add the next leaf, and yield what is wrong with it."""
        self.last_form = leaf.get("leaf")
        try:
            if self.last_form == HEADS:
                self.heads.append(_head_statement(index, leaf))
            elif self.last_form == "signing_key":
                yield from self._add_key(index, leaf)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            yield VerificationProblem(
                log=STORE_LOG,
                leaf=index,
                label=f"a leaf of the form {self.last_form!r}",
                problem=f"it cannot be read ({error})",
            )

    def key_at(self, size: int) -> VerifierKey | None:
        """Return the key that the store's log named last, when it had that size."""
        keys = [key.key for index, key in self.keys if index < size]
        return keys[-1] if keys else None

    def key_of(self, log: str, size: int) -> VerifierKey | None:
        """Return the key that signs a log's head of a size; None: no leaf says that it is signed.

        It is the one that the store's log named last: a retired key signs nothing.
        """
        if log == STORE_LOG:
            return self.key_at(size)
        for statement in self.heads:
            if statement.unsigned is None and statement.heads.get(log, (None,))[0] == size:
                return self.key_at(statement.index + 1)
        return None

    def sizes(self, log: str) -> set[int]:
        """Return the sizes at which a head of a log was stated."""
        if log == STORE_LOG:
            return {statement.index + 1 for statement in self.heads}
        return {statement.heads[log][0] for statement in self.heads if log in statement.heads}

    def _add_key(self, index: int, leaf: Mapping[str, Any]) -> Iterator[VerificationProblem]:
        key = SigningKey.read(leaf["note"])
        before = self.keys[-1][1].key if self.keys else None
        if str(key.key) != leaf["key"] or key.replaces != before:
            yield VerificationProblem(
                log=STORE_LOG,
                leaf=index,
                label=f"signing key {leaf['key']}",
                problem=f"its note begins {key.key} after {key.replaces}, and {before} came before",
            )
        self.keys.append((index, key))


def _head_statement(index: int, leaf: Mapping[str, Any]) -> HeadStatement:
    return HeadStatement(
        index=index,
        heads={head["log"]: (int(head["size"]), str(head["root"])) for head in leaf["heads"]},
        unsigned=None if leaf.get("signed") is True else str(leaf["unsigned"]),
    )


@dataclass(slots=True)
class HeadVerifier:
    """Verifies stated, signed and pinned heads against the roots of the replayed logs."""

    identity: str
    statements: LogStatements
    roots: Mapping[str, Mapping[int, bytes]]
    """By log and size."""
    sizes: Mapping[str, int]
    """Of each log as it is."""
    verified_sizes: dict[str, int] = field(default_factory=dict)
    """The size of the newest signed head of each log that is valid."""
    signers: dict[str, VerifierKey] = field(default_factory=dict)
    """The key that signed that head."""
    checkpoints: int = 0
    pins: int = 0

    def check_stated(self) -> Iterator[VerificationProblem]:
        """Check what was stated against the trees."""
        for statement in self.statements.heads:
            for log, (size, root) in statement.heads.items():
                actual = self.roots.get(log, {}).get(size)
                if actual is None or encoded(actual) != root:
                    yield VerificationProblem(
                        log=log,
                        label=f"the head at {size} leaves",
                        problem=f"leaf {statement.index} of {STORE_LOG} states the root {root}, "
                        f"and the log has {_root(actual)}",
                    )

    def check_signed(self, signed: Sequence[SignedHead]) -> Iterator[VerificationProblem]:
        """Check the signed heads against what was stated and against the trees."""
        expected = self._stated_as_signed()
        stored = {(head.log, head.size) for head in signed}
        for (log, size), index in expected.items():
            if (log, size) not in stored:
                problem = f"leaf {index} of {STORE_LOG} says that it is signed, and it is not there"
                yield _head_problem(log, size, problem)
        newest: dict[str, int] = {}
        for head in signed:
            if type(head.size) is not int or type(head.note) is not str:
                problem = f"row {head.seq} holds neither size nor note"
                yield _head_problem(head.log, head.size, problem)
                continue
            if head.size <= newest.get(head.log, -1):
                problem = f"row {head.seq} comes after a larger head"
                yield _head_problem(head.log, head.size, problem, "seq")
            newest[head.log] = head.size
            if (head.log, head.size) in expected:
                yield from self._check_signed_head(head)
            else:
                problem = f"row {head.seq} is of a head that no leaf states"
                yield _head_problem(head.log, head.size, problem)

    def _stated_as_signed(self) -> Mapping[tuple[str, int], int]:
        """Return the log and size of each head that a leaf states as signed, with that leaf."""
        expected: dict[tuple[str, int], int] = {}
        for statement in self.statements.heads:
            if statement.unsigned is None:
                expected[STORE_LOG, statement.index + 1] = statement.index
                for log, (size, _) in statement.heads.items():
                    expected.setdefault((log, size), statement.index)
        return expected

    def _check_signed_head(self, signed: SignedHead) -> Iterator[VerificationProblem]:
        try:
            note = signed_note.read(signed.note)
            head = Checkpoint.read(note.text)
        except (TypeError, ValueError) as error:
            problem = f"it is no checkpoint: {error}"
            yield _head_problem(signed.log, signed.size, problem, "note")
            return
        expected = origin(self.identity, signed.log)
        if (head.origin, head.size) != (expected, signed.size):
            problem = f"it is of {head.origin} at {head.size} leaves, and should be of {expected}"
            yield _head_problem(signed.log, signed.size, problem, "note")
            return
        key = self.statements.key_of(signed.log, signed.size)
        if key is None or not note.signed_by(key):
            problem = f"it has no valid signature of {key}"
            yield _head_problem(signed.log, signed.size, problem, "note")
            return
        root = self.roots.get(signed.log, {}).get(signed.size)
        if root != head.root:
            problem = f"it was signed over {encoded(head.root)}, and the log has {_root(root)}"
            yield _head_problem(signed.log, signed.size, problem)
            return
        self.checkpoints += 1
        if signed.size >= self.verified_sizes.get(signed.log, 0):
            self.verified_sizes[signed.log], self.signers[signed.log] = signed.size, key

    def check_pin(self, pin: PinnedCheckpoint) -> Iterator[VerificationProblem]:
        """Check the store against a head that was stored outside it."""
        label = f"the pin {pin.name}"
        try:
            note = signed_note.read(pin.note)
            head = Checkpoint.read(note.text)
        except ValueError as error:
            yield VerificationProblem(label=label, problem=f"it is no checkpoint: {error}")
            return
        problem = self._pin_problem(note, head)
        if problem is None:
            self.pins += 1
        else:
            yield VerificationProblem(log=STORE_LOG, label=label, problem=problem)

    def check_trusted(self, key: VerifierKey) -> Iterator[VerificationProblem]:
        """Check the keys of the store against one that is trusted.

        It must have signed the newest head, or have handed over to the key that did. What a lost
        key does not vouch for is unproven, and no problem.
        """
        keys = [signing_key.key for _, signing_key in self.statements.keys]
        signer = self.signers.get(STORE_LOG)
        if key not in keys:
            problem = "no head of this store was signed with it: the store is not the one it was"
        elif signer is None or keys.index(signer) < keys.index(key):
            problem = f"the newest signed head of this store is of {signer}, a key from before it"
        else:
            return
        yield VerificationProblem(log=STORE_LOG, label=f"the key {key}", problem=problem)

    def _pin_problem(self, note: SignedNote, head: Checkpoint) -> str | None:
        log = self._log_of(head.origin)
        if log is None:
            return f"it is of {head.origin}, and this store is {origin(self.identity)}"
        if not any(note.signed_by(key.key) for _, key in self.statements.keys):
            return "none of the keys of this store has signed it: the store is not the one it was"
        size = self.sizes[log]
        if head.size > size:
            return f"it was pinned at {head.size} leaves, and the log has {size}: some were removed"
        if self.roots[log].get(head.size) != head.root:
            return f"the first {head.size} leaves are not what they were when it was pinned"
        key = self.statements.key_of(log, head.size)
        if key is None or not note.signed_by(key):
            return f"it is not signed by {key}, the key of the store at that moment"
        return None

    def _log_of(self, name: str) -> str | None:
        return next((log for log in self.sizes if origin(self.identity, log) == name), None)

    # -- what no signature covers -------------------------------------------------------------

    def unproven(self) -> Iterator[str]:
        """Yield what no signature covers, and which keys were not handed over."""
        signed, size = self.verified_sizes.get(STORE_LOG, 0), self.sizes.get(STORE_LOG, 0)
        reasons = (statement.unsigned for statement in reversed(self.statements.heads))
        reason = next((reason for reason in reasons if reason), None)
        because = f" ({reason})" if reason else ""
        if not signed:
            yield f"no head of this store is signed{because}: whoever can write it can rewrite it"
        elif signed < size:
            unsigned = size - signed
            yield f"the newest {unsigned} leaves of the store's own log are not signed{because}"
        for log in sorted(self.sizes, key=str):
            stated = max(self.statements.sizes(log), default=0)
            if stated < self.sizes[log]:
                count, connection = self.sizes[log] - stated, connection_of(log)
                if is_derived(log):
                    yield (
                        f"the newest {count} leaves of the rows and verdicts of {connection} are "
                        "of an evaluation that is under way or was cut off; the next one states "
                        "their head"
                    )
                    continue
                owner = "the store's own log" if log == STORE_LOG else connection
                yield (
                    f"the newest {count} leaves of {owner} are of a run that is under way or was "
                    "cut off; the next one states their head"
                )
        for _, key in self.statements.keys:
            if not key.handed_over:
                yield (
                    f"the key {key.key} replaces {key.replaces}, which was lost and did not hand "
                    "over: a key or a checkpoint from before vouches for nothing that was signed "
                    "since"
                )


def _head_problem(
    log: str, size: object, problem: str, field: str | None = None
) -> VerificationProblem:
    return VerificationProblem(
        log=log,
        table="checkpoint",
        field=field,
        label=f"the signed head at {size} leaves",
        problem=problem,
    )


def _root(root: bytes | None) -> str:
    return "no such head" if root is None else encoded(root)
