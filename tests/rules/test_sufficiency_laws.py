"""What holds for the standing of any evidence: nothing makes it look better than it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency
from ccm_core.sdk.types import Shape

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = Window(NOW - 10 * HOUR, NOW + timedelta(days=1))
ANY = Shortfall(reason=Reason.DENIED, detail="GET /doors answered 403")
SOME = Shortfall(reason=Reason.TRUNCATED, detail="page 3 is missing", subjects=("acme.door:D1",))


def stands(collections, shape, now=NOW):
    """Ask for the standing of doors, collected every hour."""
    return assess_sufficiency(
        collections,
        kind="acme.door",
        shape=shape,
        cadence=HOUR,
        period=PERIOD,
        now=now,
        connection="hq",
    )


hours = st.integers(0, 15)
falls = st.lists(st.sampled_from([ANY, SOME]), max_size=2).map(tuple)


@st.composite
def collections(draw, outcomes=tuple(Outcome)):
    """Draw collections of doors, with windows and without."""
    collections = []
    for number in range(draw(st.integers(0, 6))):
        start, length = draw(hours), draw(st.integers(1, 8))
        ended = NOW - draw(st.integers(-4, 12)) * HOUR
        collections.append(
            Collection(
                id=f"c{number}",
                run="r",
                connection="hq",
                kind="acme.door",
                version=1,
                window=draw(
                    st.sampled_from(
                        [None, Window(NOW - start * HOUR, NOW - (start - length) * HOUR)]
                    )
                ),
                started_at=ended,
                ended_at=ended,
                outcome=draw(st.sampled_from(outcomes)),
                shortfalls=draw(falls),
            )
        )
    return collections


shapes = st.sampled_from(Shape)


def sufficient(collections):
    """Whether something may rest on the evidence without any reserve."""
    return collections.problem is None and not collections.subjects


@given(
    collections(tuple(outcome for outcome in Outcome if outcome is not Outcome.COMPLETE)), shapes
)
def test_nothing_is_sufficient_without_a_complete_collection(collections, shape):
    """Partial, unavailable and failed collections never add up to evidence without reserve."""
    collections = [
        collection
        if collection.outcome is not Outcome.PARTIAL
        else replace(collection, shortfalls=collection.shortfalls or (ANY,))
        for collection in collections
    ]

    assert not sufficient(stands(collections, shape))


@given(collections(), shapes, st.data())
def test_one_more_shortfall_never_makes_a_kind_sufficient(collections, shape, data):
    """Adding a shortfall to any collection never makes evidence sufficient that was not."""
    if not collections:
        return
    chosen = data.draw(st.integers(0, len(collections) - 1))
    worse = [
        replace(collection, shortfalls=(*collection.shortfalls, ANY))
        if number == chosen
        else collection
        for number, collection in enumerate(collections)
    ]
    before, after = stands(collections, shape), stands(worse, shape)

    assert sufficient(before) or not sufficient(after)
    assert before.problem is None or after.problem is not None


@given(collections(), shapes, st.randoms())
def test_sufficiency_does_not_depend_on_the_order_of_collections(collections, shape, random):
    """The same collections in another order give the same standing."""
    shuffled = list(collections)
    random.shuffle(shuffled)

    assert stands(shuffled, shape) == stands(collections, shape)


@given(collections(), shapes, st.integers(0, 48))
def test_time_never_makes_a_kind_sufficient(collections, shape, later):
    """Evidence without a newer collection only grows older."""
    collections = [collection for collection in collections if collection.ended_at <= NOW]
    before = stands(collections, shape)
    after = stands(collections, shape, now=NOW + later * HOUR)

    assert before.problem is None or after.problem is not None


@given(collections((Outcome.COMPLETE,)))
def test_event_evidence_is_sufficient_only_where_windows_cover_the_period(collections):
    """Without a gap there is, for every instant up to the last reached, a window around it."""
    if stands(collections, Shape.EVENT).problem is not None:
        return
    instants = [NOW - 10 * HOUR + n * HOUR / 2 for n in range(16)]

    assert all(
        any(collection.window and at in collection.window for collection in collections)
        for at in instants
    )
