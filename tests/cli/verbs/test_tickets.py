"""``ccm tickets``, and `run` with tickets: from settings to a ticket system on loopback."""

from __future__ import annotations

import pytest
from ticket_fakes.github import TOKEN, FakeGitHub
from ticket_fakes.server import Answer

SYSTEM = """\
tickets:
  - name: ops
    system: github
    base_url: "{url}"
    repository: acme/ops
    auth: {{token: "env:GITHUB_TOKEN"}}
    when: {{min_severity: low}}
    max_changes: {most}
"""


@pytest.fixture
def github(monkeypatch):
    """A repository, and its token in the environment."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with FakeGitHub() as fake:
        yield fake
        assert fake.wrong == []


@pytest.fixture
def ticketed(folder, github):
    """Let the settings of the folder name the repository."""

    def name(most=2):
        text = (folder / "ccm.yaml").read_text().split("tickets:")[0]
        (folder / "ccm.yaml").write_text(text + SYSTEM.format(url=github.url, most=most))

    return name


def test_run_opens_the_most_severe_and_says_what_is_left(ccm, connected, ticketed, github):
    """The next run goes on; the evaluation's exit code stays."""
    ticketed(1)
    ran = ccm("run")
    assert (ran.code, len(github.open_issues)) == (1, 1)
    assert "more tickets are left for the next sync" in ran.err
    assert ccm("run").code == 1
    assert len(github.open_issues) == 2


def test_run_stands_where_the_ticket_system_is_down(ccm, connected, ticketed, github):
    """What was collected and evaluated is kept, the failure is said, the next sync does it."""
    ticketed()
    github.fail(Answer(401, {"message": "Bad credentials"}))
    ran = ccm("run")
    assert ran.code == 1
    assert "tickets ops: GET" in ran.err
    assert "the token is not valid" in ran.err
    assert github.open_issues == []
    assert ccm("tickets", "sync").code == 0
    assert len(github.open_issues) == 2


def test_dry_run_sends_nothing_and_needs_no_secret(ccm, evaluated, ticketed, github, monkeypatch):
    """It prints what would be done."""
    ticketed()
    monkeypatch.delenv("GITHUB_TOKEN")
    ran = ccm("tickets", "sync", "--dry-run")
    assert (ran.code, github.requests) == (0, [])
    assert ran.out.count("ops: would open a ticket for finding ") == 2
    assert ccm("tickets", "list").err.startswith("no tickets")


def test_sync_tells_what_it_did_and_list_links_it(ccm, evaluated, ticketed, github):
    """Finding and ticket name each other; JSON for programs."""
    ticketed()
    ran = ccm("tickets", "sync")
    assert ran.code == 0
    assert ran.out.count("ops: opened acme/ops#") == 2
    listed = ccm("tickets", "list", "--output", "json").json["tickets"]
    assert {ticket["state"] for ticket in listed} == {"open"}
    first = min(listed, key=lambda ticket: ticket["key"])
    assert first["url"] == "https://github.com/acme/ops/issues/1"
    assert first["finding"] in github.issues[1]["body"]
    assert first["url"] in ccm("findings", "show", first["finding"]).out
    assert "acme/ops#1" in ccm("tickets", "list", "ops").out
    verified = ccm("verify")
    assert verified.code in {0, 3}
    assert "no change was found" in verified.out


def test_check_tests_address_and_token_and_changes_nothing(ccm, connected, ticketed, github):
    """Whoever sets it up sees whether it works, before anything is opened."""
    ticketed()
    assert ccm("tickets", "check").out == "ops: OK, 0 open in acme/ops\n"
    github.fail(Answer(404, {"message": "Not Found"}))
    ran = ccm("tickets", "check", "ops")
    assert (ran.code, "the token may not see it" in ran.out) == (4, True)
    assert github.changes == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("opps",), 'unknown ticket system "opps"; did you mean "ops"?', id="unknown"),
        pytest.param((), "GITHUB_TOKEN is not set", id="no token"),
    ],
)
def test_mistakes_of_the_caller_are_told(ccm, evaluated, ticketed, monkeypatch, arguments, words):
    """What was got, and what is expected."""
    ticketed()
    monkeypatch.delenv("GITHUB_TOKEN")
    ran = ccm("tickets", "sync", *arguments)
    assert ran.code != 0
    assert words in ran.out + ran.err


def test_settings_without_tickets_are_told(ccm, evaluated):
    """A sync has nowhere to go then."""
    ran = ccm("tickets", "sync")
    assert (ran.code, "has no `tickets`; add a system" in ran.err) == (2, True)


def test_two_syncs_of_one_store_do_not_run_at_once(ccm, evaluated, ticketed, folder, github):
    """Both would open the same tickets: the second one is told to wait."""
    from ccm_core.store.sqlite.run_lock import lock_connection

    ticketed()
    with lock_connection(folder / "ccm.db", "@tickets"):
        ran = ccm("tickets", "sync")
    assert (ran.code, github.requests) == (2, [])
    assert "another ccm syncs the tickets of this store" in ran.err


def test_neither_evidence_nor_tokens_leave_the_house(ccm, connected, ticketed, github, folder):
    """No name of a person, no address, no secret is in any request or in the store."""
    ticketed(100)
    ccm("run")
    sent = str([(request.path, request.body) for request in github.requests])
    people = [text for user in connected.account.users.values() for text in (user.email,)]
    assert not [text for text in (connected.api_key, TOKEN, *people) if text in sent]
    assert TOKEN.encode() not in (folder / "ccm.db").read_bytes()
