"""What people and commands do about findings: entries of the ledger that never change."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ccm_core.model.frozen_dataclass import dataclass


class ActKind(StrEnum):
    """What was done."""

    ASSIGNED = "assigned"
    """It has another owner, or, with an empty one, that of its source again."""
    ACKNOWLEDGED = "acknowledged"
    COMMENTED = "commented"
    ACCEPTANCE_ASKED = "acceptance_asked"
    """Somebody asked to accept the risk; it counts once it is approved."""
    ACCEPTANCE_APPROVED = "acceptance_approved"
    ACCEPTANCE_REFUSED = "acceptance_refused"
    ACCEPTANCE_WITHDRAWN = "acceptance_withdrawn"
    TICKET_OPENED = "ticket_opened"
    TICKET_UPDATED = "ticket_updated"
    TICKET_CLOSED = "ticket_closed"
    TICKET_REOPENED = "ticket_reopened"
    TICKET_LOST = "ticket_lost"
    """The ticket system has it no more."""


ANSWERS = frozenset(
    {ActKind.ACCEPTANCE_APPROVED, ActKind.ACCEPTANCE_REFUSED, ActKind.ACCEPTANCE_WITHDRAWN}
)
"""What ends that an acceptance waits for its approver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket in another system."""

    system: str
    """The name of the system in the settings."""
    key: str
    """As the system writes it, such as ``OPS-12`` or ``acme/ops#12``."""
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingAct:
    """One thing that was done about one finding."""

    finding: str
    number: int = 0
    """Counts what was done about the finding; the store sets it."""
    kind: ActKind
    at: datetime
    by: str
    """The id of a person of the settings, or what somebody at the terminal is called."""
    text: str = ""
    """A comment, or why."""
    owner: str = ""
    """The team or person that it was assigned to."""
    waiver: str = ""
    """The id of the risk acceptance."""
    until: datetime | None = None
    """When the acceptance ends."""
    ticket: Ticket | None = None
    state: str = ""
    """For a ticket: digest of what it was told of the finding."""
