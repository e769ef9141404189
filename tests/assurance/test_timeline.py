"""The timeline says of every moment what the engine said then, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.assurance.timeline import events, snapshots
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.sufficiency import standing
from ccm_core.sdk.types import Shape

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CADENCE = 4 * MINUTE
LOOKBACK = 15 * MINUTE
END = 60
FALLS = {
    "whole": (),
    "some": (Shortfall(reason=Reason.TRUNCATED, detail="cut", subjects=("acme.door:D1",)),),
    "any": (Shortfall(reason=Reason.DENIED, detail="403"),),
}
OUTCOMES = {"whole": Outcome.COMPLETE, "some": Outcome.PARTIAL, "any": Outcome.UNAVAILABLE}


def at(minutes):
    """Give a moment in minutes after the start."""
    return START + minutes * MINUTE


def collection(number, ended, how, window=None):
    """Give a collection that ended at a minute."""
    return Collection(
        id=f"c{number:03}",
        run="r",
        connection="hq",
        kind="acme.door",
        version=1,
        window=window,
        started_at=at(ended) - MINUTE,
        ended_at=at(ended),
        outcome=OUTCOMES[how],
        shortfalls=FALLS[how],
    )


ENDS = st.lists(st.tuples(st.integers(0, END), st.sampled_from(sorted(FALLS))), max_size=12).map(
    sorted
)
WINDOWS = st.lists(
    st.tuples(
        st.integers(0, END),
        st.sampled_from(["whole", "whole", "whole", "some", "any"]),
        st.one_of(st.none(), st.tuples(st.integers(-30, END), st.integers(0, 30))),
    ),
    max_size=12,
).map(lambda found: sorted(found, key=lambda one: one[0]))


def assert_agree(pieces, collections, shape, *, refreshed=False):
    """Hold each half minute of the timeline against the engine's own word for that moment."""
    pieces = list(pieces)
    assert all(one.window.until == two.window.since for one, two in pairwise(pieces))
    for half in range(2 * END + 8):
        now = START + half * MINUTE / 2 + MINUTE / 4
        (piece,) = [one for one in pieces if now in one.window]
        said = standing(
            [one for one in collections if one.ended_at <= now],
            kind="acme.door",
            shape=shape,
            cadence=CADENCE,
            period=Window(now - LOOKBACK, now + MINUTE),
            now=now,
            connection="hq",
            refreshed=refreshed,
        )
        assert (said.problem is None) == (piece.why is None), (now, said.problem, piece)
        if said.problem is None:
            assert set(said.subjects) <= piece.subjects


@given(ENDS)
def test_a_snapshot_kind_stands_while_its_newest_collection_is_whole_and_young(ends):
    """For any sequence of collections, at every moment."""
    collections = [collection(n, ended, how) for n, (ended, how) in enumerate(ends)]
    assert_agree(snapshots(collections, 2 * CADENCE), collections, Shape.SNAPSHOT)


@given(WINDOWS, st.booleans())
def test_an_event_kind_stands_while_its_whole_lookback_is_known(found, refreshed):
    """For any sequence of windows and refreshes, overlapping or not, at every moment."""
    collections = [
        collection(n, ended, how, window and Window(at(window[0]), at(window[0] + window[1])))
        for n, (ended, how, window) in enumerate(found)
    ]
    pieces = events(collections, 2 * CADENCE, LOOKBACK, refreshed=refreshed)
    assert_agree(pieces, collections, Shape.EVENT, refreshed=refreshed)


@pytest.mark.parametrize("make", [snapshots, lambda c, a: events(c, a, LOOKBACK, refreshed=False)])
def test_nothing_collected_is_one_piece_without_end(make):
    """It never was sufficient, and never will be by itself."""
    (piece,) = make([], CADENCE)
    assert piece.why == "it had not been collected yet"
