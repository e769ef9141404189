"""Tickets follow their findings: opened, updated, closed and reopened once, whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ticket_fakes.findings import NOON, SECRET_REASON, FindingLedger, work_item

from ccm_core.model.finding.work_item import WorkState
from ccm_core.tickets.types import Step, TicketRules

ID = "aaaaaa-bbbbbbbbbb"
LEAVE = TicketRules(system="ops", reopen=False)


def steps(result):
    """What a sync did."""
    return [synced.step for synced in result.synced]


def comments(tracker):
    """All comments, as people read them."""
    return str(tracker.fake.comments).replace("\\", "")


def test_ticket_is_opened_once_and_only_told_what_changed(tracker):
    """A second sync of an unchanged finding sends nothing that changes anything."""
    ledger = FindingLedger(work_item())
    assert steps(tracker.sync(ledger)) == [Step.OPEN]
    (act,) = ledger.acts
    assert (act.by, act.ticket.system, tracker.open) == ("ops", "ops", 1)
    changes = len(tracker.fake.changes)
    assert steps(tracker.sync(ledger)) == []
    assert len(tracker.fake.changes) == changes
    ledger.put(work_item(owners=("Platform",)))
    assert steps(tracker.sync(ledger)) == [Step.UPDATE]
    assert steps(tracker.sync(ledger)) == []


@pytest.mark.parametrize(
    ("state", "word"),
    [
        pytest.param(WorkState.RESOLVED, "pass", id="resolved"),
        pytest.param(WorkState.REMOVED, "no longer evaluated", id="resource is gone"),
        pytest.param(WorkState.ACCEPTED, "accepted until 2026-08-04", id="risk accepted"),
        pytest.param(WorkState.REPLACED, "same cause", id="another finding follows it"),
    ],
)
def test_ticket_is_closed_with_its_finding_and_reopened_with_it(tracker, state, word):
    """The comment says why, and the same ticket is used again."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger)
    ledger.put(work_item(state=state))
    assert steps(tracker.sync(ledger)) == [Step.CLOSE]
    assert tracker.open == 0
    assert word in comments(tracker)
    assert steps(tracker.sync(ledger)) == []
    ledger.put(work_item(state=WorkState.REOPENED, opened_at=NOON + timedelta(days=1)))
    assert steps(tracker.sync(ledger)) == [Step.REOPEN]
    assert ledger.kinds() == ["ticket_opened", "ticket_closed", "ticket_reopened"]
    assert (tracker.open, len({act.ticket.key for act in ledger.acts})) == (1, 1)
    assert steps(tracker.sync(ledger)) == []


def test_what_is_unknown_neither_opens_nor_closes_a_ticket(tracker):
    """An inconclusive finding may still fail: its ticket stays; one without gets none."""
    ledger = FindingLedger(work_item(state=WorkState.INCONCLUSIVE))
    assert steps(tracker.sync(ledger)) == []
    ledger.put(work_item())
    tracker.sync(ledger)
    ledger.put(work_item(state=WorkState.INCONCLUSIVE))
    assert steps(tracker.sync(ledger)) == [Step.UPDATE]
    assert tracker.open == 1


def test_ticket_that_was_opened_and_not_noted_is_found_again(tracker):
    """A crash between opening and noting, or a restored store, makes no second ticket."""
    ledger = FindingLedger(work_item())
    ledger.is_full = True
    with pytest.raises(KeyboardInterrupt):
        tracker.sync(ledger)
    assert (tracker.open, ledger.acts) == (1, [])
    ledger.is_full = False
    result = tracker.sync(ledger)
    assert (steps(result), result.failures, tracker.open) == ([Step.OPEN], (), 1)
    assert ledger.acts[0].text == "it was there already"


def test_closed_ticket_of_a_lost_store_is_reopened(tracker):
    """A finding that fails uses the ticket that it had, also where nobody remembers it."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger)
    ledger.put(work_item(state=WorkState.RESOLVED))
    tracker.sync(ledger)
    assert tracker.open == 0
    anew = FindingLedger(work_item())
    assert steps(tracker.sync(anew)) == [Step.OPEN]
    assert (tracker.open, len(tracker.fake.issues)) == (1, 1)


def close_by_hand(tracker):
    """Close every ticket, as a person does."""
    for issue in tracker.fake.issues.values():
        issue["state"], issue["status"] = "closed", "Done"


def test_ticket_closed_by_hand_is_reopened_with_the_reason(tracker):
    """The comment says that it still fails, and how to have it left closed."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger)
    close_by_hand(tracker)
    assert steps(tracker.sync(ledger)) == [Step.REOPEN]
    assert tracker.open == 1
    assert "still fails" in comments(tracker)
    assert "have the risk of it accepted until a day" in comments(tracker)
    assert "ccm findings" not in comments(tracker)
    assert steps(tracker.sync(ledger)) == []


def test_ticket_closed_by_hand_may_be_left(tracker):
    """It is noted once, and reopened only when the finding comes back after being resolved."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger, LEAVE)
    close_by_hand(tracker)
    assert steps(tracker.sync(ledger, LEAVE)) == [Step.NOTE_CLOSED]
    assert ledger.acts[-1].text == "it was closed there, and is left closed"
    assert steps(tracker.sync(ledger, LEAVE)) == []
    ledger.put(work_item(state=WorkState.REOPENED, opened_at=NOON + timedelta(days=9)))
    assert steps(tracker.sync(ledger, LEAVE)) == [Step.REOPEN]
    assert tracker.open == 1


def test_ticket_closed_by_hand_while_the_risk_is_accepted_is_reopened_afterwards(tracker):
    """Closing it agreed with the acceptance, and that has ended."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger, LEAVE)
    close_by_hand(tracker)
    ledger.put(work_item(state=WorkState.ACCEPTED))
    assert steps(tracker.sync(ledger, LEAVE)) == [Step.NOTE_CLOSED]
    ledger.put(work_item())
    assert steps(tracker.sync(ledger, LEAVE)) == [Step.REOPEN]
    assert tracker.open == 1


def test_ticket_closed_by_hand_after_the_fix_is_noted(tracker):
    """Nothing is sent: it is closed, and that is right."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger)
    close_by_hand(tracker)
    ledger.put(work_item(state=WorkState.RESOLVED))
    changes = len(tracker.fake.changes)
    assert steps(tracker.sync(ledger)) == [Step.NOTE_CLOSED]
    assert len(tracker.fake.changes) == changes


def test_deleted_ticket_is_noted_as_lost_and_replaced_the_next_time(tracker):
    """What is gone is named in the history; the finding gets another ticket."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger)
    tracker.fake.issues.clear()
    assert steps(tracker.sync(ledger)) == [Step.NOTE_LOST]
    assert steps(tracker.sync(ledger)) == [Step.OPEN]
    assert ledger.kinds() == ["ticket_opened", "ticket_lost", "ticket_opened"]
    assert tracker.open == 1


def test_tickets_that_are_all_gone_are_not_taken_for_deleted(tracker):
    """The address leads to another system: hundreds of tickets are not opened anew by mistake."""
    ledger = FindingLedger(*(work_item(f"aaaaaa-{number:010}") for number in range(6)))
    tracker.sync(ledger)
    tracker.fake.issues.clear()
    result = tracker.sync(ledger)
    assert "none of the 6 open tickets that ccm knows is there any more" in result.failures[0]
    assert (result.synced, len(ledger.acts)) == ((), 6)
    assert len(tracker.sync(ledger, TicketRules(system="other")).synced) == 6


def test_two_tickets_of_one_finding_are_named_and_the_oldest_is_used(tracker):
    """Somebody copied a ticket, or two stores opened one each: the failure lists the others."""
    first, second = FindingLedger(work_item()), FindingLedger(work_item())
    tracker.sync(first)
    (key,) = tracker.fake.issues
    copied = dict(tracker.fake.issues[key])
    copied |= {"number": 9, "key": "OPS-9"}
    tracker.fake.issues[9 if isinstance(key, int) else "OPS-9"] = copied
    result = tracker.sync(second)
    assert second.acts[0].ticket == first.acts[0].ticket
    (failure,) = result.failures
    assert "9: the oldest is used, close the others" in failure


def test_most_severe_come_first_and_what_is_left_is_counted(tracker):
    """A thousand new findings do not flood a tracker: the rest follows in the next syncs."""
    rules = TicketRules(system="ops", min_severity="low", max_changes=3)
    severities = ("low", "critical", "high", "medium", "critical")
    ledger = FindingLedger(
        *(work_item(f"aaaaaa-{n:010}", severity=severity) for n, severity in enumerate(severities))
    )
    result = tracker.sync(ledger, rules)
    assert [synced.finding[-1] for synced in result.synced] == ["1", "4", "2"]
    assert result.waiting == 2
    assert tracker.sync(ledger, rules).waiting == 0
    assert tracker.open == 5


def test_finding_that_is_handed_over_closes_its_ticket(tracker):
    """Another team has its tickets elsewhere; this one is told where it went."""
    rules = TicketRules(system="ops", owners=("pay*",))
    ledger = FindingLedger(work_item())
    assert steps(tracker.sync(ledger, rules)) == [Step.OPEN]
    ledger.put(work_item(owners=("Platform",)))
    assert steps(tracker.sync(ledger, rules)) == [Step.CLOSE]
    assert "Its owner is now Platform" in comments(tracker)


def test_cause_that_splits_keeps_one_ticket_and_gets_another(tracker):
    """The most severe goes on with the ticket that there is; the other one gets its own."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger)
    ledger.put(work_item(state=WorkState.REPLACED))
    ledger.put(work_item("cccccc-1111111111", severity="high", follows=(ID,)))
    ledger.put(work_item("cccccc-2222222222", follows=(ID,)))
    assert steps(tracker.sync(ledger)) == [Step.UPDATE, Step.OPEN]
    kinds = [ledger.kinds(f"cccccc-{n * 10}") for n in ("1", "2")]
    assert kinds == [["ticket_opened"], ["ticket_updated"]]
    assert steps(tracker.sync(ledger)) == []
    assert tracker.open == 2


def test_causes_that_become_one_keep_the_older_ticket(tracker):
    """The other one is closed and says that another finding follows the cause."""
    first, second, joined = "aaaaaa-1111111111", "aaaaaa-2222222222", "cccccc-3333333333"
    ledger = FindingLedger(work_item(first))
    tracker.sync(ledger)
    ledger.put(work_item(second))
    tracker.sync(ledger)
    for identity in (first, second):
        ledger.put(work_item(identity, state=WorkState.REPLACED))
    ledger.put(work_item(joined, follows=(first, second)))
    assert sorted(steps(tracker.sync(ledger))) == [Step.CLOSE, Step.UPDATE]
    assert ledger.acts[0].ticket == next(a.ticket for a in ledger.acts if a.finding == joined)
    assert (tracker.open, steps(tracker.sync(ledger))) == (1, [])


def test_no_evidence_and_no_secret_leaves_the_house(tracker, mapped):
    """Reasons quote evidence: they are in no request, and secrets are in headers alone."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger, mapped)
    sent = str([(request.path, request.query, request.body) for request in tracker.fake.requests])
    assert "Mia" not in sent
    assert "Secr3t" not in sent
    told = replace(mapped, include_reasons=True)
    assert steps(tracker.sync(ledger, told)) == [Step.UPDATE]
    body = str(tracker.fake.requests[-1].body)
    assert SECRET_REASON.split(",")[0] in body


def test_labels_that_people_set_stay_and_those_of_another_severity_go(tracker, mapped):
    """What ccm set is kept up to date; whatever else is on a ticket is somebody's own."""
    ledger = FindingLedger(work_item())
    tracker.sync(ledger, mapped)
    (issue,) = tracker.fake.issues.values()
    is_github = isinstance(issue["labels"][0], dict)
    issue["labels"] = [*issue["labels"], {"name": "by-hand"} if is_github else "by-hand"]
    ledger.put(work_item(severity="high"))
    assert steps(tracker.sync(ledger, mapped)) == [Step.UPDATE]
    names = {label["name"] if is_github else label for label in issue["labels"]}
    assert {"by-hand", "severity-high", "team-Payments", "ccm"} <= names
    assert "severity-critical" not in names
