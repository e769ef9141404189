"""Clock skew: how far the local clock is ahead of a source's ``Date`` header."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def clock_skew(date: str | None, received_at: datetime) -> float | None:
    """Return the seconds by which the local clock is ahead, or None without a readable date."""
    if date is None:
        return None
    try:
        source_time = parsedate_to_datetime(date)
    except ValueError:
        return None
    if source_time.tzinfo is None:
        source_time = source_time.replace(tzinfo=UTC)
    return round((received_at - source_time).total_seconds(), 1)
