"""Sync the tickets of one system with the findings: what was done is noted at once, in the ledger.

A sync that ends anywhere loses nothing: what is noted is not done again, and what was done and not
noted is found by the id of its finding before anything is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from ccm_core.errors import BadRequest, NotAvailable, SourceError
from ccm_core.model.finding.act import ActKind, FindingAct, Ticket
from ccm_core.model.finding.finding import FindingState
from ccm_core.model.finding.work_item import WorkItem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.tickets.results import SyncedTicket, SyncResult
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.tickets.content import draft_of, told_state
from ccm_core.tickets.decide import TicketPlan, keeps_open, open_keys, plan_tickets
from ccm_core.tickets.types import (
    COMMON_LABEL,
    Draft,
    PlannedStep,
    RemoteTicket,
    Step,
    TicketRules,
    TicketSystem,
)

_MAX_READ = 200
"""Tickets that are read one by one, because the list of open ones does not have them."""
_MANY = 5
"""Tickets that nobody deletes all at once."""
_MAX_TIME = timedelta(minutes=10)
"""Of one sync in one system: a slow one does not keep a run from ending."""
_MAX_FAILURES = 3
"""Failures in a row after which the rest is left for the next sync."""


def planned_sync(items: Sequence[WorkItem], rules: TicketRules) -> SyncResult:
    """Return what a sync would do as far as we know; nothing is sent."""
    plan = plan_tickets(items, rules)
    synced = [
        SyncedTicket(
            finding=step.item.finding.id,
            step=step.step,
            ticket=step.ticket,
            text=step.remark or draft_of(step.item, rules).title,
        )
        for step in plan.steps
    ]
    return SyncResult(system=rules.system, synced=tuple(synced), waiting=plan.waiting)


def sync_tickets(
    store: EvidenceStore,
    items: Sequence[WorkItem],
    rules: TicketRules,
    system: TicketSystem,
    clock: Callable[[], datetime],
) -> SyncResult:
    """Open, update, close and reopen the tickets of one system.

    Args:
        store: Where what is done is noted.
        items: All findings that are active, and those that are not and have an open ticket.
        rules: Which findings get a ticket.
        system: The client.
        clock: When something was done.
    """
    ends = clock() + _MAX_TIME
    try:
        remote = _remote_tickets(items, rules, system, is_late=lambda: clock() > ends)
        plan = plan_tickets(items, rules, remote.tickets)
        carried = system.find(_to_open(plan))
    except SourceError as error:
        return SyncResult(system=rules.system, failures=(str(error),))
    return _Sync(store, rules, system, clock, remote, carried).run(plan, ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remote:
    """What the system says of the tickets that we took for open."""

    tickets: Mapping[str, RemoteTicket | None]
    """By the key that we know; None: it is there no more."""
    unread: int = 0
    """How many were not read one by one, since there are too many."""


def _remote_tickets(
    items: Sequence[WorkItem],
    rules: TicketRules,
    system: TicketSystem,
    *,
    is_late: Callable[[], bool],
) -> _Remote:
    keys = open_keys(items, rules.system)
    if not keys:
        return _Remote(tickets={})
    listed = system.open_tickets()
    tickets: dict[str, RemoteTicket | None] = {key: listed[key] for key in keys if key in listed}
    absent = [key for key in keys if key not in listed]
    for number, key in enumerate(absent):
        if number >= _MAX_READ or is_late():
            _check_not_elsewhere(tickets, rules.system)
            return _Remote(tickets=tickets, unread=len(absent) - number)
        tickets[key] = system.read(key)
    _check_not_elsewhere(tickets, rules.system)
    return _Remote(tickets=tickets)


def _check_not_elsewhere(tickets: Mapping[str, RemoteTicket | None], system: str) -> None:
    """Refuse to take all tickets for deleted: then the address leads to another system.

    Raises:
        NotAvailable: None of many tickets is there.
    """
    if len(tickets) >= _MANY and not any(tickets.values()):
        raise NotAvailable(
            f"none of the {len(tickets):,} open tickets that ccm knows is there any more; nothing "
            "is done. Check the address. If it is another system now, give it another name than "
            f"{system}: its tickets are then opened anew"
        )


def _to_open(plan: TicketPlan) -> Sequence[str]:
    return [step.item.finding.id for step in plan.steps if step.step is Step.OPEN]


class _Sync:
    """Carries out a plan, step by step."""

    def __init__(
        self,
        store: EvidenceStore,
        rules: TicketRules,
        system: TicketSystem,
        clock: Callable[[], datetime],
        remote: _Remote,
        carried: Mapping[str, tuple[RemoteTicket, ...]],
    ) -> None:
        self._store, self._rules, self._system, self._clock = store, rules, system, clock
        self._remote, self._carried = remote, carried
        self._synced: list[SyncedTicket] = []
        self._failures: list[str] = []
        self._held: frozenset[str] = frozenset()
        if remote.unread:
            self._failures.append(f"{remote.unread:,} tickets were not read: too many at once")

    def run(self, plan: TicketPlan, ends: datetime) -> SyncResult:
        """Carry out the steps until they are done, or the system does not let us go on."""
        in_a_row = 0
        waiting, self._held = plan.waiting, plan.held
        for number, step in enumerate(plan.steps):
            if self._clock() > ends:
                minutes = int(_MAX_TIME.total_seconds() / 60)
                self._failures.append(f"it took {minutes} minutes; the next sync goes on")
                waiting += len(plan.steps) - number
                break
            try:
                self._take(step)
                in_a_row = 0
            except SourceError as error:
                in_a_row += 1
                self._failures.append(f"finding {step.item.finding.id}: {error}")
                if in_a_row >= _MAX_FAILURES or not isinstance(error, BadRequest | NotAvailable):
                    waiting += len(plan.steps) - number - 1
                    break
        return SyncResult(
            system=self._rules.system,
            synced=tuple(self._synced),
            failures=tuple(dict.fromkeys(self._failures)),
            waiting=waiting,
        )

    def _take(self, step: PlannedStep) -> None:
        match step.step:
            case Step.OPEN:
                self._open(step)
            case Step.UPDATE:
                self._update(step)
            case Step.CLOSE:
                self._close(step)
            case Step.REOPEN:
                self._reopen(step)
            case Step.NOTE_CLOSED:
                self._note_closed(step)
            case Step.NOTE_LOST:
                self._note(step, ActKind.TICKET_LOST, _ticket(step), text="it was deleted there")

    # -- steps --------------------------------------------------------------------------------

    def _open(self, step: PlannedStep) -> None:
        """Open a ticket, unless one carries the id of the finding already: then that is it."""
        carried = [
            remote
            for remote in self._carried.get(step.item.finding.id, ())
            if remote.ticket.key not in self._held
        ]
        if carried:
            self._adopt(step, carried)
            return
        remote = self._system.open(self._draft(step))
        self._note(step, ActKind.TICKET_OPENED, remote.ticket, told=True)
        if COMMON_LABEL not in remote.labels:
            self._failures.append(
                f"{remote.ticket.key} was opened, and its labels were dropped: the token may not "
                "set labels. Give it the right to, or tickets are found again one by one"
            )

    def _adopt(self, step: PlannedStep, carried: Sequence[RemoteTicket]) -> None:
        remote, *others = carried
        text = "it was there already"
        if others:
            keys = ", ".join(other.ticket.key for other in others)
            text = f"it was there already, and so were {keys}: the oldest is used, close the others"
            self._failures.append(f"finding {step.item.finding.id}: {remote.ticket.key} {text}")
        if not remote.is_open:
            self._system.reopen(remote, f"The check fails: finding {step.item.finding.id}.")
        self._system.update(remote, self._draft(step), with_fields=True)
        self._note(step, ActKind.TICKET_OPENED, remote.ticket, told=True, text=text)

    def _update(self, step: PlannedStep) -> None:
        remote = self._known(step)
        self._system.update(remote, self._draft(step), with_fields=step.with_fields)
        self._note(step, ActKind.TICKET_UPDATED, remote.ticket, told=True)

    def _close(self, step: PlannedStep) -> None:
        remote = self._known(step)
        is_fixed = step.item.finding.state is FindingState.RESOLVED
        self._system.close(remote, step.remark, is_fixed=is_fixed)
        self._note(step, ActKind.TICKET_CLOSED, remote.ticket, told=True, text=step.remark)

    def _reopen(self, step: PlannedStep) -> None:
        remote = self._system.read(_ticket(step).key)
        if remote is None:
            self._note(step, ActKind.TICKET_LOST, _ticket(step), text="it was deleted there")
            return
        if not remote.is_open:
            self._system.reopen(remote, step.remark)
        self._system.update(remote, self._draft(step), with_fields=step.with_fields)
        self._note(step, ActKind.TICKET_REOPENED, remote.ticket, told=True, text=step.remark)

    def _note_closed(self, step: PlannedStep) -> None:
        """Note that somebody closed it there; what is left against its finding was told nothing."""
        is_left = keeps_open(step.item)
        text = "it was closed there, and is left closed" if is_left else "it was closed there"
        self._note(step, ActKind.TICKET_CLOSED, _ticket(step), told=not is_left, text=text)

    def _draft(self, step: PlannedStep) -> Draft:
        return draft_of(step.item, self._rules)

    def _known(self, step: PlannedStep) -> RemoteTicket:
        """Return a ticket as the list of open ones has it, with the labels that people gave it."""
        ticket = _ticket(step)
        for remote in self._remote.tickets.values():
            if remote is not None and remote.ticket.key == ticket.key:
                return remote
        remote = self._system.read(ticket.key)
        if remote is None:
            raise NotAvailable(f"{ticket.key} is there no more; the next sync notes that")
        return remote

    def _note(
        self,
        step: PlannedStep,
        kind: ActKind,
        ticket: Ticket,
        *,
        told: bool = False,
        text: str = "",
    ) -> None:
        finding = step.item.finding.id
        act = FindingAct(
            finding=finding,
            kind=kind,
            at=self._clock(),
            by=self._rules.system,
            text=text,
            ticket=ticket,
            state=told_state(step.item, self._rules) if told else "",
        )
        self._store.findings.append_act(act)
        done = SyncedTicket(finding=finding, step=step.step, ticket=ticket, text=text)
        self._synced.append(done)


def _ticket(step: PlannedStep) -> Ticket:
    if step.ticket is None:
        raise AssertionError(f"{step.step} without a ticket")
    return step.ticket
