"""What is new to an address: each change once, and nothing in the quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.work_item import WorkState
from ccm_core.notify.decide import difference
from ccm_core.notify.types import (
    Channel,
    DigestTimes,
    NotifyEvent,
    QuietHours,
    RecipientState,
)
from tests.notify.made_items import DAY, NOW, made_condition, made_item

NIGHT = datetime(2026, 5, 6, 23, tzinfo=UTC)
QUIET = QuietHours(since=time(22), until=time(7), timezone=ZoneInfo("UTC"))
EVERYTHING = Channel(name="all", min_severity=Severity.INFORMATIONAL)
SENT_BEFORE = RecipientState(digest_at=NOW)
"""The state of an address that has had its digest of today."""


def after(*conditions, channel=EVERYTHING, now=NOW, state=SENT_BEFORE, findings=None):
    """Return what is new to an address."""
    return difference(now, conditions, state, channel, findings or {})


def keys(conditions):
    """Return the keys of conditions or endings."""
    return [condition.key for condition in conditions]


def test_new_condition_is_sent_once():
    """The second time there is nothing new."""
    first = after(made_condition("a"), made_condition("b"))
    assert keys(first.opened) == ["a", "b"]
    assert after(made_condition("a"), made_condition("b"), state=first.state).is_empty


def test_ended_condition_is_sent_once():
    """And what comes back is news again."""
    sent = after(made_condition("a")).state
    over = after(state=sent)
    assert [(one.heading, one.text) for one in over.ended] == [("Resolved", "a is resolved")]
    assert after(state=over.state).is_empty
    assert keys(after(made_condition("a"), state=over.state).opened) == ["a"]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(
            made_item(title="Pay"),
            ("Handed over", "Pay: Services are owned (now with Payments)"),
            id="open, but of another channel",
        ),
        pytest.param(
            made_item(owners=()),
            ("Handed over", "Checkout: Services are owned (now with nobody in particular)"),
            id="open, and nobody's",
        ),
        pytest.param(
            made_item(state=WorkState.ACCEPTED, accepted_until=NOW + DAY),
            ("Risk accepted", "Checkout: Services are owned (until 2026-05-07)"),
            id="accepted",
        ),
        pytest.param(None, ("No longer followed", "finding f1"), id="not there any more"),
    ],
)
def test_the_end_of_a_finding_says_what_became_of_it(item, expected):
    """What is still open is never called resolved."""
    sent = after(made_condition("finding:f1")).state
    (ending,) = after(state=sent, findings={"f1": item} if item else {}).ended
    assert (ending.heading, ending.text) == expected


@pytest.mark.parametrize(
    ("state", "heading"),
    [
        pytest.param(WorkState.RESOLVED, "Resolved", id="resolved"),
        pytest.param(WorkState.REMOVED, "No longer tested", id="its resource is gone"),
        pytest.param(WorkState.REPLACED, "Continued as another finding", id="replaced"),
    ],
)
def test_a_closed_finding_says_how_it_was_closed(state, heading):
    """A finding that another continues is not resolved."""
    sent = after(made_condition("finding:f1")).state
    closed = made_item(state=state)
    news = after(state=sent, findings={"f1": closed})
    assert [ending.heading for ending in news.ended] == [heading]
    assert news.state.resolved == (1 if heading == "Resolved" else 0)


@pytest.mark.parametrize("state", [WorkState.RESOLVED, WorkState.REMOVED])
def test_an_end_that_a_changed_check_explains_says_so(state):
    """Whoever owns it does not take a loosened limit for a mended resource."""
    sent = after(made_condition("finding:f1")).state
    closed = made_item(state=state, reason="ok (the check was changed: min_levels from 2 to 1)")
    (ending,) = after(state=sent, findings={"f1": closed}).ended
    assert ending.text == (
        "Checkout: Services are owned (the check was changed: min_levels from 2 to 1)"
    )


def test_a_cause_that_splits_is_continued_and_neither_new_nor_resolved():
    """The findings that follow it are sent; of the one that they replace nothing is said."""
    sent = after(made_condition("finding:f1")).state
    parts = [made_condition(f"finding:{name}", follows=("f1",)) for name in ("f2", "f3")]
    news = after(*parts, state=sent)
    assert keys(news.continued) == ["finding:f2", "finding:f3"]
    assert (list(news.opened), list(news.ended)) == ([], [])
    assert after(*parts, state=news.state).is_empty


def test_a_finding_that_becomes_more_severe_is_sent_again():
    """Once for each step up; a step down is no news."""
    sent = after(made_condition("finding:a", severity=Severity.MEDIUM)).state
    worse = after(made_condition("finding:a", severity=Severity.CRITICAL), state=sent)
    assert keys(worse.worse) == ["finding:a"]
    assert after(
        made_condition("finding:a", severity=Severity.CRITICAL), state=worse.state
    ).is_empty
    assert after(made_condition("finding:a", severity=Severity.LOW), state=worse.state).is_empty


def test_what_is_no_longer_overdue_is_not_announced():
    """The finding itself says that it is resolved."""
    overdue = made_condition("finding_overdue:f1", NotifyEvent.FINDING_OVERDUE, resolved_text="")
    assert after(state=after(overdue).state).is_empty


@pytest.mark.parametrize(
    ("wishes", "sent"),
    [
        pytest.param({}, True, id="by default"),
        pytest.param({"min_severity": Severity.CRITICAL}, False, id="not severe enough"),
        pytest.param({"events": frozenset([NotifyEvent.KEY_DUE])}, False, id="not selected"),
        pytest.param({"quiet_hours": QUIET}, False, id="at night"),
        pytest.param(
            {
                "quiet_hours": QuietHours(
                    since=time(22),
                    until=time(7),
                    timezone=ZoneInfo("UTC"),
                    bypass_severity=Severity.HIGH,
                )
            },
            True,
            id="at night, severe enough",
        ),
        pytest.param(
            {
                "quiet_hours": QuietHours(
                    since=time(22), until=time(7), timezone=ZoneInfo("Asia/Tokyo")
                )
            },
            True,
            id="at night, and day where they are",
        ),
    ],
)
def test_channels_select_conditions(wishes, sent):
    """Event, severity and hour decide together."""
    channel = Channel(name="c", **wishes)
    assert bool(after(made_condition("a"), channel=channel, now=NIGHT).opened) is sent


def test_condition_in_quiet_hours_is_sent_afterwards():
    """And what came and went in the night is not sent at all."""
    channel = Channel(name="c", quiet_hours=QUIET)
    night = after(made_condition("stays"), made_condition("goes"), channel=channel, now=NIGHT)
    assert night.is_empty
    morning = after(made_condition("stays"), channel=channel, now=NOW + DAY, state=night.state)
    assert keys(morning.opened) == ["stays"]
    assert not morning.ended


def test_resolved_condition_is_dropped_where_not_selected():
    """It is forgotten all the same, so that its return is news."""
    channel = Channel(name="c", events=frozenset([NotifyEvent.OPENED]))
    sent = after(made_condition("a"), channel=channel).state
    over = after(channel=channel, state=sent)
    assert over.is_empty
    assert not over.state.conditions


BERLIN = DigestTimes(at=time(8), timezone=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("sent_at", "now", "times", "due"),
    [
        pytest.param(None, "2026-05-06T12", BERLIN, True, id="never sent one"),
        pytest.param("2026-05-05T12", "2026-05-06T05", BERLIN, False, id="before the time"),
        pytest.param("2026-05-05T12", "2026-05-06T06", BERLIN, True, id="at the time, in its zone"),
        pytest.param("2026-05-05T12", "2026-05-06T21", BERLIN, True, id="in the first cycle after"),
        pytest.param("2026-05-06T06", "2026-05-06T21", BERLIN, False, id="already sent"),
        pytest.param("2026-05-08T07", "2026-05-10T12", BERLIN, False, id="on a Sunday"),
        pytest.param("2026-05-08T07", "2026-05-11T07", BERLIN, True, id="on Monday again"),
        pytest.param(
            "2026-04-08T07",
            "2026-05-06T12",
            DigestTimes(weekdays=frozenset()),
            False,
            id="on no day",
        ),
        pytest.param(
            "2029-01-01T00", "2026-05-06T12", BERLIN, True, id="sent while the clock was ahead"
        ),
    ],
)
def test_digests_are_due_once_a_day(sent_at, now, times, due):
    """At their time, on their days, in their zone."""
    at, sent = (text and datetime.fromisoformat(f"{text}:00+00:00") for text in (now, sent_at))
    news = after(
        channel=Channel(name="c", digest=times), now=at, state=RecipientState(digest_at=sent)
    )
    assert news.is_digest is due


def test_no_digest_in_the_quiet_hours():
    """It is sent when they have ended."""
    channel = Channel(name="c", quiet_hours=QUIET)
    assert not after(channel=channel, now=NIGHT, state=RecipientState()).is_digest


KEYS = st.sets(st.sampled_from("abcdef"))
MOMENTS = st.sampled_from([NOW, NIGHT])


@given(st.lists(st.tuples(KEYS, MOMENTS, st.booleans()), max_size=12))
def test_notifications_are_neither_repeated_nor_lost(history):
    """Through nights and failed sendings: what was sent and not ended is what holds at noon."""
    channel = Channel(name="c", quiet_hours=QUIET)
    sent, believed = RecipientState(), set()
    for names, moment, is_sent in [*history, (set("ab"), NOW, True)]:
        conditions = [made_condition(name) for name in sorted(names)]
        news = after(*conditions, channel=channel, now=moment, state=sent)
        if not is_sent:
            continue
        opened, ended = set(keys(news.opened)), set(keys(news.ended))
        assert not opened & believed, "sent twice"
        assert ended <= believed, "ended without having been sent"
        believed = (believed | opened) - ended
        sent = news.state
        assert after(*conditions, channel=channel, now=moment, state=sent).is_empty
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


def test_what_waits_for_the_end_of_the_quiet_hours_is_counted():
    """What is new, worse or over; what a channel does not want waits for nothing."""
    channel = Channel(name="all", quiet_hours=QUIET)
    state = after(made_condition("a"), channel=channel).state
    night = after(made_condition("b"), made_condition("c"), channel=channel, now=NIGHT, state=state)
    assert (night.is_empty, night.waiting) == (True, 3)
    deaf = Channel(name="all", quiet_hours=QUIET, events=frozenset())
    assert after(made_condition("b"), channel=deaf, now=NIGHT, state=state).waiting == 0
    assert after(made_condition("a"), channel=channel, now=NIGHT, state=state).waiting == 0


@pytest.mark.parametrize(
    ("now", "end"),
    [
        pytest.param(NIGHT, NIGHT + timedelta(hours=8), id="the next morning"),
        pytest.param(NIGHT + timedelta(hours=2), NIGHT + timedelta(hours=8), id="after midnight"),
    ],
)
def test_quiet_hours_end_in_the_morning(now, end):
    """Of the day that follows, or of the same one."""
    assert QUIET.contains(now)
    assert QUIET.end(now) == end
