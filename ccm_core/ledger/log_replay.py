"""Walking along a log: its entries must follow each other and grow the very tree that they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ccm_core.ledger.entry import LogEntry
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.ledger.verification import VerificationProblem


class LogReplay:
    """Goes along the entries of one log, in the order of their first leaves."""

    def __init__(self, log: str, wanted: Iterable[int] = ()) -> None:
        """Begin at the beginning.

        Args:
            log: Which.
            wanted: Sizes at which the root is asked for.
        """
        self.log = log
        self.tree = MerkleTree()
        self.roots: dict[int, bytes] = {}
        """The roots at the sizes that were wanted, as far as the log has come."""
        self._wanted = sorted({*wanted}, reverse=True)
        self._stored: bytes | None = None
        self._seq = 0
        self._note()

    def add(self, entry: LogEntry) -> Iterator[VerificationProblem]:
        """Take the next entry, and say what is wrong with it."""
        if entry.first != self.tree.size:
            yield self._finding(
                entry, "first", f"it is {entry.first}, and {self.tree.size} leaves come before it"
            )
        if entry.seq <= self._seq:
            yield self._finding(entry, "seq", "it stands before an entry that was made earlier")
        self._seq = max(self._seq, entry.seq)
        if entry.leaves is None:
            yield self._finding(entry, "leaves", "the leaves cannot be read")
            yield from self._taken_over(entry)
            return
        if len(entry.leaves) != entry.count:
            said = f"it is {entry.count}, and there are {len(entry.leaves)} leaves"
            yield self._finding(entry, "count", said)
        yield from self._grown(entry, entry.leaves)

    def _grown(self, entry: LogEntry, leaves: Sequence[bytes]) -> Iterator[VerificationProblem]:
        hashes = list(map(leaf_hash, leaves))
        before = MerkleTree(self.tree.size, self.tree.edge)
        self._extend(hashes)
        if self.tree.edge == entry.edge:
            self._stored = None
            return
        if self._stored is not None and self._other(before.size, hashes, entry.edge):
            # What was wrong came before; from here on the tree is the one that was stored.
            self._stored = None
            return
        self._stored = entry.edge
        said = f"the tree over leaves {entry.first} to {self.tree.size - 1} is not the one stored"
        yield self._finding(entry, "edge", said)

    def _other(self, size: int, hashes: Sequence[bytes], edge: bytes) -> bool:
        """Whether the tree goes on from the edge that was stored before."""
        try:
            other = MerkleTree(size, self._stored or b"")
            other.extend(hashes)
        except (TypeError, ValueError):
            return False
        if other.edge != edge:
            return False
        self.tree = other
        return True

    def _taken_over(self, entry: LogEntry) -> Iterator[VerificationProblem]:
        try:
            self.tree = MerkleTree(self.tree.size + max(0, entry.count), entry.edge)
        except (TypeError, ValueError) as error:
            yield self._finding(entry, "edge", str(error))
        self._note()

    def _extend(self, hashes: Sequence[bytes]) -> None:
        at, end = 0, self.tree.size + len(hashes)
        while self._wanted and self._wanted[-1] < end:
            stop = at + self._wanted[-1] - self.tree.size
            self.tree.extend(hashes[at:stop])
            at = stop
            self._note()
        self.tree.extend(hashes[at:])
        self._note()

    def _note(self) -> None:
        while self._wanted and self._wanted[-1] <= self.tree.size:
            size = self._wanted.pop()
            if size == self.tree.size:
                self.roots[size] = self.tree.root

    def _finding(self, entry: LogEntry, field: str, problem: str) -> VerificationProblem:
        return VerificationProblem(
            log=self.log,
            leaf=entry.first,
            table="log_entry",
            field=field,
            what=f"entry {entry.seq} of the ledger",
            problem=problem,
        )
