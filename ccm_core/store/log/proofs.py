"""Leaves with what proves them, for bundles: against the newest signed head of their log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import Checkpoint
from ccm_core.ledger.inclusion_proof import inclusion_proofs
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.tlog_proof import LeafProof
from ccm_core.model import json_codec
from ccm_core.store.log import checkpoints, ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.sql.transaction import Transaction


def proven(
    transaction: Transaction, log: str, wanted: Callable[[JsonObject], bool]
) -> Sequence[tuple[bytes, LeafProof]]:
    """Give the leaves that are wanted, each with its proof; none where no head is signed.

    Raises:
        IntegrityError: The ledger is damaged; ``ccm verify`` says where.
    """
    signed = checkpoints.newest(transaction, log)
    if signed is None:
        return ()
    try:
        size = Checkpoint.read(signed_note.read(signed).text).size
        chosen = {
            index: leaf
            for index, leaf in enumerate(ledger.leaves(transaction, log, size))
            if wanted(json_codec.decode(leaf))
        }
        hashes = map(leaf_hash, ledger.leaves(transaction, log, size))
        found = inclusion_proofs(hashes, chosen, size)
    except ValueError as error:
        raise IntegrityError(
            f"the ledger of {log} is damaged ({error}). Run `ccm verify`, which says where."
        ) from error
    return [
        (leaf, LeafProof(index=index, hashes=found[index], checkpoint=signed))
        for index, leaf in chosen.items()
    ]
