"""Limits how long the rules of one pack may take over one connection.

What one condition may cost is bounded when it is compiled (:mod:`ccm_core.rules.cel.cost`) and by
the runtime, but many cheap conditions over many rows add up. A pack that takes longer is stopped
between two rows; rows not evaluated by then are an ``error``, never a pass.
"""

from __future__ import annotations

from collections.abc import Callable

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.timestamps import format_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBudget:
    """A limit in seconds and the clock that measures it."""

    seconds: float
    clock: Callable[[], float]
    """Returns seconds that only grow, such as ``time.monotonic``."""

    def start(self) -> Callable[[], str | None]:
        """Start the clock; return a function that returns why to stop, once that is so."""
        end = self.clock() + self.seconds

        def exceeded() -> str | None:
            if self.clock() <= end:
                return None
            limit = format_duration(self.seconds)
            return f"not evaluated: the rules of its pack took longer than {limit}"

        return exceeded


UNLIMITED = TimeBudget(seconds=float("inf"), clock=lambda: 0.0)
"""For evaluations without a clock."""
