"""A timeline: every gap can be seen, what was not looked at is never drawn as covered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evidence.window import Window
from ccm_core.report.charts.timeline import MOST, timeline
from ccm_core.sdk.report_figures import Lane, Timeline, TimelineGap

SINCE = datetime(2026, 5, 1, tzinfo=UTC)
NOW = SINCE + timedelta(days=30)
WHOLE = Window(SINCE, SINCE + timedelta(days=40))


def days(start, end):
    """A window between two days of the period."""
    return Window(SINCE + timedelta(days=start), SINCE + timedelta(days=end))


def lane(title="One", gaps=(), known=(WHOLE,), group=""):
    """One lane with gaps between days."""
    return Lane(
        title=title,
        group=group,
        observed=tuple(known),
        gaps=tuple(TimelineGap(window=days(*gap), title="why") for gap in gaps),
    )


def drawn(*lanes):
    """Lay lanes out."""
    given_ = Timeline(title="T", about="A.", window=WHOLE, lanes=lanes)
    return timeline(given_, NOW)


def test_where_things_stand():
    """Blocks, the evaluation and the words of one lane."""
    found = drawn(lane(gaps=[(10, 12)]))
    (one,) = found.lanes
    assert [(block.tone, block.start, block.width) for block in one.blocks] == [
        ("pass", 0, 100),
        ("fail", 25, 5),
    ]
    assert (one.said, one.tone, found.now) == ("1 gap, 2 d", "fail", 75)
    assert found.counted == "1 of 1 has a gap"


@pytest.mark.parametrize(
    ("known", "said", "tone", "blocks"),
    [
        pytest.param((), "not known", "insufficient", [], id="nothing"),
        pytest.param((days(0, 30),), "no gap", "pass", [(0, 75)], id="the past alone"),
        pytest.param((days(-9, 90),), "no gap", "pass", [(0, 100)], id="more than is shown"),
        pytest.param((days(50, 60),), "not known", "insufficient", [], id="another time"),
    ],
)
def test_what_is_not_known_is_not_covered(known, said, tone, blocks):
    """Only what was looked at is drawn; the ground below says that the rest is not known."""
    (one,) = drawn(lane(known=known)).lanes
    assert (one.said, one.tone) == (said, tone)
    assert [(block.start, block.width) for block in one.blocks] == blocks


def test_a_gap_of_seconds_can_be_seen():
    """It is drawn wider than it is, at the end of the period too, and never outside."""
    short = timedelta(seconds=3)
    for since in (SINCE, WHOLE.until - short):
        gap = TimelineGap(window=Window(since, since + short))
        (one,) = drawn(Lane(title="x", observed=(WHOLE,), gaps=(gap,))).lanes
        block = one.blocks[-1]
        assert block.width >= 0.3
        assert 0 <= block.start <= block.start + block.width <= 100
        assert one.said == "1 gap, 3 s"


def test_what_lacks_most_comes_first_and_groups_stay_together():
    """A group stands where its worst lane does; then what is not known; then names."""
    found = drawn(
        lane("Level 1", group="B"),
        lane("Level 2", gaps=[(1, 3)], group="B"),
        lane("Level 1", gaps=[(1, 9)], group="C"),
        lane("Level 1", group="D"),
        lane("Level 1", known=(), group="E"),
    )
    assert [(one.group, one.title) for one in found.lanes] == [
        ("C", "Level 1"),
        ("B", "Level 1"),
        ("B", "Level 2"),
        ("E", "Level 1"),
        ("D", "Level 1"),
    ]
    assert found.counted == "2 of 5 have a gap, 1 not known"


def test_a_long_list_says_what_it_leaves_out():
    """Nothing is left out silently, and all lanes are counted."""
    found = drawn(*(lane(f"Schedule {n}") for n in range(2_000)))
    assert (len(found.lanes), found.left_out) == (MOST, 2_000 - MOST)
    assert found.counted == "0 of 2,000 have a gap"


@pytest.mark.parametrize(
    "second", [pytest.param((2, 4), id="overlapping"), pytest.param((3, 4), id="touching")]
)
def test_a_gap_of_two_reasons_is_counted_once(second):
    """Both stand in the list, and their time is not added up twice."""
    (one,) = drawn(lane(gaps=[(1, 3), second])).lanes
    assert (one.said, one.missing, len(one.gaps)) == ("1 gap, 3 d", 3 * 86_400, 2)


@given(st.integers(1, 4_000))
def test_ticks_are_few_and_inside(length):
    """A period of any length has at most nine ticks, all of them inside."""
    window = Window(SINCE, SINCE + timedelta(days=length))
    found = timeline(Timeline(title="T", about="", window=window, lanes=()), NOW)
    assert len(found.ticks) <= 11
    assert all(0 <= tick.at < 100 for tick in found.ticks)
