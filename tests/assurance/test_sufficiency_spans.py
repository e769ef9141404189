"""The timeline states for every moment what an evaluation stated then, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.assurance.sufficiency_spans import event_spans, snapshot_spans
from ccm_core.bundle.verifier import spans as verifier
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency
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
    "lost": (Shortfall(reason=Reason.SOURCE_ERROR, detail="502"),),
    "page": (Shortfall(reason=Reason.SOURCE_ERROR, detail="page 3 was not read"),),
}
OUTCOMES = {
    "whole": Outcome.COMPLETE,
    "some": Outcome.PARTIAL,
    "any": Outcome.UNAVAILABLE,
    "lost": Outcome.FAILED,
    "page": Outcome.PARTIAL,
}


def at(minutes):
    """Return a moment in minutes after the start."""
    return START + minutes * MINUTE


def collection(number, ended, how, window=None):
    """Return a collection that ended at a minute."""
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
        st.sampled_from(["whole", "whole", "whole", "some", "any", "lost", "page"]),
        st.one_of(st.none(), st.tuples(st.integers(-30, END), st.integers(0, 30))),
    ),
    max_size=12,
).map(lambda ends: sorted(ends, key=lambda end: end[0]))


def assert_agree(spans, collections, shape, *, refreshed=False):
    """Compare each half minute of the timeline with the sufficiency of that moment."""
    spans = list(spans)
    assert all(left.window.until == right.window.since for left, right in pairwise(spans))
    for half in range(2 * END + 8):
        now = START + half * MINUTE / 2 + MINUTE / 4
        (span,) = [span for span in spans if now in span.window]
        sufficiency = assess_sufficiency(
            [past for past in collections if past.ended_at <= now],
            kind="acme.door",
            shape=shape,
            cadence=CADENCE,
            period=Window(now - LOOKBACK, now + MINUTE),
            now=now,
            connection="hq",
            refreshed=refreshed,
        )
        assert (sufficiency.problem is None) == (span.problem is None), (
            now,
            sufficiency.problem,
            span,
        )
        if sufficiency.problem is None:
            assert set(sufficiency.subjects) <= span.subjects


@given(ENDS)
def test_a_snapshot_kind_is_sufficient_while_its_newest_collection_is_complete_and_recent(ends):
    """For any sequence of collections, at every moment."""
    collections = [collection(n, ended, how) for n, (ended, how) in enumerate(ends)]
    assert_agree(snapshot_spans(collections, 2 * CADENCE), collections, Shape.SNAPSHOT)


@given(WINDOWS, st.booleans())
def test_an_event_kind_is_sufficient_while_its_whole_lookback_is_known(ends, refreshed):
    """For any sequence of windows and refreshes, overlapping or not, at every moment."""
    collections = [
        collection(n, ended, how, window and Window(at(window[0]), at(window[0] + window[1])))
        for n, (ended, how, window) in enumerate(ends)
    ]
    spans = event_spans(collections, 2 * CADENCE, LOOKBACK, refreshed=refreshed)
    assert_agree(spans, collections, Shape.EVENT, refreshed=refreshed)


def as_the_verifier_reads(collection):
    """Return a collection as the verifier of packages reads it."""
    window = collection.window
    return verifier.Collected(
        collection.id,
        collection.run,
        collection.kind,
        window and (window.since, window.until),
        collection.started_at,
        collection.ended_at,
        collection.outcome.value,
        [
            {"reason": fall.reason.value, "detail": fall.detail, "subjects": list(fall.subjects)}
            for fall in collection.shortfalls
        ],
    )


def assert_same(spans, verified):
    """Compare the timeline of the host with that of the verifier, without empty spans."""
    assert [
        (span.window.since, span.window.until, span.problem or "", span.subjects)
        for span in spans
        if span.window.since < span.window.until
    ] == [
        (*span.window, span.problem, span.subjects)
        for span in verified
        if len(set(span.window)) > 1
    ]


@given(WINDOWS, st.booleans())
def test_verifier_of_packages_states_the_same_timeline(ends, refreshed):
    """It computes every span again by its own code, and comes to the same."""
    collections = [
        collection(n, ended, how, window and Window(at(window[0]), at(window[0] + window[1])))
        for n, (ended, how, window) in enumerate(ends)
    ]
    snapshots = [past for past in collections if past.window is None]
    read = [as_the_verifier_reads(past) for past in collections]
    assert_same(
        event_spans(collections, 2 * CADENCE, LOOKBACK, refreshed=refreshed),
        verifier.event_spans(read, 2 * CADENCE, LOOKBACK, refreshed=refreshed),
    )
    assert_same(
        snapshot_spans(snapshots, 2 * CADENCE),
        verifier.snapshot_spans([past for past in read if past.window is None], 2 * CADENCE),
    )


@pytest.mark.parametrize(
    "make", [snapshot_spans, lambda c, a: event_spans(c, a, LOOKBACK, refreshed=False)]
)
def test_a_kind_without_collections_is_one_span_without_end(make):
    """It never was sufficient, and never will be by itself."""
    (span,) = make([], CADENCE)
    assert span.problem == "it had not been collected yet"
