"""The rate limit, counted per credential, with a second count for ``/oncalls``."""

from __future__ import annotations

from math import ceil

from pagerduty_simulator.api.control import SimulatorControl

_ON_CALLS = "/oncalls"


class FixedWindowLimiter:
    """Counts requests in fixed windows."""

    def __init__(self, control: SimulatorControl) -> None:
        self._control = control
        self._windows: dict[tuple[str, bool], tuple[float, int]] = {}

    def count(self, bucket: str, template: str | None) -> tuple[bool, dict[str, str]]:
        """Count a request; return whether it is allowed, and the headers of the limit."""
        nearest = self._count(bucket, on_calls=False)
        if template == _ON_CALLS:
            nearest = min(nearest, self._count(bucket, on_calls=True), key=_remaining)
        limit, remaining, reset = nearest
        headers = {
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(max(0, remaining)),
            "ratelimit-reset": str(reset),
        }
        return remaining >= 0, headers

    def _count(self, bucket: str, *, on_calls: bool) -> tuple[int, int, int]:
        control = self._control
        now = control.monotonic()
        limit = control.on_call_limit if on_calls else control.rate_limit
        started, used = self._windows.get((bucket, on_calls), (now, 0))
        if now - started >= control.rate_window:
            started, used = now, 0
        if used < limit:
            self._windows[bucket, on_calls] = started, used + 1
        reset = ceil(max(0.0, started + control.rate_window - now))
        return limit, limit - used - 1, reset


def _remaining(count: tuple[int, int, int]) -> int:
    return count[1]
