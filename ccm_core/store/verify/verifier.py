"""Verifying a whole store: every digest, every tree, every signed head. Nothing is written."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, origin
from ccm_core.ledger.head_verifier import HeadVerifier, LogStatements, SignedHead
from ccm_core.ledger.log_replay import LogReplay
from ccm_core.ledger.signed_note import encoded
from ccm_core.ledger.verification_result import (
    KeyState,
    LogState,
    Verification,
    VerificationProblem,
)
from ccm_core.store.log.read import entries, log_names, store_identity
from ccm_core.store.verify.finding_checks import finding_problems
from ccm_core.store.verify.index_checks import index_problems
from ccm_core.store.verify.populations import LogPositions, population_problems
from ccm_core.store.verify.positions import position_problems
from ccm_core.store.verify.read_model_checks import read_model_problems
from ccm_core.store.verify.row_checks import RowChecker, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ccm_core.ledger.checkpoint import PinnedCheckpoint
    from ccm_core.ledger.signed_note import VerifierKey
    from ccm_core.store.sql.transaction import Transaction

_MAX_PROBLEMS = 1000
"""Problems that are listed; of more there is only the number."""


def verify(
    transaction: Transaction,
    pins: Sequence[PinnedCheckpoint],
    trusted: Sequence[VerifierKey],
    *,
    file_problems: Iterable[VerificationProblem],
    on_progress: Callable[[int, int], None],
) -> Verification:
    """Verify a store.

    Args:
        transaction: Sees one consistent state of it.
        pins: Heads that were stored outside it.
        trusted: Keys that it must have been signed with.
        file_problems: What the database itself finds wrong with its file.
        on_progress: Called with how many leaves were verified, and of how many.
    """
    logs = _LogVerifier(transaction, pins, on_progress)
    problems = chain(
        file_problems,
        logs.verify(),
        logs.checker.unmatched(),
        index_problems(transaction),
        read_model_problems(transaction, logs.checker.erased),
        finding_problems(transaction),
        logs.populations(),
    )
    listed = list(islice(problems, _MAX_PROBLEMS))
    more = sum(1 for _ in problems)
    heads = logs.heads()
    head_problems = [*heads.check_stated(), *heads.check_signed(logs.signed_heads)]
    head_problems += [problem for pin in pins for problem in heads.check_pin(pin)]
    head_problems += [problem for key in trusted for problem in heads.check_trusted(key)]
    return Verification(
        store=logs.identity,
        logs=tuple(logs.states(heads)),
        keys=tuple(KeyState.of(key) for _, key in logs.statements.keys),
        leaves=logs.verified_leaves,
        bodies=logs.checker.bodies,
        erased=logs.checker.missing_bodies,
        checkpoints=heads.checkpoints,
        pins=heads.pins,
        problems=(*listed, *logs.truncations(), *head_problems),
        more=more,
        unproven=tuple(heads.unproven()),
    )


class _LogVerifier:
    """Replays every log, the store's own first: it states at which sizes the others had heads."""

    def __init__(
        self,
        transaction: Transaction,
        pins: Sequence[PinnedCheckpoint],
        on_progress: Callable[[int, int], None],
    ) -> None:
        self._transaction, self._on_progress = transaction, on_progress
        self.identity = store_identity(transaction)
        self.statements, self.verified_leaves = LogStatements(), 0
        self.signed_heads = [
            SignedHead(seq=seq, log=log, size=size, note=note)
            for seq, log, size, note in transaction.rows(
                "SELECT seq, log, size, note FROM checkpoint ORDER BY seq"
            )
        ]
        erased = frozenset(transaction.column("SELECT digest FROM erased"))
        self.checker = RowChecker(transaction, erased)
        self._pinned_sizes = {size for pin in pins for size in _pinned_size(pin)}
        self._total = transaction.value("SELECT sum(count) FROM log_entry") or 0
        self._replays: dict[str, LogReplay] = {}
        self._positions = LogPositions()
        self._manifest_sizes: dict[str, int] = {}
        """The size of each log after its last manifest."""

    def verify(self) -> Iterator[VerificationProblem]:
        """Replay every log and check its rows."""
        connections = [name for name in log_names(self._transaction) if name != STORE_LOG]
        for name in (STORE_LOG, *connections):
            yield from self._verify_log(name)

    def _verify_log(self, name: str) -> Iterator[VerificationProblem]:
        stated = self.statements.sizes(name) if name != STORE_LOG else set()
        sizes = self._pinned_sizes | stated
        sizes |= {
            head.size for head in self.signed_heads if head.log == name and type(head.size) is int
        }
        replay = self._replays[name] = LogReplay(name, sizes)
        for entry in entries(self._transaction, name):
            yield from replay.add(entry)
            leaves = [decoded(line) for line in entry.leaves or ()]
            yield from self.checker.check_entry(entry, leaves)
            for index, leaf in enumerate(leaves, entry.first):
                if name == STORE_LOG:
                    yield from self.statements.add(index, leaf)
                elif leaf.get("leaf") == "manifest":
                    self._manifest_sizes[name] = index + 1
                self._positions.add(name, index, leaf, entry=entry.seq, stated=index + 1 in stated)
            self.verified_leaves += len(leaves)
            self._on_progress(self.verified_leaves, self._total)

    def heads(self) -> HeadVerifier:
        """Return the verifier of heads, after the logs were replayed."""
        return HeadVerifier(
            identity=self.identity,
            statements=self.statements,
            roots={name: replay.roots for name, replay in self._replays.items()},
            sizes={name: replay.tree.size for name, replay in self._replays.items()},
        )

    def populations(self) -> Iterator[VerificationProblem]:
        """Check what evaluations sealed, after the logs were replayed."""
        stated = [
            (statement.index, {log: size for log, (size, _) in statement.heads.items()})
            for statement in self.statements.heads
        ]
        yield from population_problems(self._transaction, self._positions, stated)
        yield from position_problems(self._transaction, self._positions)

    def truncations(self) -> Iterator[VerificationProblem]:
        """Yield where a log ends before it can have ended: steps end with stating the heads."""
        last = self.statements.last_form
        if last not in {"heads", "store"}:
            yield VerificationProblem(
                log=STORE_LOG,
                label="the end of the log",
                problem=f"its last leaf is of the form {last!r}: what came after it is gone",
            )
        for name, size in self._manifest_sizes.items():
            if size > max(self.statements.sizes(name), default=0):
                yield VerificationProblem(
                    log=name,
                    label="the end of the log",
                    problem=f"a manifest was stored at {size} leaves, and no head was stated "
                    "after it",
                )

    def states(self, heads: HeadVerifier) -> Iterator[LogState]:
        """Yield what each log is now."""
        for name, replay in self._replays.items():
            yield LogState(
                log=name,
                origin=origin(self.identity, name),
                size=replay.tree.size,
                root=encoded(replay.tree.root),
                signed_size=heads.verified_sizes.get(name, 0),
                signed_by=str(heads.signers[name]) if name in heads.signers else None,
            )


def _pinned_size(pin: PinnedCheckpoint) -> Iterator[int]:
    try:
        yield Checkpoint.read(signed_note.read(pin.note).text).size
    except ValueError:
        return  # reported when the pin is checked
