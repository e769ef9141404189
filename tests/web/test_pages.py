"""What the pages say, and what is done on them."""

from __future__ import annotations

import re
from html import unescape

import pytest

FINDING = re.compile(r'href="/findings/([a-z0-9]+-[a-z0-9]+)"')
PAGES = (
    "/",
    "/findings",
    "/findings?state=all&severity=high&overdue=yes&older_than=1d",
    "/checks",
    "/checks/pagerduty_no_incident_is_open_and_overdue",
    "/frameworks",
    "/frameworks/soc2",
    "/sections",
    "/sections/pagerduty-demo/pagerduty.coverage",
    "/changes",
    "/evidence",
    "/evidence/pagerduty-demo/pagerduty.service",
    "/ledger",
    "/activity",
    "/settings",
)


@pytest.fixture
def browser(console):
    """Somebody who is signed in."""
    return console.signed_in()


def first_finding(browser) -> str:
    """Return the id of the most urgent finding."""
    return FINDING.search(browser.get("/findings").text)[1]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_something_and_stays_small(browser, path):
    """Every page, without anything inline that the policy forbids."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    assert "<h1>" in answer.text
    assert len(answer.content) < 500_000
    assert "style=" not in answer.text  # the policy forbids it
    assert "<script>" not in answer.text


def test_the_overview_says_what_the_command_line_says(browser, demo_settings, capsys):
    """Nothing is counted anew."""
    from ccm_core.cli.main import main

    main(["-c", str(demo_settings), "report", "--format", "markdown"])
    headline = re.search(r"(\d+ passed, \d+ failed)", capsys.readouterr().out)[1]
    said = re.sub(r"<[^>]+>", "", browser.get("/").text)
    assert headline in said


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/findings?severity=terrible", 400, "expected one of"),
        ("/findings?older_than=soon", 400, "older_than"),
        ("/findings/zzzzzz-zzzz", 400, "no finding"),
        ("/checks/none", 404, "no check"),
        ("/results/nope", 400, "no result"),
        ("/frameworks/none", 400, "none"),
        ("/sections/pagerduty-demo/none", 404, "no section"),
        ("/evidence/other/pagerduty.service", 404, "no pagerduty.service"),
        ("/evidence/pagerduty-demo/pagerduty.service/record?key=..%2F..%2Fetc", 404, "ever stored"),
        ("/changes?since=yesterday", 400, "expected a day"),
        ("/changes?since=2999-01-01", 400, "before"),
        ("/changes?kind=none", 400, "none"),
        ("/changes?until=9999-12-31", 400, "expected a day from"),
        ("/changes?until=0001-01-01", 400, "expected a day from"),
        ("/nope", 404, "no such page"),
        ("/static/..%2f..%2fetc/passwd", 404, "no such"),
    ],
)
def test_what_is_not_there_is_said(browser, path, status, words):
    """What was got, and what was expected; never a traceback."""
    answer = browser.get(path)
    assert answer.status_code == status
    assert words in unescape(answer.text)


def test_a_finding_is_assigned_acknowledged_and_commented_on(browser):
    """The same acts as those of the command line, in its history."""
    name = first_finding(browser)
    for verb, more in (("acknowledge", {}), ("comment", {"text": "<b>bold</b> & more"})):
        answer = browser.send("/findings/act", finding=name, verb=verb, **more)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(f"/findings/{name}")
    page = browser.get(f"/findings/{name}").text
    assert "acknowledged it" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_what_somebody_else_did_meanwhile_is_not_overwritten(browser):
    """Two tabs: the second is told, and keeps what was typed."""
    name = first_finding(browser)
    browser.send("/findings/act", finding=name, verb="comment", text="first", revision="0")
    answer = browser.send("/findings/act", finding=name, verb="comment", text="late", revision="0")
    assert answer.status_code == 400
    assert "late" in answer.text  # what was typed is not lost
    assert "late" not in browser.get(f"/findings/{name}").text


@pytest.mark.parametrize("revision", ["-1", "abc", "", "9" * 5000, "1.0"])
def test_a_revision_that_is_none_does_nothing(browser, revision):
    """It cannot be used to go past what somebody else did."""
    name = first_finding(browser)
    answer = browser.send(
        "/findings/act", finding=name, verb="comment", text="late", revision=revision
    )
    assert answer.status_code == 400
    assert "expected the one that the page shows" in answer.text


def test_an_act_without_a_finding_or_a_verb_says_what_is_missing(browser):
    """Nothing is done then."""
    assert "at least one finding" in browser.send("/findings/act", verb="comment").text
    assert "what to do" in browser.send("/findings/act", finding="x", verb="delete").text


def test_the_selected_findings_are_downloaded_and_that_is_noted(browser):
    """A download is an entry of the activity log."""
    answer = browser.get("/findings.csv?severity=high")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert "findings.csv" in browser.get("/activity").text


def test_a_trace_leads_to_the_record_and_the_record_to_its_download(browser):
    """From a finding down to the bytes."""
    page = browser.get(f"/findings/{first_finding(browser)}").text
    trace = browser.get(re.search(r'href="(/results/[^"]+)"', page)[1]).text
    assert "Conditions" in trace
    record = re.search(r'href="(/evidence/[^"]+/record\?key=[^"]+)"', trace)[1]
    shown = browser.get(unescape(record)).text
    download = re.search(r'href="(/evidence/[^"]+/download\?[^"]+)"', shown)[1]
    assert browser.get(unescape(download)).headers["content-type"] == "application/json"


def test_damage_is_said_and_no_number_is_shown(browser, demo_settings):
    """Integrity, never numbers."""
    import sqlite3

    with sqlite3.connect(demo_settings.parent / "ccm.db") as database:
        database.execute("UPDATE evaluation SET document = x'00'")
    database.close()
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "Integrity" in answer.text
    assert "passed" not in answer.text


def test_settings_with_a_mistake_are_named_with_their_place(browser, demo_settings):
    """File, line and column, and no traceback."""
    demo_settings.write_text(demo_settings.read_text() + "\nnonsense: [\n")
    answer = browser.get("/")
    assert answer.status_code >= 400
    assert "ccm.yaml:" in answer.text
    assert "Traceback" not in answer.text


def test_a_store_that_is_gone_is_no_evidence_and_no_number(browser, demo_settings):
    """Nobody is signed in to it either."""
    (demo_settings.parent / "ccm.db").unlink()
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "No evidence yet" in answer.text
