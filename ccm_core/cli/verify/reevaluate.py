"""``ccm verify --reevaluate``: derive a share of the newest evaluation anew."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import replace
from pathlib import Path

from ccm_core.app.installation import build_host, configured_plugins
from ccm_core.cli.terminal.options import settings_file
from ccm_core.errors import UsageError
from ccm_core.ledger.verification_result import Verification
from ccm_core.model.evaluation.reevaluation import Reevaluation
from ccm_core.pipeline.anew.random_share import RandomShare
from ccm_core.pipeline.anew.reevaluate import Reevaluated, reevaluate
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

_SHARE = re.compile(r"[0-9]{1,3}([.][0-9]+)?%", re.ASCII)
_SEEDS = 2**32


def random_share(text: str, seed: int | None) -> RandomShare:
    """Return the share that a person asked for.

    Args:
        text: Such as ``1%``.
        seed: What to choose by; None: any.

    Raises:
        UsageError: It is no share.
    """
    share = float(text[:-1]) / 100 if _SHARE.fullmatch(text) else 0.0
    if not 0 < share <= 1:
        raise UsageError(
            f"--reevaluate: got {text!r}, expected a share above 0% and at most 100%, such as 1%"
        )
    return RandomShare(share=share, seed=secrets.randbelow(_SEEDS) if seed is None else seed)


def with_reevaluation(
    verification: Verification, path: Path, config: str | None, share: RandomShare
) -> Verification:
    """Return a verification with what came of deriving a share of the newest evaluation anew.

    Args:
        verification: Of the store.
        path: Its file.
        config: The settings that name plugins, if any.
        share: Chooses what is derived.

    Raises:
        PluginError: The plugins cannot be loaded.
    """
    if not verification.sound:
        why = "nothing was derived anew: the store differs from what was stored"
        return replace(verification, unproven=(*verification.unproven, why))
    host = build_host(configured_plugins(settings_file(config)))
    store = open_store(
        StoreLocation(url=f"sqlite:///{path.absolute()}"), base=Path(), read_only=True
    )
    started = time.monotonic()
    try:
        reevaluated = reevaluate(host, store, share)
    finally:
        store.close()
    return _merged(verification, reevaluated, round(time.monotonic() - started, 1))


def _merged(verification: Verification, reevaluated: Reevaluated, seconds: float) -> Verification:
    extent = reevaluated.extent
    return replace(
        verification,
        problems=(*verification.problems, *reevaluated.problems),
        more=verification.more + reevaluated.more,
        unproven=(*verification.unproven, *reevaluated.unproven),
        reevaluation=None if extent is None else replace(extent, seconds=seconds),
    )


def extent_line(extent: Reevaluation) -> str:
    """Return how much was derived anew, in words."""
    return (
        f"derived anew: {extent.subjects:,} of {extent.of_subjects:,} rows and "
        f"{extent.verdicts:,} verdicts of the evaluation of "
        f"{format_instant(extent.evaluated_at)} in {extent.seconds:.1f} s "
        f"({extent.share * 100:g}% by seed {extent.seed})"
    )
