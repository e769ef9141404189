"""What messages say: news with owner, due date and next step, and digests that sum up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.act import Ticket
from ccm_core.model.finding.work_item import WorkState
from ccm_core.notify.compose import decision
from ccm_core.notify.decide import difference
from ccm_core.notify.entries import MessageOptions
from ccm_core.notify.rendering.text import render_text
from ccm_core.notify.sections import MAX_ENTRIES
from ccm_core.notify.types import Channel, DigestTimes, NotifyEvent, RecipientState
from tests.notify.made_items import DAY, NOW, SECRET, made_condition, made_item

CHANNEL = Channel(name="c", owners=("Payments",), min_severity=Severity.INFORMATIONAL)
SENT_BEFORE = RecipientState(digest_at=NOW)


def of_item(item, event=NotifyEvent.OPENED):
    """Make the condition that a finding is there."""
    finding = item.finding
    return made_condition(
        f"finding:{finding.id}", event, Severity(finding.severity), item=item, owners=("Payments",)
    )


def decided(*conditions, state=SENT_BEFORE, channel=CHANNEL, now=NOW, findings=None, **options):
    """Decide for one address."""
    news = difference(now, conditions, state, channel, findings or {})
    return decision(now, conditions, news, channel, MessageOptions(**options))


def text_of(*conditions, **more):
    """Return title and text of the message."""
    message = decided(*conditions, **more).message
    return f"{message.title}\n{render_text(message)}"


def test_a_new_finding_says_who_does_what_by_when():
    """With links, and the command that shows the rest."""
    item = made_item(
        due=3,
        severity="critical",
        tickets=(Ticket(system="jira", key="OPS-1", url="https://jira.example/OPS-1"),),
    )
    assert text_of(of_item(item)) == dedent(
        """\
        ccm: 1 opened
        New (1):
        - critical: Checkout
            Fails: Services are owned
            Source: acme
            Owner: Payments
            Due: 2026-05-09 (in 3d)
            Open since: 2026-04-26
            Next step: Add a second person to level 2.
            Ticket: OPS-1 https://jira.example/OPS-1
            Link: https://acme.example.com/services/P1
            ccm findings show f1"""
    )


@pytest.mark.parametrize(
    ("item", "line"),
    [
        pytest.param(made_item(due=-2), "Due: 2026-05-04 (2d overdue)", id="overdue"),
        pytest.param(made_item(due=-1 / 288), "(5m overdue)", id="overdue by minutes"),
        pytest.param(made_item(due=-1 / 24), "(1h overdue)", id="overdue by an hour"),
        pytest.param(made_item(), "Due: no due date", id="no due date"),
        pytest.param(made_item(owners=()), "Owner: nobody", id="nobody's"),
        pytest.param(
            made_item(state=WorkState.INCONCLUSIVE), "State: inconclusive", id="inconclusive"
        ),
        pytest.param(
            made_item(state=WorkState.ACKNOWLEDGED), "State: acknowledged", id="acknowledged"
        ),
    ],
)
def test_facts_of_a_finding(item, line):
    """Each in its line."""
    assert line in text_of(of_item(item))


def test_reasons_are_sent_where_the_settings_ask_for_them():
    """They quote the evidence, which then leaves for the service."""
    assert SECRET not in text_of(of_item(made_item()))
    assert f"Reason: {SECRET}" in text_of(of_item(made_item()), include_reasons=True)


def test_messages_link_to_what_the_settings_name():
    """To the finding instead of the resource, and to the report."""
    text = text_of(
        of_item(made_item()),
        report_url="https://ccm.example/r.html",
        finding_url="https://ccm.example/f/{finding}",
    )
    assert "Link: https://ccm.example/f/f1" in text
    assert "Source: acme https://acme.example.com/services/P1" in text
    assert text.endswith("Full report: https://ccm.example/r.html")


def test_a_message_has_a_section_for_each_event():
    """What is new first, what is over last."""
    sent = decided(made_condition("gone")).state
    text = text_of(
        of_item(made_item("f1")),
        of_item(made_item("f2", opened=2), NotifyEvent.REOPENED),
        made_condition("o", NotifyEvent.FINDING_OVERDUE, item=made_item("f3", due=-1)),
        made_condition("ask", NotifyEvent.ACCEPTANCE_ASKED),
        made_condition("end", NotifyEvent.ACCEPTANCE_ENDING),
        made_condition("blind", NotifyEvent.INCONCLUSIVE),
        made_condition("key", NotifyEvent.KEY_DUE),
        made_condition("late", NotifyEvent.EVIDENCE_OVERDUE),
        state=sent,
    )
    lines = text.splitlines()
    assert lines[0] == (
        "ccm: 1 opened, 1 reopened, 1 overdue, 1 to approve, 1 acceptance ending, 1 inconclusive, "
        "1 credential rotation due, 1 evidence overdue, 1 resolved"
    )
    assert [line for line in lines if line.endswith("(1):")] == [
        "New (1):",
        "Reopened (1):",
        "Overdue (1):",
        "Approval needed (1):",
        "Risk acceptance ends soon (1):",
        "Inconclusive: insufficient evidence (1):",
        "Credential rotation due (1):",
        "Evidence overdue (1):",
        "Resolved (1):",
    ]


def many_findings():
    """Make 325 findings of two checks, twelve of them overdue, the most severe first."""
    severities = ["critical"] * 3 + ["high"] * 22 + ["low"] * 300
    return [
        of_item(
            made_item(
                f"f{number:03}",
                severity=severity,
                rule="r1" if number % 5 else "r2",
                check="Services are owned" if number % 5 else "Levels reach somebody",
                title=f"Service {number}",
                due=-1 - number if number < 12 else 3 if number < 20 else 30,
            )
        )
        for number, severity in enumerate(severities)
    ]


def test_the_first_message_sums_up():
    """Counts, checks and the most urgent: 325 findings are one page."""
    text = text_of(*many_findings(), state=RecipientState())
    lines = text.splitlines()
    assert lines[:3] == [
        "ccm: 325 open findings, 12 overdue",
        "325 open findings: 3 critical, 22 high, 300 low",
        "12 overdue, 8 due within 7 days, 0 acknowledged, 0 without an owner",
    ]
    assert "- 260 of: Services are owned" in lines
    assert "Longest overdue (12):" in lines
    assert lines[lines.index("Longest overdue (12):") + 1].endswith("Service 11")
    assert "- and 315 more: ccm findings list --owner Payments" in lines
    assert "- and 2 more: ccm findings list --owner Payments --overdue" in lines
    assert len(lines) < 250


def test_the_digest_of_the_morning_counts_what_happened_since_the_last():
    """And lists what is new in it, so that nothing is sent twice."""
    old, new = of_item(made_item("f1")), of_item(made_item("f2", title="Pay"))
    state = decided(old, made_condition("gone"), state=RecipientState()).state
    assert decided(old, made_condition("gone"), state=state).message is None
    state = decided(old, state=state, now=NOW + DAY / 24).state
    text = text_of(old, new, state=state, now=NOW + DAY)
    assert "ccm: 2 open findings" in text
    assert "Since the last digest: 1 opened or reopened, 1 resolved" in text
    assert "New (1):\n- high: Pay" in text
    after = decided(old, new, state=state, now=NOW + DAY).state
    assert (after.opened, after.resolved, after.digest_at) == (0, 0, NOW + DAY)
    assert decided(old, new, state=after, now=NOW + DAY).message is None


@pytest.mark.parametrize(
    ("state", "send_empty", "title"),
    [
        pytest.param(RecipientState(), False, None, id="never sent anything"),
        pytest.param(RecipientState(digest_at=NOW - DAY), False, None, id="as yesterday"),
        pytest.param(
            RecipientState(digest_at=NOW - DAY), True, "ccm: no open findings", id="asked for"
        ),
        pytest.param(
            RecipientState(digest_at=NOW - DAY, resolved=2),
            False,
            "ccm: no open findings",
            id="the last ones were resolved",
        ),
    ],
)
def test_nothing_is_sent_where_there_is_nothing_to_report(state, send_empty, title):
    """Unless the settings ask for it."""
    channel = replace(CHANNEL, digest=DigestTimes(send_empty=send_empty))
    message = decided(state=state, channel=channel).message
    assert (message and message.title) == title


def test_a_digest_has_what_the_channel_wants_alone():
    """By severity; what it was sent as more severe is not in it either."""
    channel = replace(CHANNEL, min_severity=Severity.HIGH)
    low = of_item(made_item("f2", severity="low"))
    text = text_of(of_item(made_item("f1")), low, channel=channel, state=RecipientState())
    assert text.startswith("ccm: 1 open finding\n1 open finding (high or more severe): 1 high\n")


@pytest.mark.parametrize(
    ("events", "title", "sections"),
    [
        pytest.param(
            {NotifyEvent.FINDING_OVERDUE},
            "ccm: 1 finding, 1 overdue",
            ["Most urgent", "By check", "Longest overdue"],
            id="overdue findings alone",
        ),
        pytest.param(
            {NotifyEvent.ACCEPTANCE_ASKED}, "ccm: 1 to approve", ["Approval needed"], id="approvals"
        ),
    ],
)
def test_a_digest_has_the_events_of_the_channel_alone(events, title, sections):
    """An approver is not informed that there are no open findings."""
    current = (
        of_item(made_item("f1")),
        of_item(made_item("f2", due=-1)),
        made_condition("o", NotifyEvent.FINDING_OVERDUE, item=made_item("f2", due=-1)),
        made_condition("acceptance_asked:RA-1", NotifyEvent.ACCEPTANCE_ASKED),
    )
    channel = replace(CHANNEL, events=frozenset(events))
    message = decided(*current, channel=channel, state=RecipientState()).message
    assert message.title == title
    assert [section.heading for section in message.sections] == sections


def shown(message):
    """Return how many entries each section has."""
    return [len(section.entries) for section in message.sections]


@given(
    st.lists(
        st.tuples(
            st.sets(st.integers(0, 30)),
            st.integers(0, 60),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_no_history_repeats_or_loses_anything(history):
    """Digests included: two cycles without a change send nothing between them."""
    state, now = RecipientState(), NOW
    for names, hours, is_sent in history:
        now += hours * DAY / 24
        conditions: Sequence = [of_item(made_item(f"f{name}")) for name in sorted(names)]
        made = decided(*conditions, state=state, now=now)
        assert made.message is None or max(shown(made.message), default=0) <= MAX_ENTRIES
        if not is_sent:
            assert decided(*conditions, state=state, now=now) == made, "a retry says the same"
            continue
        state = made.state
        assert set(state.conditions) == {condition.key for condition in conditions}
        again = decided(*conditions, state=state, now=now)
        assert (again.message, again.state) == (None, state)
