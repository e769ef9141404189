"""A timeline: every gap can be seen, what was not looked at is never drawn as covered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evidence.window import Window
from ccm_core.report.charts.timeline import MOST, lay_out_timeline
from ccm_core.sdk.report_figures import Lane, Timeline, TimelineGap

SINCE = datetime(2026, 5, 1, tzinfo=UTC)
NOW = SINCE + timedelta(days=30)
WHOLE = Window(SINCE, SINCE + timedelta(days=40))


def days(start, end):
    """Return a window between two days of the period."""
    return Window(SINCE + timedelta(days=start), SINCE + timedelta(days=end))


def lane(title="One", gaps=(), known=(WHOLE,), group=""):
    """Return one lane with gaps between days."""
    return Lane(
        title=title,
        group=group,
        observed=tuple(known),
        gaps=tuple(TimelineGap(window=days(*gap), title="why") for gap in gaps),
    )


def drawn(*lanes):
    """Return lanes laid out."""
    figure = Timeline(title="T", about="A.", window=WHOLE, lanes=lanes)
    return lay_out_timeline(figure, NOW)


def test_a_drawn_lanehas_segments_and_a_label():
    """And the timeline has the moment of the evaluation."""
    drawing = drawn(lane(gaps=[(10, 12)]))
    (drawn_lane,) = drawing.lanes
    assert [(part.tone, part.start, part.width) for part in drawn_lane.segments] == [
        ("pass", 0, 100),
        ("fail", 25, 5),
    ]
    assert (drawn_lane.label, drawn_lane.tone, drawing.now) == ("1 gap, 2d", "fail", 75)
    assert drawing.summary == "1 of 1 has a gap"


@pytest.mark.parametrize(
    ("known", "label", "tone", "segments"),
    [
        pytest.param((), "not known", "insufficient", [], id="nothing"),
        pytest.param((days(0, 30),), "no gap", "pass", [(0, 75)], id="the past alone"),
        pytest.param((days(-9, 90),), "no gap", "pass", [(0, 100)], id="more than is shown"),
        pytest.param((days(50, 60),), "not known", "insufficient", [], id="another time"),
    ],
)
def test_what_was_not_observed_is_not_drawn_as_covered(known, label, tone, segments):
    """Only what was observed is drawn; the background shows that the rest is not known."""
    (drawn_lane,) = drawn(lane(known=known)).lanes
    assert (drawn_lane.label, drawn_lane.tone) == (label, tone)
    assert [(part.start, part.width) for part in drawn_lane.segments] == segments


def test_a_gap_of_seconds_is_wide_enough_to_be_seen():
    """It is drawn wider than it is, at the end of the period too, and never outside."""
    short = timedelta(seconds=3)
    for since in (SINCE, WHOLE.until - short):
        gap = TimelineGap(window=Window(since, since + short))
        (drawn_lane,) = drawn(Lane(title="x", observed=(WHOLE,), gaps=(gap,))).lanes
        part = drawn_lane.segments[-1]
        assert part.width >= 0.3
        assert 0 <= part.start <= part.start + part.width <= 100
        assert drawn_lane.label == "1 gap, 3s"


def test_lanes_with_the_longest_gaps_come_first_and_groups_stay_together():
    """A group is ordered by its worst lane; then by what is not known; then by name."""
    drawing = drawn(
        lane("Level 1", group="B"),
        lane("Level 2", gaps=[(1, 3)], group="B"),
        lane("Level 1", gaps=[(1, 9)], group="C"),
        lane("Level 1", group="D"),
        lane("Level 1", known=(), group="E"),
    )
    assert [(drawn_lane.group, drawn_lane.title) for drawn_lane in drawing.lanes] == [
        ("C", "Level 1"),
        ("B", "Level 1"),
        ("B", "Level 2"),
        ("E", "Level 1"),
        ("D", "Level 1"),
    ]
    assert drawing.summary == "2 of 5 have a gap, 1 not known"


def test_a_long_list_of_lanes_counts_what_it_leaves_out():
    """Nothing is left out silently, and all lanes are counted."""
    drawing = drawn(*(lane(f"Schedule {n}") for n in range(2_000)))
    assert (len(drawing.lanes), drawing.left_out) == (MOST, 2_000 - MOST)
    assert drawing.summary == "0 of 2,000 have a gap"


@pytest.mark.parametrize(
    "second", [pytest.param((2, 4), id="overlapping"), pytest.param((3, 4), id="touching")]
)
def test_a_gap_of_two_reasons_is_counted_once(second):
    """Both are listed, and their time is not added up twice."""
    (drawn_lane,) = drawn(lane(gaps=[(1, 3), second])).lanes
    assert (drawn_lane.label, drawn_lane.missing, len(drawn_lane.gaps)) == (
        "1 gap, 3d",
        3 * 86_400,
        2,
    )


@given(st.integers(1, 4_000))
def test_ticks_are_few_and_inside(length):
    """A period of any length has at most nine ticks, all of them inside."""
    window = Window(SINCE, SINCE + timedelta(days=length))
    drawing = lay_out_timeline(Timeline(title="T", about="", window=window, lanes=()), NOW)
    assert len(drawing.ticks) <= 11
    assert all(0 <= tick.start < 100 for tick in drawing.ticks)
