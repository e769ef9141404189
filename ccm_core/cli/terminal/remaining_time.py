"""How long a window still takes, in words. Pure."""

from __future__ import annotations

from ccm_core.model.duration import format_duration
from ccm_core.model.frozen_dataclass import dataclass

_MINUTE = 60
_WORTH_SAYING = 10
"""Seconds below which nobody needs to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """The requests that a window was estimated to take."""

    requests: int
    before: int
    """Requests of the window before that."""

    def done(self, requests: int) -> int:
        """Return how many of them were sent, when the window has taken so many requests."""
        return max(0, min(self.requests, requests - self.before))


def remaining_words(done: int, total: int | None, seconds: float) -> str:
    """Return how long it takes to do the rest as fast as before; empty where that is short.

    Args:
        done: How much was done so far.
        total: How much there is; None where that is unknown.
        seconds: How long it took so far.
    """
    if total is None or done <= 0 or done >= total:
        return ""
    left = seconds * (total - done) / done
    return f"about {_rounded(left)} left" if left >= _WORTH_SAYING else ""


def estimate_words(requests: int, per_minute: int | None) -> str:
    """Return what is to come, and how long it takes at least."""
    words = f"about {requests:,} requests to come"
    if per_minute is None:
        return words
    seconds = _MINUTE * requests / per_minute
    return f"{words}, at least {_rounded(seconds)} at {per_minute:,} a minute"


def _rounded(seconds: float) -> str:
    """Return a duration as people write it, minutes rounded up."""
    return format_duration(seconds if seconds < _MINUTE else -(-seconds // _MINUTE) * _MINUTE)
