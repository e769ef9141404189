"""The algebra of windows, held against plain sets of seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.views.intervals import (
    complement,
    split_at,
    whole_seconds,
)
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.sdk.intervals import Window, union

EPOCH = datetime(2026, 10, 24, 22, tzinfo=UTC)
DAY = Window(EPOCH, EPOCH + timedelta(seconds=60))


def at(second):
    """Return an instant."""
    return EPOCH + timedelta(seconds=second)


def window(since, until):
    """Return a window in seconds from the epoch of these tests."""
    return Window(at(since), at(until))


def covered(windows):
    """List the seconds that windows cover: the plain model of what they mean."""
    return {
        second
        for window in windows
        for second in range(
            int((window.since - EPOCH).total_seconds()), int((window.until - EPOCH).total_seconds())
        )
    }


second = st.integers(min_value=-20, max_value=80)
windows = st.lists(
    st.tuples(second, second).map(lambda pair: window(min(pair), max(pair))), max_size=8
)


@given(windows)
def test_complement_and_covered_windows_make_up_the_whole(windows):
    """A window is its covered part and its gaps, and the two share no second."""
    gaps = complement(DAY, windows)
    assert covered(gaps) == covered([DAY]) - covered(windows)
    assert gaps == union(gaps)


@given(windows)
def test_the_complement_of_the_complement_is_what_was_covered(windows):
    """Taking the gaps of the gaps gives the covered part back."""
    again = complement(DAY, complement(DAY, windows))
    assert covered(again) == covered(windows) & covered([DAY])


@given(windows, st.lists(second, max_size=5))
def test_split_at_changes_no_second_and_spans_no_instant(windows, marks):
    """Cut pieces cover the same seconds, and none reaches across a mark."""
    pieces = split_at(windows, [at(mark) for mark in marks])
    assert union(pieces) == union(windows)
    assert not any(piece.since < at(mark) < piece.until for piece in pieces for mark in marks)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        pytest.param(0, 10, (0, 10), id="already whole"),
        pytest.param(0.4, 10.9, (1, 10), id="fractions at both ends are left off"),
        pytest.param(0.2, 0.9, None, id="not one whole second"),
    ],
)
def test_whole_seconds_rounds_inward(since, until, expected):
    """A period is never longer than what was looked at."""
    assert whole_seconds(window(since, until)) == (expected and window(*expected))
