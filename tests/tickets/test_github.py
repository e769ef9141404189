"""What is particular to GitHub: labels that are dropped, limits, transfers, Enterprise Server."""

from __future__ import annotations

import pytest
from ticket_fakes.findings import FindingLedger, work_item
from ticket_fakes.github import TOKEN, FakeGitHub
from ticket_fakes.server import Answer

from ccm_core.errors import UsageError
from ccm_core.sdk.secret import Secret
from ccm_core.tickets.content import draft_of
from ccm_core.tickets.github import GitHubTickets
from ccm_core.tickets.reply import ExchangeBounds
from ccm_core.tickets.types import Step, TicketRules


def test_issue_says_who_does_what_by_when(github):
    """Title, labels and description have what somebody needs to act, and the marker."""
    github.sync(FindingLedger(work_item()))
    (issue,) = github.fake.issues.values()
    assert issue["title"] == "[critical] Every service reaches somebody: Checkout"
    body = issue["body"].replace("\\", "").replace("\u200b", "")
    for text in (
        "**Resource:** [Checkout (acme.service S1)](<https://acme.example/s/S1>)",
        "**Owner:** Payments",
        "**Due:** 2026-05-07",
        "**Open since:** 2026-05-04 12:00 UTC",
        "**Controls:** iso-27001:A.5.24, soc2:CC7.3",
        "**Next step:** [Put somebody on the level.](<https://docs.example/levels>)",
        "aaaaaa-bbbbbbbbbb",
        "<!-- ccm-finding: aaaaaa-bbbbbbbbbb -->",
    ):
        assert text in body


def test_dropped_labels_are_told_and_make_no_second_issue(github):
    """A token without the right to label: what was opened is known, and the right is asked for."""
    github.fake.drops_labels = True
    ledger = FindingLedger(work_item())
    result = github.sync(ledger)
    assert "its labels were dropped" in result.failures[0]
    assert github.sync(ledger).synced == ()
    assert github.open == 1


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        pytest.param(
            Answer(
                403,
                {"message": "API rate limit exceeded"},
                {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000030"},
            ),
            30.0,
            id="limit of an hour, until a moment",
        ),
        pytest.param(
            Answer(403, {"message": "You have exceeded a secondary rate limit."}),
            60.0,
            id="secondary limit without a time",
        ),
        pytest.param(
            Answer(403, {"message": "secondary rate limit"}, {"Retry-After": "5"}),
            5.0,
            id="secondary limit with a time",
        ),
    ],
)
def test_limits_of_github_are_waited_for(github, answer, wait):
    """They come as 403, which is no missing right then."""
    ledger = FindingLedger(work_item())
    github.fake.fail(answer, method="POST", part="/issues")
    assert len(github.sync(ledger).synced) == 1
    assert github.waits == [wait]
    assert github.open == 1


def test_transferred_issue_is_followed(github):
    """It has another repository and number now; the finding keeps it."""
    ledger = FindingLedger(work_item())
    github.sync(ledger)
    github.fake.issues.clear()
    github.fake.moved[1] = f"{github.fake.url}/repos/acme/other/issues/7"
    (synced,) = github.sync(ledger).synced
    assert (synced.step, synced.ticket.key) == (Step.UPDATE, "acme/other#7")
    assert github.fake.requests[-1].path == "/repos/acme/other/issues/7"
    assert github.sync(ledger).synced == ()


def test_issue_that_moved_to_another_host_is_not_followed(github):
    """The credential would go along."""
    ledger = FindingLedger(work_item())
    github.sync(ledger)
    github.fake.issues.clear()
    github.fake.moved[1] = "https://evil.example/repos/acme/other/issues/7"
    (failure,) = github.sync(ledger).failures
    assert "redirects to evil.example" in failure


def test_pull_requests_are_no_tickets(github):
    """GitHub lists them as issues."""
    ledger = FindingLedger(work_item())
    github.sync(ledger)
    github.fake.issues[1]["pull_request"] = {"url": "https://api.github.com/pulls/1"}
    assert [synced.step for synced in github.sync(FindingLedger(work_item())).synced] == [Step.OPEN]
    assert len(github.fake.issues) == 2


def test_disabled_issues_and_unknown_repositories_are_told(github):
    """Nothing is taken as lost: the list itself is refused."""
    ledger = FindingLedger(work_item())
    github.sync(ledger)
    for status, words in ((410, "issues are disabled"), (404, "may not see it")):
        github.fake.fail(Answer(status, {"message": "Gone"}), method="GET")
        (failure,) = github.sync(ledger).failures
        assert words in failure
    assert ledger.kinds() == ["ticket_opened"]


def test_hundreds_of_issues_are_listed_page_by_page(github):
    """A ticket of the third page is found, too."""
    rules = TicketRules(system="ops", max_changes=1000)
    items = [work_item(f"aaaaaa-{number:010}") for number in range(205)]
    ledger = FindingLedger(*items)
    github.sync(ledger, rules)
    anew = FindingLedger(*items)
    assert len(github.sync(anew, rules).synced) == 205
    assert len(github.fake.issues) == 205


def test_enterprise_server_has_its_api_under_a_path():
    """Its address is written with the path."""
    with FakeGitHub(prefix="/api/v3") as fake:
        client = GitHubTickets(
            system="ops",
            base_url=fake.url,
            repository="acme/ops",
            token=Secret(TOKEN),
            user_agent="ccm/1",
        )
        assert client.open_tickets() == {}
        client.disconnect()
        assert fake.wrong == []


def test_token_is_never_sent_in_the_clear():
    """Plain http is for loopback alone."""
    with pytest.raises(UsageError, match="neither https nor http on loopback"):
        GitHubTickets(
            system="ops",
            base_url="http://github.example",
            repository="acme/ops",
            token=Secret(TOKEN),
            user_agent="ccm/1",
        )


def test_changes_keep_the_pace_that_github_asks_for(github):
    """A second between two changes; reading is not held back."""
    waits: list[float] = []
    client = GitHubTickets(
        system="ops",
        base_url=github.fake.url,
        repository="acme/ops",
        token=Secret(TOKEN),
        user_agent="ccm/1",
        bounds=ExchangeBounds(pace=1.0),
        sleep=waits.append,
    )
    rules = TicketRules(system="ops")
    for number in range(3):
        client.open(draft_of(work_item(f"aaaaaa-{number:010}"), rules))
        client.open_tickets()
    client.disconnect()
    assert waits == [1.0, 1.0]
