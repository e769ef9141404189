"""Time parameters of requests, always with explicit offsets and rendered in UTC."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from ccm_core.sdk.types import Window

UTC = ("time_zone", "UTC")
"""Every endpoint that accepts it has another default."""


def period(window: Window) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the parameters of a window in whole seconds, rounded outward."""
    since = window.since.replace(microsecond=0)
    until = window.until.replace(microsecond=0)
    if until < window.until:
        until += timedelta(seconds=1)
    return ("since", format_instant(since)), ("until", format_instant(until))
