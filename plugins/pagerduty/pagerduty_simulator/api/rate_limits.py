"""The rate limit, counted per credential, with a second count for ``/oncalls``."""

from __future__ import annotations

from math import ceil

from pagerduty_simulator.api.control import SimulatorControl

_ON_CALLS = "/oncalls"


class FixedWindowLimiter:
    """Counts requests in fixed windows."""

    def __init__(self, control: SimulatorControl) -> None:
        self._steering = control
        self._windows: dict[tuple[str, bool], tuple[float, int]] = {}

    def take(self, bucket: str, template: str | None) -> tuple[bool, dict[str, str]]:
        """Count a request; say whether it may pass, and what the headers say."""
        nearest = self._count(bucket, special=False)
        if template == _ON_CALLS:
            nearest = min(nearest, self._count(bucket, special=True), key=lambda each: each[1])
        limit, remaining, reset = nearest
        headers = {
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(max(0, remaining)),
            "ratelimit-reset": str(reset),
        }
        return remaining >= 0, headers

    def _count(self, bucket: str, *, special: bool) -> tuple[int, int, int]:
        control = self._steering
        now, limit = (
            control.monotonic(),
            control.on_call_limit if special else control.rate_limit,
        )
        began, used = self._windows.get((bucket, special), (now, 0))
        if now - began >= control.rate_window:
            began, used = now, 0
        if used < limit:
            self._windows[bucket, special] = began, used + 1
        reset = ceil(max(0.0, began + control.rate_window - now))
        return limit, limit - used - 1, reset
