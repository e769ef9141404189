"""A ticket system that is down, slow or strict: it is told, nothing is lost or done twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ticket_fakes.findings import FindingLedger, work_item
from ticket_fakes.server import Answer

from ccm_core.tickets.reply import ExchangeBounds
from ccm_core.tickets.types import Step, TicketRules

WEB_PAGE = Answer(
    200, text="<html>Please log in</html>", headers={"Content-Type": "text/html; charset=utf-8"}
)


def many(count):
    """Findings, each a cause of its own."""
    return FindingLedger(*(work_item(f"aaaaaa-{number:010}") for number in range(count)))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Answer(500, {"message": "oops"}), ("500", "try again later"), id="broken"),
        pytest.param(
            Answer(502, text="<html>Bad gateway</html>", headers={"Content-Type": "text/html"}),
            ("502", "web page"),
            id="gateway",
        ),
        pytest.param(WEB_PAGE, ("web page", "expected JSON"), id="login page"),
        pytest.param(Answer(200, text="{not json"), ("not JSON",), id="broken JSON"),
        pytest.param(Answer(200, {"odd": 1}), ("expected a list of issues",), id="another shape"),
        pytest.param(
            Answer(302, headers={"Location": "https://evil.example/take?it"}),
            ("redirects to evil.example", "not followed"),
            id="redirect to another host",
        ),
    ],
)
def test_system_that_answers_wrongly_opens_nothing(tracker, answer, words):
    """One message says what came; the next sync does it all."""
    ledger = many(3)
    tracker.fake.fail(answer, times=3 if answer.status >= 500 else 1)
    result = tracker.sync(ledger)
    (failure,) = result.failures
    assert all(word in failure for word in words)
    assert (result.synced, ledger.acts, tracker.open) == ((), [], 0)
    assert len(tracker.sync(ledger).synced) == 3


def test_refused_credential_is_named_without_it(tracker):
    """The message says what is expected; neither it nor the ledger has the token."""
    ledger = many(2)
    tracker.fake.faults.append(  # a system that repeats the credential in what it says
        lambda request: Answer(
            401,
            {
                "message": request.headers["authorization"],
                "errorMessages": [request.headers["authorization"]],
            },
        )
    )
    (failure,) = tracker.sync(ledger).failures
    assert "401" in failure
    assert "token" in failure
    assert tracker.fake.requests[0].headers["authorization"].split()[1] not in failure
    assert "Secr3t" not in failure


@pytest.mark.parametrize(
    ("system", "method", "right"),
    [
        pytest.param("github", "POST", "Issues: read and write", id="open an issue of GitHub"),
        pytest.param("github", "PATCH", "Issues: read and write", id="update it"),
        pytest.param("jira", "POST", "Create Issues", id="open an issue of Jira"),
        pytest.param("jira", "PUT", "Edit Issues", id="edit it"),
    ],
)
def test_missing_right_is_named(request, system, method, right):
    """403 ends the sync: the next finding would be refused as well."""
    tracker, ledger = request.getfixturevalue(system), many(3)
    if method != "POST":
        tracker.sync(ledger)
        for item in ledger.items:
            ledger.put(replace(item, next_step="Another step."))

    def refuse(received):
        is_meant = received.method == method and "/search" not in received.path
        return Answer(403, {"message": "no", "errorMessages": ["no"]}) if is_meant else None

    tracker.fake.faults.append(refuse)
    result = tracker.sync(ledger)
    (failure,) = result.failures
    assert right in failure
    assert result.waiting == 2


def test_system_that_does_not_answer_in_time_is_asked_again_and_then_left(tracker):
    """Reading is repeated; three attempts end the sync, and nothing is noted."""
    ledger = many(1)
    tracker.fake.fail(Answer(dropped=True), times=3)
    result = tracker.sync(ledger)
    assert len(result.failures) == 1
    assert len(tracker.fake.requests) == 3
    assert len(tracker.sync(ledger).synced) == 1


def test_opening_that_got_no_answer_is_looked_for_before_it_is_sent_again(tracker):
    """It was carried out, and the answer was lost: there is one ticket in the end."""
    ledger = many(1)

    def is_opening(request):
        is_meant = request.method == "POST" and request.path.endswith(("/issues", "/issue"))
        return Answer(dropped=True) if is_meant and not tracker.fake.issues else None

    tracker.fake.faults.append(is_opening)
    result = tracker.sync(ledger)
    assert "whether it was done is unknown" in result.failures[0]
    assert (tracker.open, ledger.acts) == (1, [])
    assert [synced.step for synced in tracker.sync(ledger).synced] == [Step.OPEN]
    assert (tracker.open, len(ledger.acts)) == (1, 1)


def test_too_many_requests_are_waited_for(tracker):
    """As long as the system asks for, and no attempt is lost by it."""
    ledger = many(1)
    tracker.fake.fail(Answer(429, {"message": "slow down"}, {"Retry-After": "7"}), times=4)
    assert len(tracker.sync(ledger).synced) == 1
    assert tracker.waits.count(7.0) == 4


def test_slow_system_does_not_keep_a_run_from_ending(tracker):
    """After ten minutes the rest is left to the next sync."""
    ledger = many(6)
    ledger.pace = timedelta(minutes=3)
    result = tracker.sync(ledger)
    assert (len(result.synced), result.waiting) == (2, 4)
    assert "it took 10 minutes; the next sync goes on" in result.failures[0]
    ledger.pace = timedelta(seconds=1)
    assert len(tracker.sync(ledger).synced) == 4


def test_long_wait_is_left_to_the_next_sync(tracker):
    """A run does not hang for an hour: what is left is counted."""
    ledger = many(3)
    opened = TicketRules(system="ops", max_changes=1)
    tracker.sync(ledger, opened)
    tracker.fake.fail(Answer(429, {}, {"Retry-After": "3600"}))
    result = tracker.sync(ledger)
    assert "wait 3600 s; what is left is done in the next sync" in result.failures[0]
    assert len(tracker.sync(ledger).synced) == 2


@pytest.mark.parametrize(
    ("system", "created"),
    [
        pytest.param("jira", {"key": "../../admin"}, id="a key that is a path"),
        pytest.param("jira", {"key": "OPS-1\u001b[31m"}, id="a key that steers a terminal"),
        pytest.param("jira", [], id="no object"),
        pytest.param(
            "github",
            {
                "number": 1,
                "state": "open",
                "html_url": "javascript:alert(1)",
                "repository_url": "https://api.github.com/repos/acme/ops",
            },
            id="an address that runs something",
        ),
        pytest.param(
            "github",
            {
                "number": 1,
                "state": "open",
                "html_url": "https://github.com/acme/ops/issues/1",
                "repository_url": "https://api.github.com/repos/../x",
            },
            id="a repository that is a path",
        ),
    ],
)
def test_answer_that_names_no_ticket_is_not_noted(request, system, created):
    """What is noted is shown to people, linked in reports, and sent in paths."""
    tracker, ledger = request.getfixturevalue(system), many(1)
    tracker.fake.fail(Answer(201, created), method="POST", part="/issue")
    result = tracker.sync(ledger)
    assert len(result.failures) == 1
    assert ledger.acts == []


def test_body_without_an_end_is_not_read(tracker):
    """A system that sends gigabytes is no reason to have them."""
    ledger = many(1)
    tracker.fake.fail(Answer(200, text="[" + " " * (5 * 1024 * 1024) + "]"))
    (failure,) = tracker.sync(ledger).failures
    assert "larger than" in failure


def test_same_mistake_of_the_settings_is_sent_three_times_at_most(tracker):
    """A field that the system refuses is refused of every finding: it is said once."""
    ledger = many(20)

    def refuse(request):
        is_meant = request.method == "POST" and request.path.endswith(("/issues", "/issue"))
        return Answer(422, {"message": "Validation Failed"}) if is_meant else None

    tracker.fake.faults.append(refuse)
    result = tracker.sync(ledger)
    assert len(result.failures) == 3
    assert result.waiting == 17
    assert len(tracker.fake.changes) == 3


def test_what_one_finding_is_refused_keeps_no_other(tracker):
    """Another mistake, another finding: both are told, and the rest is opened."""
    ledger = many(3)
    tracker.fake.fail(Answer(422, {"message": "Validation Failed"}), method="POST", part="/issue")
    result = tracker.sync(ledger)
    assert (len(result.failures), len(result.synced)) == (1, 2)


def test_bounds_are_finite():
    """Nothing that a ticket system controls is without a bound."""
    bounds = ExchangeBounds()
    assert bounds.attempts * (bounds.max_seconds + bounds.connect_timeout) < 300
