"""Replaying a log: its entries must follow each other and grow the very tree that they store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ccm_core.ledger.entry import LedgerEntry
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.ledger.verification_result import VerificationProblem


class LogReplay:
    """Replays the entries of one log, in the order of their first leaves."""

    def __init__(self, log: str, sizes: Iterable[int] = ()) -> None:
        """Begin with an empty tree.

        Args:
            log: Which.
            sizes: Sizes of the tree at which to record its root.
        """
        self.log = log
        self.tree = MerkleTree()
        self.roots: dict[int, bytes] = {}
        """The recorded roots by size, as far as the log was replayed."""
        self._sizes = sorted({*sizes}, reverse=True)
        self._stored_edge: bytes | None = None
        """The edge of the last entry, where it is not that of the replayed tree."""
        self._seq = 0
        self._record_roots()

    def add(self, entry: LedgerEntry) -> Iterator[VerificationProblem]:
        """Replay the next entry, and yield what is wrong with it."""
        if entry.first != self.tree.size:
            yield self._problem(
                entry, "first", f"it is {entry.first}, and {self.tree.size} leaves come before it"
            )
        if entry.seq <= self._seq:
            yield self._problem(entry, "seq", "it comes before an entry that was appended earlier")
        self._seq = max(self._seq, entry.seq)
        if entry.leaves is None:
            yield self._problem(entry, "leaves", "the leaves cannot be read")
            yield from self._adopt_edge(entry)
            return
        if len(entry.leaves) != entry.count:
            problem = f"it is {entry.count}, and there are {len(entry.leaves)} leaves"
            yield self._problem(entry, "count", problem)
        yield from self._grow(entry, entry.leaves)

    def _grow(self, entry: LedgerEntry, leaves: Sequence[bytes]) -> Iterator[VerificationProblem]:
        hashes = list(map(leaf_hash, leaves))
        before = MerkleTree(self.tree.size, self.tree.edge)
        self._extend(hashes)
        if self.tree.edge == entry.edge:
            self._stored_edge = None
            return
        if self._stored_edge is not None and self._continues_stored_edge(
            before.size, hashes, entry.edge
        ):
            # What was wrong came before; from here on the tree is the one that was stored.
            self._stored_edge = None
            return
        self._stored_edge = entry.edge
        problem = (
            f"the tree over leaves {entry.first} to {self.tree.size - 1} is not the one stored"
        )
        yield self._problem(entry, "edge", problem)

    def _continues_stored_edge(self, size: int, hashes: Sequence[bytes], edge: bytes) -> bool:
        """Whether the tree continues from the edge that was stored before."""
        try:
            tree = MerkleTree(size, self._stored_edge or b"")
            tree.extend(hashes)
        except (TypeError, ValueError):
            return False
        if tree.edge != edge:
            return False
        self.tree = tree
        return True

    def _adopt_edge(self, entry: LedgerEntry) -> Iterator[VerificationProblem]:
        try:
            self.tree = MerkleTree(self.tree.size + max(0, entry.count), entry.edge)
        except (TypeError, ValueError) as error:
            yield self._problem(entry, "edge", str(error))
        self._record_roots()

    def _extend(self, hashes: Sequence[bytes]) -> None:
        start, end = 0, self.tree.size + len(hashes)
        while self._sizes and self._sizes[-1] < end:
            stop = start + self._sizes[-1] - self.tree.size
            self.tree.extend(hashes[start:stop])
            start = stop
            self._record_roots()
        self.tree.extend(hashes[start:])
        self._record_roots()

    def _record_roots(self) -> None:
        while self._sizes and self._sizes[-1] <= self.tree.size:
            size = self._sizes.pop()
            if size == self.tree.size:
                self.roots[size] = self.tree.root

    def _problem(self, entry: LedgerEntry, field: str, problem: str) -> VerificationProblem:
        return VerificationProblem(
            log=self.log,
            leaf=entry.first,
            table="log_entry",
            field=field,
            label=f"entry {entry.seq} of the ledger",
            problem=problem,
        )
