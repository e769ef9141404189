"""What a person accepts of the evidence, with a reason: it is shown, and never lets a rule pass."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedGap:
    """A kind that was not read, which is accepted."""

    kind: str
    reason: str
    """Why that is accepted."""
    denied: bool = False
    """Whether the source denies an optional kind to the credential; else it does not offer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCollapse:
    """That the population of a kind may lose more than half of its records at once."""

    reason: str
    until: date
    """The last day, in UTC, on which such a loss is believed."""

    def is_in_force(self, now: datetime) -> bool:
        """Return whether such a loss is still believed at a moment."""
        return now.astimezone(UTC).date() <= self.until
