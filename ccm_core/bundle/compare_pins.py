"""Compare a bundle with checkpoints that its reader pinned earlier."""

from __future__ import annotations

from collections.abc import Sequence

from ccm_core.bundle.verifier.archive import Archive
from ccm_core.bundle.verifier.proofs.log_checks import rebuild_roots, signer_of
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, PinnedCheckpoint
from ccm_core.ledger.key_history import SigningKey, unbroken_chain
from ccm_core.ledger.signed_note import VerifierKey
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PinComparison:
    """What the pinned checkpoints prove of a bundle."""

    pins: int = 0
    """How many of them match."""
    problems: tuple[str, ...] = ()
    """What contradicts them."""
    unproven: tuple[str, ...] = ()
    """What a bundle alone cannot prove."""


def compare_with_pins(files: Archive, pins: Sequence[PinnedCheckpoint]) -> PinComparison:
    """Compare pinned checkpoints with the files of a bundle that was verified.

    Of the store's own log every leaf is here, and of another log each leaf at which a head was
    stated: so the root that a tree had at an earlier size can be rebuilt and compared.

    Raises:
        ValueError: A pin is not a signed checkpoint.
    """
    keys = [SigningKey.read(_text(files, name)) for name in _names(files, "keys/", ".txt")]
    heads = {
        name.split("/")[1]: Checkpoint.read(signed_note.read(_text(files, name)).text)
        for name in _names(files, "ledger/", "/checkpoint.txt")
    }
    store_leaves, _ = rebuild_roots(files, STORE_LOG, heads[STORE_LOG].size, ())
    problems, unproven = [], []
    for pin in pins:
        signed = signed_note.read(pin.note)
        pinned = Checkpoint.read(signed.text)
        log = next((name for name, head in heads.items() if head.origin == pinned.origin), None)
        roots = rebuild_roots(files, log, heads[log].size, [pinned.size])[1] if log else {}
        signer = signer_of(log, pinned.size, store_leaves) if log else None
        if not any(signed.signed_by(key.key) for key in keys):
            problems.append(f"{pin.name} is not signed by a key of this bundle's store")
        elif pinned.size not in roots:
            unproven.append(
                f"{pin.name} is the checkpoint of {pinned.origin} at {pinned.size} leaves. That is "
                "newer than this bundle, or of a log that is not in it; compare it with the store: "
                "`ccm verify --pin`"
            )
        elif roots[pinned.size] != pinned.root:
            problems.append(
                f"{pin.name} has another root for {pinned.size} leaves of {pinned.origin}"
            )
        elif signer is None or not signed.signed_by(VerifierKey.read(signer)):
            problems.append(
                f"{pin.name} is not signed by {signer}, the key of the store at that moment"
            )
        elif signer not in {str(key.key) for key in unbroken_chain(keys)}:
            unproven.append(
                f"{pin.name} is signed by {signer}, which was lost and did not hand over: it "
                f"proves the first {pinned.size} leaves, and vouches for nothing since"
            )
    matching = len(pins) - len(problems) - len(unproven)
    return PinComparison(pins=matching, problems=tuple(problems), unproven=tuple(unproven))


def _names(files: Archive, start: str, end: str) -> list[str]:
    return sorted(name for name in files if name.startswith(start) and name.endswith(end))


def _text(files: Archive, name: str) -> str:
    return files[name].decode()
