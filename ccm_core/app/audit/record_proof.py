"""The proof that the newest version of a record is in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.errors import UsageError

if TYPE_CHECKING:
    from ccm_core.store.interface.evidence_store import EvidenceStore


def record_proof(
    store: EvidenceStore, kind: str, key: str, connections: Sequence[str] | None = None
) -> str:
    """Return the proof of a record as a C2SP tlog-proof file.

    Args:
        store: Where it is stored.
        kind: Its kind.
        key: Its key.
        connections: Where to look for it; None: in all of the store.

    Raises:
        UsageError: It is not under a checkpoint, or several connections have it.
    """
    proofs = [
        (leaf, proof)
        for name in connections or store.runs.connections()
        for leaf, proof in store.ledger.prove(
            name,
            lambda leaf_fields: (
                leaf_fields["leaf"] == "version"
                and (leaf_fields["kind"], leaf_fields["key"]) == (kind, key)
            ),
        )[-1:]
    ]
    if len(proofs) > 1:
        raise UsageError(f"several connections have {kind} {key!r}; name one with --connection")
    if not proofs:
        raise UsageError(
            f"no {kind} {key!r} is under a checkpoint. `ccm evidence show` says whether it is "
            "stored, `ccm verify` why heads are not signed"
        )
    leaf, proof = proofs[0]
    return str(replace(proof, extra=leaf))
