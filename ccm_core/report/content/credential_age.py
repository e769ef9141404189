"""Credentials that have grown old: what a report says of them, and what is to be done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from ccm_core.model.evidence.manifest import Manifest

_DAY = timedelta(days=1)


def overdue(manifest: Manifest | None, now: datetime) -> str | None:
    """Say that a connection's credential should have been replaced; nothing where it need not."""
    if manifest is None or manifest.entered_at is None or manifest.rotate_by is None:
        return None
    if now < manifest.rotate_by:
        return None
    days = phrases.count((now - manifest.entered_at) // _DAY, "day")
    return (
        f"The credential of {manifest.connection} was entered {days} ago, on "
        f"{manifest.entered_at:%Y-%m-%d}, and should have been replaced by "
        f"{manifest.rotate_by:%Y-%m-%d}"
    )


def step(manifest: Manifest, now: datetime) -> str | None:
    """Say what is to be done about it."""
    said = overdue(manifest, now)
    if said is None:
        return None
    return f"{said}: make a new one, then run `ccm connections rotate {manifest.connection}`."
