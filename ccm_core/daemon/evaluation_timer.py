"""When to judge: after the evidence has changed, and once in a while in any case. Pure.

Time alone changes verdicts: evidence grows old, waivers run out, a gap that lay ahead begins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=5)
"""How long a verdict waits for rounds that still run."""
MOST_AGE = timedelta(hours=1)
"""How old a verdict may grow, even where nothing was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationTimer:
    """What is known of the verdict."""

    asked_at: datetime | None
    """Since when there is something to judge anew."""
    judged_at: datetime | None = None
    running: bool = False

    def asked(self, now: datetime) -> EvaluationTimer:
        """Note that there is something new to judge."""
        return replace(self, asked_at=self.asked_at or now)

    def due(self, now: datetime, *, reading: bool) -> bool:
        """Say whether to judge now.

        Args:
            now: The moment.
            reading: Whether rounds run: what they read is better judged with the rest.
        """
        if self.running:
            return False
        since = self._since(now)
        return since is not None and (not reading or now >= since + PATIENCE)

    def _since(self, now: datetime) -> datetime | None:
        """Say since when a new verdict is wanted; what a wrong clock wrote wants one at once."""
        known = [one for one in (self.asked_at, self.judged_at) if one is not None]
        if not known or max(known) > now:
            return now - PATIENCE
        if self.asked_at is not None:
            return self.asked_at
        old_at = max(known) + MOST_AGE
        return old_at if old_at <= now else None

    def began(self) -> EvaluationTimer:
        """Note that it is being judged."""
        return replace(self, asked_at=None, running=True)

    def ended(self, now: datetime) -> EvaluationTimer:
        """Note that it was judged, or could not be: then an hour later it is tried again."""
        return replace(self, judged_at=now, running=False)
