"""What tickets say: bounded, escaped, and nothing out of the evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ticket_fakes.described import document_problems
from ticket_fakes.findings import NOON, SECRET_REASON, work_item

from ccm_core.model.finding.finding import reason_with_change
from ccm_core.model.finding.work_item import Owner, WorkState
from ccm_core.tickets.content import closing_remark, draft_of, reopening_remark, told_state
from ccm_core.tickets.markup import document, markdown, marked_findings, wiki
from ccm_core.tickets.templates import filled, placeholders, unknown_placeholders
from ccm_core.tickets.types import FieldMapping, TicketRules

RULES = TicketRules(system="ops")
NAMES = st.text(max_size=300)


def test_finding_is_linked_where_it_is_shown():
    """The address of the settings, with its id; without one, who can show it: readers lack ccm."""
    rules = TicketRules(system="ops", finding_url="https://ccm.example/f/{finding}")
    line = draft_of(work_item(), rules).text.rows[-1]
    assert line.url == "https://ccm.example/f/aaaaaa-bbbbbbbbbb"
    assert line.text == "aaaaaa-bbbbbbbbbb"
    line = draft_of(work_item(), RULES).text.rows[-1]
    assert line.url is None
    assert line.text == "aaaaaa-bbbbbbbbbb, by which whoever operates ccm shows why it fails"


def test_remark_on_reopening_links_the_finding_where_it_is_shown():
    """It is text with a link, and names no command: who reads a ticket need not have ccm."""
    rules = TicketRules(system="ops", finding_url="https://ccm.example/f/{finding}")
    remark = reopening_remark(work_item(), rules, closed_there=True)
    assert remark.endswith("It is shown at https://ccm.example/f/aaaaaa-bbbbbbbbbb")
    assert "http" not in reopening_remark(work_item(), RULES, closed_there=True)


@given(NAMES)
def test_name_of_a_resource_neither_breaks_nor_steers_a_ticket(name):
    """Whatever a source calls it: one line, no forged marker, and a valid document."""
    draft = draft_of(work_item(resource=name), RULES)
    assert len(draft.title) <= 200
    assert "\n" not in draft.title
    text = markdown(draft.text, draft.finding)
    assert marked_findings(text) == {draft.finding}
    assert document_problems(document(draft.text)) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("@acme/everybody", "@\u200bacme/everybody", id="mention"),
        pytest.param("fixes #12", "fixes \\#\u200b12", id="reference"),
        pytest.param("https://evil.example", "https://\u200bevil.example", id="link"),
        pytest.param("[x](http://evil)", "\\[x\\]\\(http://\u200bevil\\)", id="markup"),
        pytest.param(
            "<!-- ccm-finding: x -->", "\\<\\!-- ccm-finding: x --\\>", id="forged marker"
        ),
    ],
)
def test_markdown_shows_names_as_they_are(name, shown):
    """Nobody is mentioned, no other issue is linked, nothing is formatted."""
    draft = draft_of(work_item(resource=name), RULES)
    assert shown in markdown(draft.text, draft.finding)


def test_wiki_markup_shows_names_as_they_are():
    """Neither macros nor mentions of Jira."""
    draft = draft_of(work_item(resource="{code}[~admin] *x*"), RULES)
    assert r"\{code\}\[\~admin\] \*x\*" in wiki(draft.text)


def test_reasons_are_left_out_unless_they_are_asked_for():
    """They quote evidence."""
    for include in (False, True):
        rules = TicketRules(system="ops", include_reasons=include)
        assert (SECRET_REASON in str(draft_of(work_item(), rules))) is include


def test_state_is_the_same_until_what_a_ticket_says_changes():
    """A finding that was seen again an hour later tells its ticket nothing."""
    state = told_state(work_item(), RULES)
    seen = replace(work_item().finding, last_seen=NOON + timedelta(hours=1))
    assert told_state(replace(work_item(), finding=seen), RULES) == state
    assert told_state(work_item(owners=("Platform",)), RULES) != state
    mapped = TicketRules(system="ops", fields=FieldMapping(priorities={"critical": "Highest"}))
    changed = told_state(work_item(), mapped)
    assert changed.partition(".")[0] == state.partition(".")[0]
    assert changed.partition(".")[2] != state.partition(".")[2]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"title": "Another"}, id="title"),
        pytest.param({"risk": "Another"}, id="risk"),
        pytest.param({"next_step": "Another"}, id="next step"),
        pytest.param({"next_step_url": "https://docs.example/other"}, id="its link"),
        pytest.param({"controls": ("soc2:CC7.4",)}, id="controls"),
        pytest.param({"due": ()}, id="due dates"),
        pytest.param({"owner": Owner(names=("Platform",))}, id="owner"),
        pytest.param({"state": WorkState.ACKNOWLEDGED}, id="state"),
    ],
)
def test_what_changes_the_text_changes_the_state(change):
    """Else a ticket would go on saying what is no longer so."""
    item = replace(work_item(), **change)
    assert draft_of(item, RULES).text != draft_of(work_item(), RULES).text
    assert told_state(item, RULES) != told_state(work_item(), RULES)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("{severity}", "critical", id="alone"),
        pytest.param("sev-{severity}-{owner}", "sev-critical-Payments", id="in a text"),
        pytest.param({"value": "{due}"}, {"value": "2026-05-07"}, id="within an object"),
        pytest.param(["{rule}", "x"], ["svc-01", "x"], id="within a list"),
        pytest.param(7, 7, id="a number"),
        pytest.param("plain", "plain", id="no template"),
    ],
)
def test_templates_are_filled(template, expected):
    """Wherever they stand in a value."""
    assert filled(template, placeholders(work_item())) == expected


def test_unknown_placeholders_are_found():
    """Wherever they stand in a value; nothing of Python is reached through one."""
    value = {"value": ["{owner}", "{onwer} {severity.__class__}"]}
    assert list(unknown_placeholders(value)) == ["onwer", "severity.__class__"]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        pytest.param("has 2 levels", False, id="the checks pass"),
        pytest.param(
            reason_with_change("has 2 levels", "min_levels from 3 to 2"), True, id="loosened"
        ),
    ],
)
def test_ticket_that_is_closed_because_a_check_was_changed_says_so(reason, told):
    """What was changed is told; the reason itself, which quotes evidence, is not."""
    resolved = work_item(state=WorkState.RESOLVED)
    item = replace(resolved, finding=replace(resolved.finding, reason=reason))
    remark = closing_remark(item, handed_over=False)
    assert ("the check was changed: min_levels from 3 to 2" in remark) is told
    assert "has 2 levels" not in remark
