"""Counters of what went over the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Traffic:
    """What went over the wire since the session was opened. The host reads differences."""

    requests: int = 0
    retries: int = 0
    refused: int = 0
    """Responses with a status of 400 or above that were not retried."""
    waited: float = 0.0
    """Seconds spent waiting for rate limits."""
    clock_skew: float | None = None
    """Seconds by which the local clock is ahead of the newest ``Date`` header."""
