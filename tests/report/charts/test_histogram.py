"""A distribution: percentiles by nearest rank, and nothing that flatters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.report.charts.histogram import MOST, distribution, percentile
from ccm_core.sdk.report_figures import Distribution, MeasureGroup

SECONDS = st.lists(st.floats(0, 1e7), min_size=1, max_size=50)


def drawn(*groups, limit=900.0):
    """Lay groups out."""
    return distribution(Distribution(title="T", about="", groups=groups, limit=limit))


def test_the_numbers_of_a_week():
    """Median, percentiles, the slowest, and the share in time."""
    seconds = tuple(60.0 * minute for minute in range(1, 21))
    (week,) = drawn(MeasureGroup(title="W1", seconds=seconds)).groups
    assert (week.number, week.median, week.p90, week.p95, week.slowest, week.within) == (
        20,
        "10 min",
        "18 min",
        "19 min",
        "20 min",
        "75 %",
    )


def test_what_never_happened_is_slower_than_everything():
    """It counts among the late, and a percentile that falls on it says so."""
    found = drawn(MeasureGroup(title="W1", seconds=(60.0, 120.0), never=2))
    assert (found.whole.median, found.whole.p90, found.whole.within) == ("2 min", "never", "50 %")
    assert found.never == 2


def test_nearly_all_is_not_all():
    """One in ten thousand that was late is no hundred per cent."""
    found = drawn(MeasureGroup(title="W1", seconds=(60.0,) * 9_999 + (1_000.0,)))
    assert found.whole.within == "99.9 %"


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
    """What there is none of has no strip, and everything stays on the axis."""
    found = drawn(group)
    for part in (found.whole.middle, found.whole.wide):
        assert part is None or 0 <= part[0] <= part[1] <= 100
    assert found.whole.within in ("none", "0 %", "100 %")


def test_no_limit_is_no_verdict():
    """Without a limit nothing is said to be in time."""
    found = drawn(MeasureGroup(title="W", seconds=(5.0,)), limit=None)
    assert (found.limit, found.limit_at, found.whole.within) == (None, None, "none")
    assert not any(bar.late for bar in found.bars)


def test_a_long_list_keeps_the_newest():
    """Earlier groups are left out of the list, counted, and still part of all."""
    found = drawn(*(MeasureGroup(title=f"W{n}", seconds=(5.0,)) for n in range(200)))
    assert (len(found.groups), found.left_out, found.whole.number) == (MOST, 200 - MOST, 200)
    assert found.groups[-1].title == "W199"


@given(SECONDS, st.floats(0.01, 1))
def test_percentiles(values, share):
    """At least the share is not above it, and no smaller value would do."""
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-9
    assert sum(value < found for value in ordered) < share * len(ordered)


@given(SECONDS, st.none() | st.floats(1, 1e6))
def test_bars_stay_on_the_page(values, limit):
    """Every bar lies between left and right, the highest is the whole height."""
    found = drawn(MeasureGroup(title="W", seconds=tuple(values)), limit=limit)
    assert max(bar.height for bar in found.bars) == 100
    assert all(bar.start >= 0 and bar.start + bar.width <= 100.01 for bar in found.bars)
    assert found.limit_at is None or (math.isfinite(found.limit_at) and 0 <= found.limit_at <= 100)


def test_groups_in_which_nothing_was_measured_have_no_line():
    """They are named, with how many there the evidence does not tell; the whole counts them."""
    groups = (
        MeasureGroup(title="W1", seconds=()),
        MeasureGroup(title="W2", seconds=(), unknown=2),
        MeasureGroup(title="W3", seconds=(5.0,)),
        MeasureGroup(title="W4", seconds=(), never=1),
    )
    found = drawn(*groups)

    assert [one.title for one in found.groups] == ["W3", "W4"]
    assert (found.empty, found.empty_unknown, found.unknown) == (("W1", "W2"), 2, 2)
