"""A distribution: percentiles by nearest rank, and nothing that flatters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.report.charts.histogram import MOST, lay_out_histogram
from ccm_core.report.content.measures import group_statistics, percentile
from ccm_core.sdk.report_figures import Distribution, MeasureGroup

SECONDS = st.lists(st.floats(0, 1e7), min_size=1, max_size=50)


def drawn(*groups, limit=900.0):
    """Return groups laid out."""
    return lay_out_histogram(Distribution(title="T", about="", groups=groups, limit=limit))


def test_a_group_has_median_percentiles_slowest_and_share_within_the_limit():
    """By nearest rank."""
    seconds = tuple(60.0 * minute for minute in range(1, 21))
    (week,) = drawn(MeasureGroup(title="W1", seconds=seconds)).groups
    assert (week.number, week.median, week.p90, week.p95, week.slowest, week.within) == (
        20,
        "10m",
        "18m",
        "19m",
        "20m",
        "75 %",
    )


def test_never_counts_as_slower_than_every_limit():
    """And a percentile that falls on it is never."""
    drawing = drawn(MeasureGroup(title="W1", seconds=(60.0, 120.0), never=2))
    assert (drawing.total.median, drawing.total.p90, drawing.total.within) == (
        "2m",
        "never",
        "50 %",
    )
    assert drawing.never == 2


def test_a_share_within_the_limit_is_rounded_down():
    """One in ten thousand that was late is not 100 %."""
    drawing = drawn(MeasureGroup(title="W1", seconds=(60.0,) * 9_999 + (1_000.0,)))
    assert drawing.total.within == "99.9 %"


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(MeasureGroup(title="W", seconds=()), id="nothing"),
        pytest.param(MeasureGroup(title="W", seconds=(), unknown=3), id="nothing known"),
        pytest.param(MeasureGroup(title="W", seconds=(), never=3), id="never"),
        pytest.param(MeasureGroup(title="W", seconds=(0.0,)), id="at once"),
        pytest.param(MeasureGroup(title="W", seconds=(900.0,)), id="exactly in time"),
    ],
)
def test_every_group_can_be_drawn(group):
    """A group without measurements has no strip; everything is on the axis."""
    drawing = drawn(group)
    for part in (drawing.total.middle, drawing.total.spread):
        assert part is None or 0 <= part[0] <= part[1] <= 100
    assert drawing.total.within in ("none", "0 %", "100 %")


def test_a_distribution_without_a_limit_has_no_late_bars():
    """And no share within it."""
    drawing = drawn(MeasureGroup(title="W", seconds=(5.0,)), limit=None)
    assert (drawing.limit, drawing.limit_at, drawing.total.within) == (None, None, "none")
    assert not any(bar.late for bar in drawing.bars)


def test_a_long_list_of_groups_keeps_the_newest():
    """Earlier groups are left out of the list, counted, and still part of the total."""
    drawing = drawn(*(MeasureGroup(title=f"W{n}", seconds=(5.0,)) for n in range(200)))
    assert (len(drawing.groups), drawing.left_out, drawing.total.number) == (MOST, 200 - MOST, 200)
    assert drawing.groups[-1].title == "W199"


@given(SECONDS, st.floats(0.01, 1))
def test_a_percentile_is_the_smallest_limitwith_its_share(values, share):
    """At least the share is not above it, and no smaller value would do."""
    ordered = sorted(values)
    limit = percentile(ordered, share)
    assert sum(value <= limit for value in ordered) >= share * len(ordered) - 1e-9
    assert sum(value < limit for value in ordered) < share * len(ordered)


@given(SECONDS, st.none() | st.floats(1, 1e6))
def test_bars_of_the_histogram_are_on_the_page(values, limit):
    """Every bar lies between left and right, the highest is the whole height."""
    drawing = drawn(MeasureGroup(title="W", seconds=tuple(values)), limit=limit)
    assert max(bar.height for bar in drawing.bars) == 100
    assert all(bar.start >= 0 and bar.start + bar.width <= 100.01 for bar in drawing.bars)
    assert drawing.limit_at is None or (
        math.isfinite(drawing.limit_at) and 0 <= drawing.limit_at <= 100
    )


def test_groups_without_measurements_have_no_line():
    """They are named, with how many could not be measured; the total counts them."""
    groups = (
        MeasureGroup(title="W1", seconds=()),
        MeasureGroup(title="W2", seconds=(), unknown=2),
        MeasureGroup(title="W3", seconds=(5.0,)),
        MeasureGroup(title="W4", seconds=(), never=1),
    )
    drawing = drawn(*groups)

    assert [group.title for group in drawing.groups] == ["W3", "W4"]
    assert (drawing.empty, drawing.empty_unknown, drawing.unknown) == (("W1", "W2"), 2, 2)


def stated(*groups):
    """Return the statistics of groups."""
    return [*group_statistics(Distribution(title="T", about="", groups=groups, limit=900.0))]


def test_the_mean_is_of_what_happened_and_the_median_of_all():
    """What never happened has no length, and is late all the same."""
    (month,) = stated(MeasureGroup(title="M", seconds=(60.0, 120.0, 180.0), never=1))
    assert (month.number, month.mean, month.median, month.within) == (4, 120, 120, 0.75)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        pytest.param({}, {}, 60, id="both whole"),
        pytest.param({"incomplete": "x"}, {}, None, id="the first is not whole"),
        pytest.param({}, {"incomplete": "x"}, None, id="the second is not whole"),
        pytest.param({"seconds": ()}, {}, None, id="nothing in the first"),
        pytest.param({}, {"seconds": (), "never": 1}, None, id="the second never"),
    ],
)
def test_a_group_is_compared_with_the_one_before_where_both_are_whole(before, after, change):
    """Three days of a month are no month."""
    first = MeasureGroup(**{"title": "M1", "seconds": (60.0,)} | before)
    second = MeasureGroup(**{"title": "M2", "seconds": (120.0,)} | after)
    assert [group.change for group in stated(first, second)] == [None, change]
    layout = drawn(first, second)
    assert layout.compared is (change is not None)
