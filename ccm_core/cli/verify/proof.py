"""``ccm verify`` of one leaf: a tlog-proof file, a public key, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.errors import IntegrityError, UsageError
from ccm_core.ledger.signed_note import VerifierKey
from ccm_core.ledger.tlog_proof import HEADER, LeafProof


def is_proof(path: Path) -> bool:
    """Return whether a file begins as a proof does."""
    try:
        with path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER.encode()
    except OSError:
        return False


def verify_proof(path: Path, trusted: Sequence[VerifierKey]) -> Exit:
    """Check a proof and print the leaf that it proves.

    Raises:
        UsageError: No key is trusted, so nothing can be proven.
        IntegrityError: It does not prove its leaf.
    """
    if not trusted:
        raise UsageError(f"{path} is proven by a signature: give the public key with --key")
    try:
        proof = LeafProof.read(path.read_text("utf-8"))
        leaf = proof.extra or b""  # no leaf is empty, so without one nothing is proven
        head, signer = proof.head(leaf, trusted), proof.signer(trusted)
        text = leaf.decode("utf-8")
    except ValueError as error:
        raise IntegrityError(f"{path} proves nothing: {error}") from error
    print_text(text)
    print_message(
        f"is leaf {proof.index} of {head.origin}, signed at {head.size} leaves by {signer}"
    )
    if signer == trusted[-1]:
        return Exit.OK
    print_message(
        f"not proven: {trusted[-1]} replaced that key. The proof is from before, or of somebody "
        "who keeps the retired key: have `ccm prove` make a new one"
    )
    return Exit.INSUFFICIENT
