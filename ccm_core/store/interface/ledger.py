"""The ledger: heads of its logs, the keys that sign them, and proofs of leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ccm_core.ledger.checkpoint import STORE_LOG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Collection as Indexes
    from datetime import datetime

    from ccm_core.ledger.checkpoint import Checkpoint
    from ccm_core.ledger.key_history import SigningKey
    from ccm_core.ledger.multiproof import ProvenLeaves
    from ccm_core.ledger.signed_note import Signer, VerifierKey
    from ccm_core.ledger.tlog_proof import LeafProof
    from ccm_core.model.json_codec import JsonObject


class LedgerStore(Protocol):
    """Reads the logs of the ledger and proves their leaves; a log is a connection's or ``@store``.

    Leaves are appended by whatever stores the rows that they stand for, never through this.
    """

    def head(self, log: str = STORE_LOG) -> Checkpoint:
        """Return the head of a log as it is now, signed or not."""

    def signed_head(self, log: str = STORE_LOG) -> str | None:
        """Return the note of the newest signed head of a log; None: none was ever signed."""

    def signing_keys(self) -> Sequence[SigningKey]:
        """List the keys that heads were signed with, the first one first."""

    def rotate_key(self, signers: Sequence[Signer], at: datetime) -> VerifierKey:
        """Sign heads with another key from here on, and sign the newest with it.

        Args:
            signers: The new key; after it the one that it replaces, where that is at hand.
            at: When.
        """

    def prove(
        self, log: str, select: Callable[[JsonObject], bool]
    ) -> Sequence[tuple[bytes, LeafProof]]:
        """List selected leaves of a log, each with its proof against the newest signed head.

        Args:
            log: A connection's name, or the store's own log.
            select: Whether to prove a leaf; docs/reference/ledger.md says what leaves hold.
        """

    def prove_together(
        self, log: str, choose: Callable[[Iterator[tuple[int, JsonObject]]], Indexes[int]]
    ) -> ProvenLeaves | None:
        """Return leaves of a log, proven together against its newest signed head.

        Args:
            log: A connection's name, or the store's own log.
            choose: Reads the leaves with their indexes, in order, and returns the indexes to prove.

        Returns:
            None where no head of the log was ever signed.
        """

    def lines(self, log: str, indexes: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the bytes of some leaves of a log with their indexes, which ascend.

        Raises:
            IntegrityError: The ledger is damaged; ``ccm verify`` says where.
        """

    def leaves(self, log: str = STORE_LOG) -> Iterator[tuple[int, JsonObject]]:
        """Yield the leaves of a log with their indexes, in order, signed or not.

        Raises:
            IntegrityError: The ledger is damaged; ``ccm verify`` says where.
        """

    def contents(
        self, leaf_type: str, digests: Iterable[str]
    ) -> Iterator[tuple[str, bytes | None]]:
        """Yield the stored bytes of digests in leaves of a type; None for what was erased."""
