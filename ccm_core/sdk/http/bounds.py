"""Bounds of every request: time, size and number of attempts."""

from __future__ import annotations

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long, how large, how often: nothing that a source controls is without a bound."""

    connect_timeout: float = 10.0
    """Seconds for a connection."""
    read_timeout: float = 60.0
    """Seconds without a byte."""
    max_seconds: float = 300.0
    """Seconds for one whole response: a source that sends a byte a minute ends as well."""
    max_body: int = 64 * 1024 * 1024
    """Bytes of one decoded body."""
    attempts: int = 8
    """Attempts for one request, the first included."""
    backoff: float = 0.5
    """Seconds before the second attempt where the source names no wait; doubles each time."""
    max_backoff: float = 30.0
    """Seconds that the backoff may grow to."""
    max_wait: float = 300.0
    """Seconds that the source may ask to wait at once; a longer wait is ignored."""
    parallel: int = 1
    """Requests in flight: httpx slows down when more tasks queue in its pool."""
