"""A run while it is under way."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run that was begun and never sealed: it is under way, or it was cut off."""

    run: str
    connection: str
    connector: str
    started_at: datetime
