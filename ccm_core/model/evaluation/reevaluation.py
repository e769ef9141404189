"""How much of an evaluation was derived anew, and by which choice."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reevaluation:
    """A share of an evaluation that was derived and judged again from the evidence."""

    evaluation: str
    """The digest of the evaluation: the newest that was made by change."""
    evaluated_at: datetime
    """Its moment: the evidence as of then was read."""
    share: float
    """How much was to be derived anew, above 0 and at most 1."""
    seed: int
    """What the choice was made by: the same seed chooses the same again."""
    subjects: int
    """Rows that were derived anew."""
    of_subjects: int
    """Rows that the evaluation left."""
    verdicts: int
    """Verdicts of a pack on a subject that were judged anew."""
    seconds: float = 0
    """How long that took."""
