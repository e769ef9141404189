"""Random histories: whatever people and machines do, a failing finding has one open ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from ticket_fakes.findings import NOON, FindingLedger, work_item

from ccm_core.errors import TimedOut, Unreachable
from ccm_core.model.finding.act import Ticket
from ccm_core.model.finding.work_item import WorkState
from ccm_core.pipeline.tickets.sync import sync_tickets
from ccm_core.tickets.types import COMMON_LABEL, Draft, RemoteTicket, TicketRules

IDS = ("aaaaaa-1111111111", "aaaaaa-2222222222", "aaaaaa-3333333333")
RULES = TicketRules(system="ops", min_severity="low")


class TicketBoard:
    """A ticket system in memory, which fails after so many requests."""

    def __init__(self) -> None:
        self.tickets: dict[str, RemoteTicket] = {}
        self.fails_after = 10**6
        self._count = 0
        self.reopened: set[str] = set()
        """Those that somebody reopened: what they want with them is theirs."""

    def _ask(self) -> None:
        self.fails_after -= 1
        if self.fails_after < 0:
            raise Unreachable("it is down")

    def open_tickets(self) -> Mapping[str, RemoteTicket]:
        """Return those that are open."""
        self._ask()
        return {key: ticket for key, ticket in self.tickets.items() if ticket.is_open}

    def read(self, key: str) -> RemoteTicket | None:
        """Return one of them."""
        self._ask()
        return self.tickets.get(key)

    def find(self, findings: Sequence[str]) -> Mapping[str, tuple[RemoteTicket, ...]]:
        """Return those that carry the ids of findings."""
        self._ask()
        found: dict[str, tuple[RemoteTicket, ...]] = {}
        for ticket in self.tickets.values():
            for finding in ticket.findings & set(findings):
                found[finding] = (*found.get(finding, ()), ticket)
        return found

    def open(self, draft: Draft) -> RemoteTicket:
        """Open a ticket; where it fails, it was opened, and the answer is lost."""
        self._count += 1
        key = f"OPS-{self._count}"
        ticket = RemoteTicket(
            ticket=Ticket(system="ops", key=key, url=f"https://jira.example/{key}"),
            is_open=True,
            findings=frozenset({draft.finding}),
            labels=(COMMON_LABEL,),
        )
        self.tickets[key] = ticket
        try:
            self._ask()
        except Unreachable as cause:
            raise TimedOut("the answer was lost") from cause
        return ticket

    def update(self, remote: RemoteTicket, draft: Draft, *, with_fields: bool) -> None:
        """Let a ticket carry the id of its finding."""
        del with_fields
        self._ask()
        ticket = self.tickets[remote.ticket.key]
        findings = ticket.findings | {draft.finding}
        self.tickets[remote.ticket.key] = replace(ticket, findings=findings)

    def close(self, remote: RemoteTicket, remark: str, *, is_fixed: bool) -> None:
        """Close a ticket; where it fails, it is closed all the same."""
        del remark, is_fixed
        self._set(remote.ticket.key, is_open=False)
        self._ask()

    def reopen(self, remote: RemoteTicket, remark: str) -> None:
        """Reopen a ticket; where it fails, it is open all the same."""
        del remark
        self._set(remote.ticket.key, is_open=True)
        self._ask()

    def disconnect(self) -> None:
        """Close nothing."""

    def _set(self, key: str, *, is_open: bool) -> None:
        self.tickets[key] = replace(self.tickets[key], is_open=is_open)


STATES = (WorkState.OPEN, WorkState.RESOLVED, WorkState.ACCEPTED, WorkState.INCONCLUSIVE)
EVENTS = st.one_of(
    st.tuples(st.just("state"), st.sampled_from(IDS), st.sampled_from(STATES)),
    st.tuples(st.just("owner"), st.sampled_from(IDS), st.sampled_from(["Payments", "Platform"])),
    st.tuples(st.just("replace"), st.sampled_from(IDS), st.sampled_from(IDS)),
    st.tuples(st.just("close"), st.integers(0, 5), st.none()),
    st.tuples(st.just("reopen"), st.integers(0, 5), st.none()),
    st.tuples(st.just("delete"), st.integers(0, 5), st.none()),
    st.tuples(st.just("sync"), st.integers(0, 12), st.booleans()),
)


def sync(ledger, board):
    """Sync once; a process that is killed is a process that is killed."""
    try:
        return sync_tickets(ledger, ledger.items, RULES, board, ledger.clock)
    except KeyboardInterrupt:
        return None


def happen(ledger, board, event):
    """Let one thing happen."""
    kind, first, second = event
    keys = sorted(board.tickets)
    if kind == "state":
        opened = ledger.clock() if second is WorkState.OPEN else NOON - timedelta(days=2)
        ledger.put(replace(work_item(first, state=second, opened_at=opened)))
    elif kind == "replace" and first != second:
        ledger.put(work_item(first, state=WorkState.REPLACED))
        ledger.put(work_item(second, opened_at=ledger.clock(), follows=(first,)))
    elif kind == "owner":
        ledger.put(replace(work_item(first, owners=(second,))))
    elif kind == "sync":
        board.fails_after, ledger.is_full = first, second
        sync(ledger, board)
        board.fails_after, ledger.is_full = 10**6, False
    elif kind != "replace" and first < len(keys):
        ticket = board.tickets.pop(keys[first])
        board.reopened |= {keys[first]} if kind == "reopen" else set()
        if kind != "delete":
            board.tickets[keys[first]] = replace(ticket, is_open=kind == "reopen")


@settings(max_examples=200)
@given(st.lists(EVENTS, max_size=25))
def test_failing_finding_has_one_open_ticket_in_the_end(events):
    """Syncs that end anywhere, answers that are lost, tickets closed and reopened by hand."""
    ledger, board = FindingLedger(*map(work_item, IDS)), TicketBoard()
    for event in events:
        happen(ledger, board, event)
    for _ in range(3):
        result = sync(ledger, board)
    assert result.synced == ()
    assert result.failures == ()
    held = {}
    for act in ledger.acts:
        held[act.finding] = act.ticket.key
    active = [item.finding.id for item in ledger.items if item.state is WorkState.OPEN]
    keys = [held[identity] for identity in active]
    assert sorted(set(keys)) == sorted(keys)
    assert all(board.tickets[key].is_open for key in keys)
    assert all(identity in board.tickets[held[identity]].findings for identity in active)
    for item in ledger.items:
        is_ended = item.state is not WorkState.INCONCLUSIVE and item.finding.id not in active
        if is_ended and (key := held.get(item.finding.id)) and key not in keys:
            assert key in board.reopened or not (
                key in board.tickets and board.tickets[key].is_open
            )
