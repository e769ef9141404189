"""The ledger in tables: heads, keys and proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model import json_codec
from ccm_core.store.log import inclusion_proofs, read, sign_heads
from ccm_core.store.log.contents import contents

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
    from ccm_core.store.sql.database import Database


class SqlLedgerStore:
    """The ledger in tables; see ``LedgerStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self, log: str = STORE_LOG) -> Checkpoint:
        """Return the head of a log as it is now."""
        with self._database.reading() as transaction:
            return read.head(transaction, log)

    def signed_head(self, log: str = STORE_LOG) -> str | None:
        """Return the note of the newest signed head of a log."""
        with self._database.reading() as transaction:
            return sign_heads.newest_signed_head(transaction, log)

    def signing_keys(self) -> Sequence[SigningKey]:
        """List the keys that heads were signed with."""
        with self._database.reading() as transaction:
            return sign_heads.signing_keys(transaction)

    def rotate_key(self, signers: Sequence[Signer], at: datetime) -> VerifierKey:
        """Sign heads with another key from here on."""
        signer, *before = signers
        with self._database.writing() as transaction:
            key = sign_heads.register_key(
                transaction, signer, at, predecessor=before[0] if before else None
            )
            sign_heads.sign_heads(transaction, (), [signer], at)
        return key

    def prove(
        self, log: str, select: Callable[[JsonObject], bool]
    ) -> Sequence[tuple[bytes, LeafProof]]:
        """List the selected leaves of a log, each with its proof."""
        with self._database.reading() as transaction:
            return inclusion_proofs.prove(transaction, log, select)

    def prove_together(
        self, log: str, choose: Callable[[Iterator[tuple[int, JsonObject]]], Indexes[int]]
    ) -> ProvenLeaves | None:
        """Return leaves of a log, proven together."""
        with self._database.reading() as transaction:
            return inclusion_proofs.prove_together(transaction, log, choose)

    def lines(self, log: str, indexes: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the bytes of some leaves of a log with their indexes."""
        with self._database.reading() as transaction:
            yield from inclusion_proofs.selected_lines(transaction, log, indexes)

    def leaves(self, log: str = STORE_LOG) -> Iterator[tuple[int, JsonObject]]:
        """Yield the leaves of a log with their indexes."""
        with self._database.reading() as transaction, inclusion_proofs.damage_of(log):
            for index, line in enumerate(read.leaves(transaction, log)):
                yield index, json_codec.decode(line)

    def contents(
        self, leaf_type: str, digests: Iterable[str]
    ) -> Iterator[tuple[str, bytes | None]]:
        """Yield the stored bytes of digests in leaves of a type."""
        with self._database.reading() as transaction:
            yield from contents(transaction, leaf_type, digests)
