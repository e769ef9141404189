"""When an evaluation was made, and the moment that it speaks of."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEvaluation:
    """One stored evaluation, without what it says."""

    digest: str
    evaluated_at: datetime
    """The moment that it speaks of."""
    made_at: datetime | None
    """When it was made, as the ledger states it; None: that was not stated."""
    inputs: str | None
    """The digest of what it was made with; None: that was not stored."""
    of_past: bool
    """Whether it was made of a past moment: it clears nothing."""
