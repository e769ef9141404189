"""What the acts of findings say of their tickets. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from ccm_core.model.finding.act import ActKind, FindingAct, Ticket
from ccm_core.model.frozen_dataclass import dataclass

_OPENED = frozenset({ActKind.TICKET_OPENED, ActKind.TICKET_UPDATED, ActKind.TICKET_REOPENED})
TICKET_ACTS = _OPENED | {ActKind.TICKET_CLOSED, ActKind.TICKET_LOST}
"""What is noted of tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTicket:
    """The ticket of one finding in one system, by the acts so far."""

    finding: str
    ticket: Ticket
    last: ActKind
    at: datetime
    """When that was."""
    since: datetime
    """When the finding got it."""
    told: str = ""
    """The digest of what it was told last; empty for one that was closed there."""

    @property
    def is_open(self) -> bool:
        """Whether it is open as far as we know."""
        return self.last in _OPENED

    @property
    def is_lost(self) -> bool:
        """Whether the system has it no more."""
        return self.last is ActKind.TICKET_LOST

    @property
    def was_closed_there(self) -> bool:
        """Whether somebody closed it in its system, and that was left."""
        return self.last is ActKind.TICKET_CLOSED and not self.told


def recorded_tickets(acts: Iterable[FindingAct], system: str) -> Mapping[str, RecordedTicket]:
    """Return the ticket of each finding that acts are about in one system.

    Args:
        acts: Of one finding, and of those whose cause it continues; in order.
        system: The name of the ticket system.
    """
    recorded: dict[str, RecordedTicket] = {}
    for act in acts:
        if act.kind not in TICKET_ACTS or act.ticket is None or act.ticket.system != system:
            continue
        before = recorded.get(act.finding)
        is_new = before is None or before.is_lost
        recorded[act.finding] = RecordedTicket(
            finding=act.finding,
            ticket=act.ticket,
            last=act.kind,
            at=act.at,
            since=act.at if is_new or before is None else before.since,
            told=act.state,
        )
    return recorded


def systems_of(acts: Iterable[FindingAct]) -> Iterator[str]:
    """Yield the systems that acts name, each once."""
    yield from dict.fromkeys(act.ticket.system for act in acts if act.ticket is not None)
