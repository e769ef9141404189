"""The findings that a sync looks at, and the tickets that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from ccm_core.model.finding.act import FindingAct, Ticket
from ccm_core.model.finding.finding import ACTIVE
from ccm_core.model.finding.work_item import WorkItem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.tickets.recorded import RecordedTicket, recorded_tickets, systems_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTicket:
    """One ticket, as ``ccm tickets list`` shows it."""

    finding: str
    system: str
    key: str
    url: str
    state: str
    """``open``, ``closed`` or ``lost``, as far as we know."""
    since: datetime
    """When the finding got it."""
    changed_at: datetime
    """When something was done to it last."""


def synced_items(reader: FindingReader) -> Sequence[WorkItem]:
    """Return all findings that are active, and those that are not and have an open ticket."""
    store = reader.store
    with_ticket = {
        finding
        for finding, acts in store.findings.acts().items()
        if any(recorded.is_open for recorded in _recorded(acts))
    }
    active = {finding.id: finding for finding in store.findings.current(ACTIVE)}
    ended = store.findings.by_id(sorted(with_ticket - active.keys()))
    return reader.of([*active.values(), *ended])


def listed_tickets(
    store: EvidenceStore, systems: Iterable[str] = (), *, closed: bool = False
) -> Sequence[ListedTicket]:
    """Return the tickets of findings, those that changed last first.

    Args:
        store: Where findings are.
        systems: Only of these; none: of all.
        closed: Whether those that are closed or lost are among them.
    """
    chosen = set(systems)
    tickets = [
        _listed(recorded)
        for recorded in _recorded_tickets(store.findings.acts())
        if (recorded.is_open or closed) and (not chosen or recorded.ticket.system in chosen)
    ]
    return sorted(tickets, key=lambda ticket: (ticket.changed_at, ticket.key), reverse=True)


def _recorded_tickets(acts: Mapping[str, Sequence[FindingAct]]) -> Iterator[RecordedTicket]:
    for of_finding in acts.values():
        yield from _recorded(of_finding)


def _recorded(acts: Sequence[FindingAct]) -> Iterator[RecordedTicket]:
    for system in systems_of(acts):
        yield from recorded_tickets(acts, system).values()


def _listed(recorded: RecordedTicket) -> ListedTicket:
    ticket: Ticket = recorded.ticket
    return ListedTicket(
        finding=recorded.finding,
        system=ticket.system,
        key=ticket.key,
        url=ticket.url,
        state="open" if recorded.is_open else "lost" if recorded.is_lost else "closed",
        since=recorded.since,
        changed_at=recorded.at,
    )
