"""What people read of findings: state, owner, due date, tickets, shares, and how many there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.model.evaluation.result import POPULATION, Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.finding.act import Ticket
from ccm_core.model.finding.finding import finding_of
from ccm_core.model.finding.work_item import DueDate, WorkState
from ccm_core.report.registry import FORMATS

DAY = timedelta(days=1)


@pytest.fixture
def shown(make):
    """Render one failing resource whose finding is as the changes say."""

    def render(form, **changes):
        failure = make.result("Checkout", Status.FAIL, "has no owner", id="aaaaaa-checkout")
        rule = make.rule("owned", "Every service has an owner", "high", [failure])
        item = make.work_item(make.finding(failure), **changes)
        inputs = replace(make.report_input(rule), findings=make.report_findings(item))
        return FORMATS[form].render(inputs).decode()

    return render


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"state": WorkState.OPEN}, ">open</span>", id="open"),
        pytest.param(
            {"state": WorkState.ACCEPTANCE_ASKED}, ">acceptance asked</span>", id="acceptance asked"
        ),
        pytest.param({}, "due 2026-05-08", id="due"),
        pytest.param({"overdue": 2}, "overdue by 2d", id="overdue"),
        pytest.param({"accepted": 20}, "accepted until 2026-05-26", id="accepted"),
        pytest.param({"link": "https://t.example/1"}, 'href="https://t.example/1"', id="ticket"),
        pytest.param({}, ", opened 2 times", id="opened again"),
    ],
)
def test_a_row_and_the_list_have_what_is_known_of_a_finding(shown, make, changes, words):
    """Both draw it from the same item."""
    values = dict(changes)
    if days := values.pop("overdue", None):
        values |= {"due": (DueDate(at=make.now - days * DAY),), "is_overdue": True}
    if days := values.pop("accepted", None):
        until = make.now + days * DAY
        values |= {"state": WorkState.ACCEPTED, "accepted_until": until}
    if link := values.pop("link", None):
        values["tickets"] = (Ticket(system="jira", key="OPS-1", url=link),)
    page = shown("html", **values)
    assert page.count(words) == (1 if "opened" in words else 2)


def test_a_ticket_whose_address_is_a_script_is_no_link(shown):
    """Addresses are those of a ticket system, which anybody may have written."""
    ticket = Ticket(system="jira", key="OPS-1", url="javascript:alert(1)")
    assert "javascript:" not in shown("html", tickets=(ticket,))


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_the_numbers_stand_at_the_top(shown, form):
    """In the same words as under `ccm findings list`."""
    assert "1 finding open (1 high)" in shown(form)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(
            Status.FAIL,
            {
                "html": "counts in the share of <code>{id}</code>",
                "text": "[in the share: {id}]",
                "markdown": "counts in the share of its check: finding {id}",
                "junit": "Failed, and counts in the share of its check: finding {id}",
                "csv": '"{id}","counts in the share"',
            },
            id="share fails",
        ),
        pytest.param(
            Status.PASS,
            {
                "html": "counts in the share</span>",
                "text": "[in the share]",
                "markdown": "counts in the share of its check, which passes",
                "junit": "Failed, and counts in the share of its check, which passes",
                "csv": '"","counts in the share, which passes"',
                "ocsf": '"counts_in_share":true,"due_at":null,"evidence_digests":[],"finding":null',
            },
            id="share passes",
        ),
    ],
)
def test_a_single_failure_under_a_share_says_that_it_counts_in_it(make, share, expected):
    """It is no finding of its own, and is not called untracked."""
    row = make.result("#7", Status.FAIL, "acknowledged late", id="aaaaaa-seven")
    whole = replace(
        make.result("all", share, "90 % in time", id="aaaaaa-share"),
        subject=Subject(kind=POPULATION, key="all", title="all"),
    )
    rule = make.rule("r", "Acknowledged in time", "high", [row, whole], status=Status.FAIL)
    items = [make.work_item(make.finding(whole))] if share is Status.FAIL else []
    inputs = replace(make.report_input(rule), findings=make.report_findings(*items))
    for form, words in expected.items():
        rendered = FORMATS[form].render(inputs).decode()
        assert words.format(id=finding_of(whole)) in " ".join(rendered.split())
        assert "not tracked" not in rendered


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("share", [Status.PASS, Status.INSUFFICIENT])
def test_a_single_failure_under_a_share_that_does_not_fail_names_no_finding(make, form, share):
    """There is none: `ccm findings show` would not know it."""
    row = make.result("#7", Status.FAIL, "acknowledged late", id="aaaaaa-seven")
    whole = replace(
        make.result("all", share, "99 % in time", id="aaaaaa-share"),
        subject=Subject(kind=POPULATION, key="all", title="all"),
    )
    rule = make.rule("r", "Acknowledged in time", "high", [row, whole], status=share)
    inputs = replace(make.report_input(rule), findings=make.report_findings())
    assert finding_of(whole) not in FORMATS[form].render(inputs).decode()


def test_a_page_draws_the_most_urgent_and_names_the_command_for_the_rest(make):
    """Fifty of a thousand; the numbers count all of them."""
    failures = [
        make.result(f"Service {n:04}", Status.FAIL, "has no owner", key=f"P{n:04}", id=f"a-{n:04}")
        for n in range(1000)
    ]
    rule = make.rule("owned", "Every service has an owner", "high", failures)
    items = (make.work_item(make.finding(failure)) for failure in failures)
    inputs = replace(make.report_input(rule), findings=make.report_findings(*items))
    page = FORMATS["html"].render(inputs).decode()
    assert page.count('id="finding-') == 50
    assert "1,000 findings open (1,000 high)" in page
    assert "950 less urgent findings not drawn on this page" in page
    assert "ccm findings export --as-of 2026-05-06T09:00:00Z &gt; findings.csv" in page
