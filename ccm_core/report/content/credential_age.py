"""Credentials that are due for rotation, and the next step."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from ccm_core.model.evidence.manifest import Manifest

_DAY = timedelta(days=1)


def rotation_overdue(manifest: Manifest | None, now: datetime) -> str | None:
    """Return that a connection's credential is past its rotation date; None where it is not."""
    if manifest is None or manifest.entered_at is None or manifest.rotate_by is None:
        return None
    if now < manifest.rotate_by:
        return None
    days = phrases.count((now - manifest.entered_at) // _DAY, "day")
    return (
        f"The credential of {manifest.connection} was entered {days} ago, on "
        f"{manifest.entered_at:%Y-%m-%d}, and was due for rotation by "
        f"{manifest.rotate_by:%Y-%m-%d}"
    )


def rotation_step(manifest: Manifest, now: datetime) -> str | None:
    """Return the next step for a credential that is due for rotation."""
    problem = rotation_overdue(manifest, now)
    if problem is None:
        return None
    return f"{problem}: create a new one, then run `ccm connections rotate {manifest.connection}`."
