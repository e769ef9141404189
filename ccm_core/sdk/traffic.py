"""Counters of what went over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_LIMIT_HEADERS = frozenset(
    f"{prefix}{name}"
    for prefix in ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
    for name in ("limit", "remaining", "reset")
) | {"retry-after"}
_MOST_DIGITS = 9


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
    """Seconds by which the local clock is ahead of the first ``Date`` header, which dates a run."""
    odd_clock_skew: float | None = None
    """The same of the response that differs most from the first one."""
    statuses: dict[int, int] = field(default_factory=dict)
    """How many responses had each status."""
    slowest: float = 0.0
    """The seconds that the slowest response took."""
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    """The smallest and the largest number of each header that states a rate limit."""

    def note_response(self, status: int, headers: Mapping[str, str], seconds: float) -> None:
        """Count a response, and what it states of rate limits.

        Args:
            status: Its status.
            headers: By names in lower case.
            seconds: How long it took.
        """
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.slowest = max(self.slowest, seconds)
        for name in _LIMIT_HEADERS & headers.keys():
            text = headers[name].strip()
            if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
                smallest, largest = self.limits.get(name, (int(text), int(text)))
                self.limits[name] = min(smallest, int(text)), max(largest, int(text))

    def note_clock_skew(self, skew: float | None) -> None:
        """Compare the ``Date`` of a response with the first one; None: it has none."""
        if skew is None:
            return
        if self.clock_skew is None:
            self.clock_skew = self.odd_clock_skew = skew
        first, odd = self.clock_skew, self.odd_clock_skew
        if odd is None or abs(skew - first) > abs(odd - first):
            self.odd_clock_skew = skew
