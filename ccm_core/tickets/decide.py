"""What each finding needs of its ticket: open it, update it, close it, reopen it, or nothing. Pure.

Nothing is done twice and nothing is lost, whatever happens between two syncs: what could not be
sent is not noted in the acts, so it is simply still to be done the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fnmatch import fnmatchcase

from ccm_core.model.finding.finding import SEVERITIES
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.tickets.content import closing_remark, reopening_remark, told_state
from ccm_core.tickets.recorded import RecordedTicket, recorded_tickets
from ccm_core.tickets.types import PlannedStep, RemoteTicket, Step, TicketRules

_FAILING = frozenset(
    {WorkState.OPEN, WorkState.ACKNOWLEDGED, WorkState.ACCEPTANCE_ASKED, WorkState.REOPENED}
)
_ACTIVE = _FAILING | {WorkState.INCONCLUSIVE}
"""The states in which a ticket stays open: what is unknown is not over."""
_NOTES = frozenset({Step.NOTE_CLOSED, Step.NOTE_LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPlan:
    """What one sync does in one system, and what it leaves for the next."""

    steps: tuple[PlannedStep, ...] = ()
    """The most severe findings first."""
    waiting: int = 0
    """How many more steps there are."""
    held: frozenset[str] = frozenset()
    """The keys of tickets that findings have: no other finding takes one over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holder:
    """A finding with the ticket that is its own now."""

    item: WorkItem
    recorded: RecordedTicket | None
    is_continued: bool = False
    """Its ticket is that of a finding whose cause continues it."""


def plan_tickets(
    items: Iterable[WorkItem],
    rules: TicketRules,
    remote: Mapping[str, RemoteTicket | None] | None = None,
) -> TicketPlan:
    """Return what is to be done in one system.

    Args:
        items: All findings that are active, and those that are not and have an open ticket.
        rules: Which findings get a ticket, and what becomes of it.
        remote: What the system says of tickets that we took for open, by the key that we know;
            None for a ticket that is there no more. What is not named is as we know it.
    """
    now = remote or {}
    steps = []
    holders = _holders(sorted(items, key=_order), rules)
    for holder in holders:
        step = _next_step(holder, rules, now)
        if step is not None:
            steps.append(step)
    notes = [step for step in steps if step.step in _NOTES]
    changes = [step for step in steps if step.step not in _NOTES]
    chosen = changes[: rules.max_changes]
    return TicketPlan(
        steps=(*notes, *chosen),
        waiting=len(changes) - len(chosen),
        held=frozenset(holder.recorded.ticket.key for holder in holders if holder.recorded),
    )


def open_keys(items: Iterable[WorkItem], system: str) -> Sequence[str]:
    """Return the keys of the tickets of findings that are open as far as we know, each once."""
    return list(
        dict.fromkeys(
            recorded.ticket.key
            for item in items
            for recorded in recorded_tickets(item.acts, system).values()
            if recorded.is_open
        )
    )


def is_selected(item: WorkItem, rules: TicketRules) -> bool:
    """Return whether the settings ask for a ticket for a finding."""
    finding = item.finding
    frameworks = {control.partition(":")[0] for control in item.controls}
    return (
        SEVERITIES.index(finding.severity) <= SEVERITIES.index(rules.min_severity)
        and _is_owned(item, rules)
        and (not rules.rules or any(_matches(rule, rules.rules) for rule in finding.rules))
        and (not rules.frameworks or bool(frameworks & set(rules.frameworks)))
        and (not rules.connections or finding.connection in rules.connections)
    )


def keeps_open(item: WorkItem) -> bool:
    """Return whether a finding is one whose ticket stays open."""
    return item.state in _ACTIVE


def _is_owned(item: WorkItem, rules: TicketRules) -> bool:
    return not rules.owners or any(_matches(name, rules.owners) for name in item.owner.names)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)


def _order(item: WorkItem) -> tuple[int, float, str]:
    finding = item.finding
    return SEVERITIES.index(finding.severity), finding.opened_at.timestamp(), finding.id


def _holders(items: Sequence[WorkItem], rules: TicketRules) -> Sequence[_Holder]:
    """Return each finding with its ticket.

    A ticket belongs to the finding that told it something last. Of findings that continue the same
    one, the first that has none of its own takes its ticket over.
    """
    recorded = {item.finding.id: recorded_tickets(item.acts, rules.system) for item in items}
    owners = _owners(recorded)
    active = {item.finding.id for item in items if item.state in _ACTIVE}
    holders = []
    for item in items:
        identity = item.finding.id
        tickets = dict(recorded[identity])
        own = tickets.pop(identity, None)
        if own and not own.is_lost and owners.get(own.ticket.key) != identity:
            own = None if item.state in _ACTIVE else own
        if own is None and (item.state in _ACTIVE or item.state is WorkState.ACCEPTED):
            own = _inherited(tickets, owners, active)
            if own is not None:
                owners[own.ticket.key] = identity
        holders.append(_Holder(item=item, recorded=own))
    return [
        replace(holder, is_continued=True) if _is_taken(holder, owners) else holder
        for holder in holders
    ]


def _owners(recorded: Mapping[str, Mapping[str, RecordedTicket]]) -> dict[str, str]:
    """Return the finding that told each ticket something last, by the ticket's key."""
    newest: dict[str, RecordedTicket] = {}
    for identity, tickets in recorded.items():
        own = tickets.get(identity)
        if own is None or own.is_lost:
            continue
        before = newest.get(own.ticket.key)
        if before is None or (before.at, before.finding) < (own.at, own.finding):
            newest[own.ticket.key] = own
    return {key: own.finding for key, own in newest.items()}


def _is_taken(holder: _Holder, owners: Mapping[str, str]) -> bool:
    """Return whether another finding took the ticket of one over."""
    own = holder.recorded
    if own is None or own.is_lost:
        return False
    return owners.get(own.ticket.key) != holder.item.finding.id


def _inherited(
    tickets: Mapping[str, RecordedTicket], owners: Mapping[str, str], active: AbstractSet[str]
) -> RecordedTicket | None:
    """Return the oldest open ticket of what is continued, where no active finding has it."""
    free = [
        ticket
        for ticket in tickets.values()
        if ticket.is_open
        and (owner := owners.get(ticket.ticket.key, ticket.finding)) in tickets
        and owner not in active
    ]
    return min(free, key=lambda ticket: (ticket.since, ticket.ticket.key), default=None)


def _next_step(
    holder: _Holder, rules: TicketRules, remote: Mapping[str, RemoteTicket | None]
) -> PlannedStep | None:
    item, recorded = holder.item, holder.recorded
    if holder.is_continued:
        return None
    if recorded is None or recorded.is_lost:
        is_failing = item.state in _FAILING and is_selected(item, rules)
        return _step(Step.OPEN, holder, rules) if is_failing else None
    actual = _actual(recorded, remote)
    if actual is None:
        return _step(Step.NOTE_LOST, holder, rules)
    handed_over = item.state in _ACTIVE and not _is_owned(item, rules)
    if item.state not in _ACTIVE or handed_over:
        return _ended(holder, rules, actual, handed_over=handed_over)
    if actual.is_open:
        return _updated(holder, rules, actual)
    return _closed(holder, rules)


def _ended(
    holder: _Holder, rules: TicketRules, actual: RemoteTicket, *, handed_over: bool
) -> PlannedStep | None:
    recorded = holder.recorded
    if recorded is None or not recorded.is_open:
        return None
    if not actual.is_open:
        return _step(Step.NOTE_CLOSED, holder, rules)
    remark = closing_remark(holder.item, handed_over=handed_over)
    return _step(Step.CLOSE, holder, rules, remark=remark) if rules.close else None


def _updated(holder: _Holder, rules: TicketRules, actual: RemoteTicket) -> PlannedStep | None:
    recorded = holder.recorded
    if recorded is None:
        return None
    is_same = told_state(holder.item, rules) == recorded.told and actual.ticket == recorded.ticket
    return None if is_same else _step(Step.UPDATE, holder, rules, actual=actual)


def _closed(holder: _Holder, rules: TicketRules) -> PlannedStep | None:
    """Return what becomes of a ticket that is closed while its finding is active."""
    recorded, item = holder.recorded, holder.item
    if recorded is None:
        return None
    closed_there = recorded.is_open or recorded.was_closed_there
    came_back = not recorded.is_open and item.finding.opened_at > recorded.at
    if closed_there and not rules.reopen and not came_back:
        return _step(Step.NOTE_CLOSED, holder, rules) if recorded.is_open else None
    if item.state not in _FAILING:
        return None  # unknown is no reason to open it again; it is asked again next time
    remark = reopening_remark(item, rules, closed_there=closed_there and not came_back)
    return _step(Step.REOPEN, holder, rules, remark=remark)


def _actual(
    recorded: RecordedTicket, remote: Mapping[str, RemoteTicket | None]
) -> RemoteTicket | None:
    key = recorded.ticket.key
    if recorded.is_open and key in remote:
        return remote[key]
    return RemoteTicket(ticket=recorded.ticket, is_open=recorded.is_open)


def _step(
    step: Step,
    holder: _Holder,
    rules: TicketRules,
    *,
    remark: str = "",
    actual: RemoteTicket | None = None,
) -> PlannedStep:
    recorded = holder.recorded
    if recorded is None or step is Step.OPEN:
        return PlannedStep(step=step, item=holder.item)
    told = recorded.told.partition(".")[2]
    return PlannedStep(
        step=step,
        item=holder.item,
        ticket=actual.ticket if actual else recorded.ticket,
        remark=remark,
        with_fields=told_state(holder.item, rules).partition(".")[2] != told,
    )
