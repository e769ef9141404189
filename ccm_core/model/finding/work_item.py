"""A finding as somebody works on it: who does what by when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ccm_core.model.finding.act import FindingAct, Ticket
from ccm_core.model.finding.finding import Finding
from ccm_core.model.frozen_dataclass import dataclass


class WorkState(StrEnum):
    """The state of a finding by evaluations and by what people did."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    """Somebody works on it."""
    ACCEPTANCE_ASKED = "acceptance_asked"
    """Somebody asked to accept the risk, and nobody approved it yet."""
    ACCEPTED = "accepted"
    """Its risk is accepted until a day."""
    REOPENED = "reopened"
    """It came back, and nobody works on it yet."""
    INCONCLUSIVE = "inconclusive"
    """Insufficient evidence: it is unknown whether it still fails."""
    RESOLVED = "resolved"
    REMOVED = "removed"
    REPLACED = "replaced"


class AcceptanceState(StrEnum):
    """Whether a risk acceptance counts for a finding."""

    REQUESTED = "requested"
    """It does not count yet: it waits for its approver, or for the next evaluation."""
    IN_FORCE = "in_force"
    NOT_IN_FORCE = "not_in_force"
    """It does not count, or not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceStanding:
    """Whether one risk acceptance counts for a finding, and why."""

    acceptance: str
    """Its id."""
    state: AcceptanceState
    reason: str
    """In words: until when it counts, or why it does not."""


class OwnerSource(StrEnum):
    """Why somebody is the owner of a finding."""

    ASSIGNED = "assigned"
    """A person assigned it."""
    SETTINGS = "settings"
    """An entry of ``findings.owners``."""
    SOURCE = "source"
    """The source's own teams."""
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who has to act on a finding."""

    names: tuple[str, ...] = ()
    """Teams or people; empty: nobody."""
    source: OwnerSource = OwnerSource.NOBODY
    unknown: tuple[str, ...] = ()
    """Those of the names that the settings and the source no longer know: somebody left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDate:
    """When a finding has to be resolved."""

    at: datetime
    framework: str = ""
    """The framework that asks for it; empty: the severity alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A finding with all that somebody needs to act on it."""

    finding: Finding
    state: WorkState
    title: str
    """Of the most severe of its checks."""
    owner: Owner
    due: tuple[DueDate, ...] = ()
    """All of its due dates, the earliest first: that one counts."""
    is_overdue: bool = False
    accepted_until: datetime | None = None
    asked: tuple[str, ...] = ()
    """Ids of the acceptances that wait for their approvers, in the order of asking."""
    controls: tuple[str, ...] = ()
    """As ``framework:id``, sorted."""
    risk: str | None = None
    next_step: str | None = None
    next_step_url: str | None = None
    tickets: tuple[Ticket, ...] = ()
    """Those that are not closed or lost."""
    acts: tuple[FindingAct, ...] = ()
    """What was done about it and about those that it continues, in order."""

    @property
    def due_at(self) -> datetime | None:
        """The due date that counts."""
        return self.due[0].at if self.due else None
