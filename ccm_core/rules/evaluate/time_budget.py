"""How long the rules of one pack may take over one connection.

What one condition may cost is bounded when it is compiled (:mod:`ccm_core.rules.cel.cost`) and by
the runtime, but many cheap conditions over many rows add up. A pack that takes longer is stopped
between two rows; what it has not judged by then is an ``error``, never a pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ccm_core.sdk.timestamps import format_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBudget:
    """A limit in seconds and the clock to hold it against."""

    seconds: float
    tick: Callable[[], float]
    """Gives seconds that only grow, such as ``time.monotonic``."""

    def started(self) -> Callable[[], str | None]:
        """Begin to count; what is given says why to stop, once that is so."""
        end = self.tick() + self.seconds

        def spent() -> str | None:
            if self.tick() <= end:
                return None
            limit = format_duration(self.seconds)
            return f"not judged: the rules of its pack took longer than {limit}"

        return spent


UNLIMITED = TimeBudget(seconds=float("inf"), tick=lambda: 0.0)
"""For what is judged without a clock."""
