"""When to evaluate: after the evidence has changed, and at least once an hour. Pure.

Time alone changes results: evidence gets too old, waivers expire, a gap that lay ahead begins.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ccm_core.model.frozen_dataclass import dataclass

MAX_WAIT = timedelta(minutes=5)
"""How long an evaluation waits for polls that still run."""
MAX_AGE = timedelta(hours=1)
"""How old an evaluation may get, even where nothing was collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationTimer:
    """When the newest evaluation was made and since when another one is pending."""

    pending_since: datetime | None
    """Since when there is something new to evaluate."""
    evaluated_at: datetime | None = None
    running: bool = False

    def requested(self, now: datetime) -> EvaluationTimer:
        """Return the timer with something new to evaluate."""
        return replace(self, pending_since=self.pending_since or now)

    def due(self, now: datetime, *, polling: bool) -> bool:
        """Return whether to evaluate now.

        Args:
            now: The moment.
            polling: Whether polls run: what they collect is better evaluated with the rest.
        """
        if self.running:
            return False
        since = self._due_since(now)
        return since is not None and (not polling or now >= since + MAX_WAIT)

    def _due_since(self, now: datetime) -> datetime | None:
        """Return since when an evaluation is due; at once where a wrong clock set the times."""
        moments = [
            moment for moment in (self.pending_since, self.evaluated_at) if moment is not None
        ]
        if not moments or max(moments) > now:
            return now - MAX_WAIT
        if self.pending_since is not None:
            return self.pending_since
        expires_at = max(moments) + MAX_AGE
        return expires_at if expires_at <= now else None

    def started(self) -> EvaluationTimer:
        """Return the timer with an evaluation running."""
        return replace(self, pending_since=None, running=True)

    def ended(self, now: datetime) -> EvaluationTimer:
        """Return the timer after an evaluation; one that failed is tried again an hour later."""
        return replace(self, evaluated_at=now, running=False)
