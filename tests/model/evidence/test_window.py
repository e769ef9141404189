"""Windows: the algebra that says what was covered and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evidence.window import Window, cover, split_window, subtract, union

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: int) -> datetime:
    """Give the instant so many seconds after the start."""
    return START + timedelta(seconds=second)


def window(since: int, until: int) -> Window:
    """Make a window out of seconds."""
    return Window(at(since), at(until))


windows = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 50)).map(lambda p: window(p[0], p[0] + p[1])),
    max_size=8,
)


def instants(some) -> set[int]:
    """Give the whole seconds that windows hold, the slow and obvious way."""
    return {second for second in range(260) for window in some if at(second) in window}


@given(windows)
def test_a_union_holds_what_any_of_them_holds(some):
    """The union is disjoint, in order, never touching, and holds the same instants."""
    merged = union(some)
    assert instants(merged) == instants(some)
    assert all(a.until < b.since for a, b in pairwise(merged))


@given(windows, windows)
def test_what_is_subtracted_is_gone_and_nothing_else(whole, covered):
    """The rest holds exactly the instants that are in the whole and in no cover."""
    assert instants(subtract(whole, covered)) == instants(whole) - instants(covered)


@given(windows, windows)
def test_the_rest_and_the_cover_make_the_whole(whole, covered):
    """Subtracting loses no instant."""
    rest = subtract(whole, covered)
    assert union([*rest, *covered]) == union([*whole, *covered])


@given(windows, windows)
def test_windows_cover_one_after_the_other_what_they_cover_together(known, added):
    """Each one gives what those before it left, and what is covered stays a union."""
    covered = [*union(known)]
    for place, addition in enumerate(added):
        before = union([*known, *added[:place]])
        assert cover(covered, addition) == subtract([addition], before)
        assert tuple(covered) == union([*before, addition])


@given(st.integers(1, 100_000), st.integers(1, 5_000), st.integers(0, 999_999))
def test_pieces_fill_the_window_with_edges_on_whole_seconds(length, longest, micro):
    """No piece is longer than asked, none is lost, inner edges have no fraction."""
    since = START.replace(microsecond=micro)
    whole = Window(since, since + timedelta(seconds=length))
    parts = split_window(whole, timedelta(seconds=longest))
    assert parts[0].since == whole.since
    assert parts[-1].until == whole.until
    assert all(a.until == b.since for a, b in pairwise(parts))
    assert all(edge.since.microsecond == 0 for edge in parts[1:])
    if longest > 1:
        assert all(part.length <= timedelta(seconds=longest) for part in parts)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        pytest.param(at(5), at(4), id="ends before it begins"),
        pytest.param(datetime(2026, 1, 1), at(4), id="no zone"),  # noqa: DTZ001 - on purpose
    ],
)
def test_an_impossible_window_is_refused(since, until):
    """A window is aware and goes forward."""
    with pytest.raises(ValueError, match="a window"):
        Window(since, until)
