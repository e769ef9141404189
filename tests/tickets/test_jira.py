"""What is particular to Jira: fields, workflows, moved issues, Cloud and Data Center."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ticket_fakes.findings import FindingLedger, work_item
from ticket_fakes.server import Answer

from ccm_core.model.finding.work_item import WorkState
from ccm_core.tickets.types import FieldMapping, Step, TicketRules


def text_of(node) -> str:
    """The text of a document, as somebody reads it."""
    if isinstance(node, dict):
        return node.get("text", "") + "".join(map(text_of, node.get("content", ())))
    return node.replace("\\", "")


def with_fields(**fields) -> TicketRules:
    """Rules with a mapping."""
    return TicketRules(system="ops", fields=FieldMapping(**fields))


def test_issue_fills_the_fields_of_the_settings(jira, mapped):
    """Issue type, priority, labels, components, assignee and others, as the API takes them."""
    jira.sync(FindingLedger(work_item()), mapped)
    issue = jira.fake.issues["OPS-1"]
    expected = {
        "project": {"key": "OPS"},
        "issuetype": {"name": "Bug"},
        "priority": {"name": "Highest"},
        "components": [{"name": "acme.service"}],
        "assignee": {"accountId": "5b10ac8d82e05b22cc7d4ef5"},
        "duedate": "2026-05-07",
        "customfield_10042": {"value": "critical"},
        "summary": "[critical] Every service reaches somebody: Checkout",
    }
    assert {name: issue[name] for name in expected} == expected
    assert set(issue["labels"]) == {
        "ccm",
        "ccm-aaaaaa-bbbbbbbbbb",
        "severity-critical",
        "team-Payments",
    }


@pytest.mark.parametrize("system", ["jira", "data_center"])
def test_issue_says_who_does_what_by_when(request, system):
    """In the Atlassian Document Format, or in wiki markup."""
    tracker = request.getfixturevalue(system)
    tracker.sync(FindingLedger(work_item()))
    text = text_of(tracker.fake.issues["OPS-1"]["description"])
    for part in (
        "Checkout (acme.service S1)",
        "Payments",
        "2026-05-07",
        "Put somebody on the level",
        "aaaaaa-bbbbbbbbbb",
        "soc2:CC7.3",
    ):
        assert part in text
    assert "https://acme.example/s/S1" in str(tracker.fake.issues["OPS-1"]["description"])


def test_field_whose_placeholder_is_empty_is_left_out(jira, mapped):
    """A finding without a due date has none in Jira either."""
    jira.sync(FindingLedger(work_item(due=False)), mapped)
    assert "duedate" not in jira.fake.issues["OPS-1"]


def test_fields_are_sent_again_only_where_they_change(jira, mapped):
    """Somebody who moves the due date or takes the ticket is not overruled by another text."""
    ledger = FindingLedger(work_item())
    jira.sync(ledger, mapped)
    ledger.put(replace(work_item(), next_step="Another step."))
    jira.sync(ledger, mapped)
    assert set(jira.fake.requests[-1].body["fields"]) == {"summary", "description"}
    ledger.put(work_item(severity="high"))
    jira.sync(ledger, mapped)
    assert jira.fake.requests[-1].body["fields"]["priority"] == {"name": "High"}


def test_missing_required_field_is_named(jira):
    """The project wants a field that the settings do not fill: the message names it."""
    jira.fake.required = {"customfield_10099": "Business unit is required."}
    (failure,) = jira.sync(FindingLedger(work_item())).failures
    assert "customfield_10099: Business unit is required." in failure
    assert "correct `project` or `fields` in the settings" in failure


def test_moved_issue_is_followed(jira):
    """Its key is another one now; the finding keeps it."""
    ledger = FindingLedger(work_item())
    jira.sync(ledger)
    issue = jira.fake.issues.pop("OPS-1")
    jira.fake.issues["SEC-7"], jira.fake.moved["OPS-1"] = {**issue, "key": "SEC-7"}, "SEC-7"
    (synced,) = jira.sync(ledger).synced
    assert (synced.step, synced.ticket.key) == (Step.UPDATE, "SEC-7")
    assert synced.ticket.url == "https://acme.atlassian.net/browse/SEC-7"
    assert jira.sync(ledger).synced == ()


NOBODY = {"errorMessages": ["It does not exist or you do not have permission to see it."]}


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        pytest.param({}, "lacks the permission Browse Projects", id="right taken away"),
        pytest.param(
            {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, "has expired", id="token expired"
        ),
    ],
)
def test_what_may_not_be_seen_is_not_taken_for_deleted(jira, headers, words):
    """Jira answers an unknown token as anybody: with an empty list, and with no issue."""
    ledger = FindingLedger(work_item())
    jira.sync(ledger)

    def anonymous(request):
        is_search = "/search" in request.path
        return Answer(200, {"issues": []}, headers) if is_search else Answer(404, NOBODY, headers)

    jira.fake.faults.append(anonymous)
    (failure,) = jira.sync(ledger).failures
    assert words in failure
    assert ledger.kinds() == ["ticket_opened"]


@pytest.mark.parametrize(
    ("fields", "offered", "expected"),
    [
        pytest.param({}, {"Rejected", "Done", "To Do"}, "Done", id="the usual one"),
        pytest.param({}, {"Rejected", "To Do"}, "Rejected", id="the only one"),
        pytest.param(
            {"closed_status": "rejected"}, {"Rejected", "Done"}, "Rejected", id="of the settings"
        ),
    ],
)
def test_status_that_issues_are_closed_to(jira, fields, offered, expected):
    """That of the settings, or one that means done."""
    rules, ledger = with_fields(**fields), FindingLedger(work_item())
    jira.sync(ledger, rules)
    jira.fake.transitions = offered
    ledger.put(work_item(state=WorkState.RESOLVED))
    jira.sync(ledger, rules)
    assert jira.fake.issues["OPS-1"]["status"] == expected


def test_workflow_without_a_way_to_done_is_told(jira):
    """The message names what it offers, and the setting."""
    ledger = FindingLedger(work_item())
    jira.sync(ledger)
    jira.fake.transitions = {"In Progress"}
    ledger.put(work_item(state=WorkState.RESOLVED))
    (failure,) = jira.sync(ledger).failures
    assert "OPS-1: its workflow offers no transition to a status that means done" in failure
    assert "`fields.closed_status`" in failure
    assert ledger.kinds() == ["ticket_opened"]


def test_resolution_is_set_where_the_workflow_asks_for_it(jira):
    """And not where it does not: Jira refuses a field that is not on the screen."""
    rules = with_fields(resolution="Done")
    for on_screen in (True, False):
        ledger = FindingLedger(work_item())
        jira.sync(ledger, rules)
        jira.fake.resolution_screen = on_screen
        ledger.put(work_item(state=WorkState.RESOLVED))
        jira.sync(ledger, rules)
        expected = {"name": "Done"} if on_screen else None
        assert jira.fake.issues["OPS-1"]["resolution"] == expected


@pytest.mark.parametrize("system", ["jira", "data_center"])
def test_many_issues_are_listed_page_by_page(request, system):
    """Those of the last page are known to be open; nothing is read one by one."""
    tracker = request.getfixturevalue(system)
    tracker.fake.page = 4
    ledger = FindingLedger(*(work_item(f"aaaaaa-{number:010}") for number in range(10)))
    tracker.sync(ledger)
    before = len(tracker.fake.requests)
    assert tracker.sync(ledger).synced == ()
    read = [request.path for request in tracker.fake.requests[before:]]
    assert len(read) == 3
    assert all("/search" in path for path in read)
