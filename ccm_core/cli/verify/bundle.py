"""``ccm verify`` of a bundle: no store, no settings, no network."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from ccm_core.bundle.compare_pins import PinComparison, compare_with_pins
from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify_package
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.output import print_json, print_text
from ccm_core.errors import UsageError
from ccm_core.ledger.checkpoint import PinnedCheckpoint
from ccm_core.ledger.signed_note import VerifierKey
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleVerification:
    """The result of verifying a bundle."""

    bundle: str
    valid: bool
    facts: Sequence[str]
    """What it states of itself, proven where ``valid``."""
    erased: Sequence[str]
    """Which of its evidence was erased by order, and how many results rest on that."""
    problems: Sequence[str]
    """What was changed or is missing."""
    unproven: Sequence[str]
    """What a bundle alone cannot show."""
    pins: int
    """How many pinned checkpoints it agrees with."""


def is_bundle(path: Path) -> bool:
    """Return whether a file is a bundle and not a store."""
    return path.suffix == ".zip" or zipfile.is_zipfile(path)


def verified(
    path: Path, pins: Sequence[PinnedCheckpoint], keys: Sequence[VerifierKey]
) -> BundleVerification:
    """Verify a bundle.

    Args:
        path: Its file.
        pins: Checkpoints from earlier.
        keys: Public keys that are trusted; none: whatever is in it.

    Raises:
        UsageError: It cannot be read, or a pin is none.
    """
    try:
        path.open("rb").close()
    except OSError as cause:
        raise UsageError(f"{path} cannot be read: {cause.strerror}") from cause
    verifier = published_verifier()
    trusted: Sequence[str | None] = [str(key) for key in keys] or [None]
    attempts = [verify_package(str(path), key, verifier) for key in trusted]
    checked = min(attempts, key=lambda attempt: (len(attempt.problems), len(attempt.unproven)))
    compare = pins and not checked.problems
    pinned = _compare_pins(path, pins) if compare else PinComparison()
    return BundleVerification(
        bundle=str(path),
        valid=not checked.problems and not pinned.problems,
        facts=checked.facts,
        erased=checked.erased,
        problems=[*checked.problems, *pinned.problems],
        unproven=[*checked.unproven, *pinned.unproven],
        pins=pinned.pins,
    )


def show(verification: BundleVerification, *, as_json: bool) -> Exit:
    """Print the result, the most severe line last, and return the exit code."""
    if as_json:
        print_json(verification)
    else:
        for fact in (*verification.facts, *verification.erased):
            print_text(fact)
        for text in verification.unproven:
            print_text(f"not proven: {text}")
        for problem in verification.problems:
            print_text(f"damaged: {problem}")
        print_text(f"{verification.bundle}: {_conclusion(verification)}")
    if not verification.valid:
        return Exit.INTEGRITY
    return Exit.INSUFFICIENT if verification.unproven else Exit.OK


def _conclusion(verification: BundleVerification) -> str:
    if not verification.valid:
        return "this is not what was bundled"
    if verification.unproven:
        return "no change was found, but not everything is proven"
    since = " since the pinned checkpoint" if verification.pins else ""
    if verification.erased:
        return f"everything that was not erased by order is as it was stored{since}"
    return f"everything is as it was stored{since}"


def _compare_pins(path: Path, pins: Sequence[PinnedCheckpoint]) -> PinComparison:
    try:
        return compare_with_pins(read_archive(str(path)), pins)
    except ValueError as cause:
        raise UsageError(f"--pin: expected the signed checkpoint of a ledger: {cause}") from cause
