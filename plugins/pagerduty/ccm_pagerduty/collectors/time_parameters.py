"""Time parameters of requests, always with explicit offsets and rendered in UTC."""

from __future__ import annotations

from datetime import UTC as UTC_ZONE
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Window

if TYPE_CHECKING:
    from datetime import datetime

Period = tuple[tuple[str, str], tuple[str, str]]
"""The parameters ``since`` and ``until``."""

UTC = ("time_zone", "UTC")
"""Every endpoint that accepts it has another default."""


def period(window: Window) -> Period:
    """Return the parameters of a window in whole seconds, rounded outward."""
    since = window.since.replace(microsecond=0)
    until = window.until.replace(microsecond=0)
    if until < window.until:
        until += timedelta(seconds=1)
    return ("since", format_instant(since)), ("until", format_instant(until))


def whole_days(window: Window) -> Window:
    """Return the whole UTC days that a window overlaps.

    The same question all day has the same answer, so that a rendering changes with the schedule
    and not with the hour.
    """
    last = day_of(window.until)
    until = last if last == window.until else last + timedelta(days=1)
    return Window(day_of(window.since), until)


def day_of(instant: datetime) -> datetime:
    """Return when the UTC day of an instant begins."""
    return instant.astimezone(UTC_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
