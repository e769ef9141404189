"""Who is told what: changes only, each of them once, and nobody in the quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evaluation.rule import Severity
from ccm_core.notify.decide import MAX_LINES, decide
from ccm_core.notify.types import (
    Condition,
    NotifyEvent,
    NotifyPreferences,
    QuietHours,
    RecipientState,
)

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
NIGHT = datetime(2026, 5, 6, 23, tzinfo=UTC)
QUIET = QuietHours(since=time(22), until=time(7), timezone=ZoneInfo("UTC"))
EVERYTHING = NotifyPreferences(min_severity=Severity.INFORMATIONAL)


def so(key, event=NotifyEvent.OPENED, severity=Severity.HIGH):
    """One condition."""
    return Condition(
        key=key,
        event=event,
        severity=severity,
        text=f"{key} fails",
        resolved_text=f"{key} is resolved",
    )


def test_new_condition_is_sent_once():
    """The second time there is nothing to say."""
    first = decide(NOON, [so("a"), so("b")], RecipientState(), EVERYTHING)
    assert first.message.title == "ccm: 2 opened"
    assert first.message.lines == ("Opened:", "- high: a fails", "- high: b fails")
    assert decide(NOON, [so("a"), so("b")], first.state, EVERYTHING).message is None


def test_resolved_condition_is_sent_once():
    """And what comes back is news again."""
    told = decide(NOON, [so("a")], RecipientState(), EVERYTHING).state
    over = decide(NOON, [], told, EVERYTHING)
    assert (over.message.title, over.message.lines) == (
        "ccm: 1 resolved",
        ("Resolved:", "- a is resolved"),
    )
    assert decide(NOON, [], over.state, EVERYTHING).message is None
    assert decide(NOON, [so("a")], over.state, EVERYTHING).message.title == "ccm: 1 opened"


def test_message_sections_are_ordered():
    """Failures first, the most severe at the top, then what is open, due, overdue and over."""
    told = decide(NOON, [so("removed")], RecipientState(), EVERYTHING).state
    now = [
        so("overdue", NotifyEvent.OVERDUE),
        so("key", NotifyEvent.KEY_DUE),
        so("blind", NotifyEvent.INSUFFICIENT, Severity.LOW),
        so("low", severity=Severity.LOW),
        so("worst", severity=Severity.CRITICAL),
    ]
    message = decide(NOON, now, told, EVERYTHING).message
    assert (
        message.title
        == "ccm: 2 opened, 1 inconclusive, 1 credential rotation due, 1 overdue, 1 resolved"
    )
    assert message.lines == (
        "Opened:",
        "- critical: worst fails",
        "- low: low fails",
        "Inconclusive:",
        "- low: blind fails",
        "Credential rotation due:",
        "- high: key fails",
        "Overdue:",
        "- high: overdue fails",
        "Resolved:",
        "- removed is resolved",
    )


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        pytest.param(NotifyPreferences(), True, id="as it comes"),
        pytest.param(
            NotifyPreferences(min_severity=Severity.CRITICAL), False, id="not severe enough"
        ),
        pytest.param(
            NotifyPreferences(events=frozenset([NotifyEvent.KEY_DUE])), False, id="not asked for"
        ),
        pytest.param(NotifyPreferences(quiet_hours=QUIET), False, id="at night"),
        pytest.param(
            NotifyPreferences(
                quiet_hours=QuietHours(
                    since=time(22),
                    until=time(7),
                    timezone=ZoneInfo("UTC"),
                    bypass_severity=Severity.HIGH,
                )
            ),
            True,
            id="at night, severe enough",
        ),
        pytest.param(
            NotifyPreferences(
                quiet_hours=QuietHours(
                    since=time(22), until=time(7), timezone=ZoneInfo("Asia/Tokyo")
                )
            ),
            True,
            id="at night, and day where they are",
        ),
    ],
)
def test_preferences_select_conditions(wishes, told):
    """Occasion, severity and hour decide together."""
    assert (decide(NIGHT, [so("a")], RecipientState(), wishes).message is not None) is told


def test_condition_in_quiet_hours_is_sent_afterwards():
    """And what came and went in the night is not told at all."""
    wishes = NotifyPreferences(quiet_hours=QUIET)
    night = decide(NIGHT, [so("stays"), so("goes")], RecipientState(), wishes)
    assert night.message is None
    morning = decide(NOON, [so("stays")], night.state, wishes)
    assert morning.message.lines == ("Opened:", "- high: stays fails")


def test_resolved_condition_is_dropped_where_not_selected():
    """It is forgotten all the same, so that its return is news."""
    wishes = NotifyPreferences(events=frozenset([NotifyEvent.OPENED]))
    told = decide(NOON, [so("a")], RecipientState(), wishes).state
    over = decide(NOON, [], told, wishes)
    assert over.message is None
    assert over.state == RecipientState()


def test_long_message_states_what_it_leaves_out():
    """A thousand new failures are one short message."""
    many = [so(f"k{n:04}") for n in range(1_000)]
    message = decide(NOON, many, RecipientState(), EVERYTHING).message
    assert len(message.lines) == MAX_LINES + 2
    assert message.lines[-1] == f"- and {1_000 - MAX_LINES} more"


def test_message_line_has_no_line_break():
    """Whatever an object is called, it stays on its line and has an end."""
    from dataclasses import replace

    name = replace(so("a"), text="x\n- forged\n" + "y" * 900)
    (_, line) = decide(NOON, [name], RecipientState(), EVERYTHING).message.lines
    assert "\n" not in line
    assert len(line) < 260


KEYS = st.sets(st.sampled_from("abcdef"))
MOMENTS = st.sampled_from([NOON, NIGHT])


@given(st.lists(st.tuples(KEYS, MOMENTS, st.booleans()), max_size=12))
def test_notifications_are_neither_repeated_nor_lost(history):
    """Through nights and failed sendings: what was told and not ended is what is so at noon."""
    wishes = NotifyPreferences(quiet_hours=QUIET)
    told, believed = RecipientState(), set()
    for keys, moment, sent in [*history, (set("ab"), NOON, True)]:
        decision = decide(moment, [so(key) for key in sorted(keys)], told, wishes)
        if not sent:
            continue
        for line in decision.message.lines if decision.message else ():
            if line.endswith(" fails"):
                key = line.removesuffix(" fails")[-1]
                assert key not in believed, "told twice"
                believed.add(key)
            elif line.endswith(" is resolved"):
                key = line.removesuffix(" is resolved")[-1]
                assert key in believed, "told to be over without having been told of"
                believed.remove(key)
        told = decision.state
    assert believed == set("ab")


@pytest.mark.parametrize(
    ("since", "until", "hour", "held"),
    [
        pytest.param(22, 7, 23, True, id="before midnight"),
        pytest.param(22, 7, 6, True, id="after midnight"),
        pytest.param(22, 7, 7, False, id="the end is not in it"),
        pytest.param(22, 7, 22, True, id="the beginning is"),
        pytest.param(12, 14, 13, True, id="at noon"),
        pytest.param(12, 14, 23, False, id="at night"),
    ],
)
def test_quiet_hours_may_cross_midnight(since, until, hour, held):
    """They may go past midnight."""
    quiet = QuietHours(since=time(since), until=time(until), timezone=ZoneInfo("UTC"))
    assert quiet.contains(datetime(2026, 5, 6, hour, tzinfo=UTC)) is held
