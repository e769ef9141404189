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
    """Seconds by which the local clock is ahead of the first ``Date`` header, which dates a run."""
    odd_clock_skew: float | None = None
    """The same of the response that differs most from the first one."""

    def note_clock_skew(self, skew: float | None) -> None:
        """Compare the ``Date`` of a response with the first one; None: it has none."""
        if skew is None:
            return
        if self.clock_skew is None:
            self.clock_skew = self.odd_clock_skew = skew
        first, odd = self.clock_skew, self.odd_clock_skew
        if odd is None or abs(skew - first) > abs(odd - first):
            self.odd_clock_skew = skew
