"""The verifier's arithmetic of evidence gaps is that of the host, whatever was collected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.assurance.inputs import ConnectionHistory
from ccm_core.assurance.kind_coverage import find_evidence_gaps, kind_assurance
from ccm_core.bundle.verifier.concluding import gaps, kinds
from ccm_core.bundle.verifier.populations import population_root
from ccm_core.bundle.verifier.scope import Watch, period_bounds
from ccm_core.bundle.verifier.spans import is_transport_failure, read_collection
from ccm_core.ledger.population import PopulationTree
from ccm_core.model import json_codec
from ccm_core.model.evidence import decisive_collections
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.model.period import parse_period

HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
PERIOD = Window(BEGIN + 24 * HOUR, BEGIN + 96 * HOUR)
KIND = "acme.door"

shortfalls = st.lists(
    st.builds(
        Shortfall,
        reason=st.sampled_from(sorted(Reason)),
        detail=st.sampled_from(["no", "late"]),
        subjects=st.lists(st.sampled_from(["door:1", "door:2"]), max_size=2).map(tuple),
    ),
    max_size=2,
).map(tuple)


@st.composite
def collections(draw, *, events):
    """Draw a history of collections of one kind, some of them interrupted or denied."""
    history = []
    for number, hours in enumerate(sorted(draw(st.lists(st.integers(0, 100), max_size=12)))):
        ended = BEGIN + hours * HOUR
        window = None
        if events and draw(st.booleans()):
            since, length = draw(st.integers(0, hours)), draw(st.integers(1, 40))
            window = Window(BEGIN + since * HOUR, BEGIN + (since + length) * HOUR)
        history.append(
            Collection(
                id=f"c{number:02}",
                run=f"r{number // 2}",
                connection="acme",
                kind=KIND,
                version=1,
                window=window,
                started_at=ended - timedelta(minutes=1),
                ended_at=ended,
                outcome=draw(st.sampled_from(sorted(Outcome))),
                shortfalls=draw(shortfalls),
            )
        )
    return history


def as_collected(history, *, events, refreshed, lookback):
    """Return the same history as the host reads it, and as the verifier does."""
    host = ConnectionHistory(
        connection="acme",
        cadences={KIND: 6 * HOUR},
        event_kinds=frozenset({KIND} if events else ()),
        refreshed_kinds=frozenset({KIND} if refreshed else ()),
        lookback=lookback * HOUR,
        collections=history,
        manifests=[],
    )
    watch = Watch(
        cadences={KIND: 6 * 3600.0},
        lookback=lookback * 3600.0,
        refreshed=host.refreshed_kinds,
        events=host.event_kinds,
        manifests="",
    )
    read = [read_collection(json_codec.decode(json_codec.encode(entry))) for entry in history]
    return host, kinds.Collecting("acme", watch, read, [])


@given(data=st.data(), events=st.booleans(), refreshed=st.booleans(), lookback=st.integers(1, 48))
def test_evidence_gaps_are_those_of_the_host(data, events, refreshed, lookback):
    """For snapshots and events, complete or not, in the order in which they ended."""
    history = data.draw(collections(events=events))
    max_age = data.draw(st.sampled_from([None, 3 * HOUR, 30 * HOUR]))
    host, verifier = as_collected(history, events=events, refreshed=refreshed, lookback=lookback)
    period = (PERIOD.since, PERIOD.until)
    expected = find_evidence_gaps(host, KIND, PERIOD, max_age)
    actual = kinds.find_gaps(
        verifier, KIND, period, None if max_age is None else max_age.total_seconds()
    )
    assert [gaps.gap_texts(gap) for gap in actual] == json_codec.decode(json_codec.encode(expected))
    assert kinds.kind_assurance(verifier, KIND, period) == json_codec.decode(
        json_codec.encode(kind_assurance(host, KIND, PERIOD))
    )


@pytest.mark.parametrize("outcome", sorted(Outcome))
@pytest.mark.parametrize("first", sorted(Reason))
def test_transport_failures_are_those_of_the_host(outcome, first):
    """Whatever else was lacking: a filtered credential states nothing more about a lost page."""
    for second in sorted(Reason):
        lacking = tuple(Shortfall(reason=reason, detail="no") for reason in (first, second))
        collection = Collection(
            id="c00",
            run="r0",
            connection="acme",
            kind=KIND,
            version=1,
            window=None,
            started_at=BEGIN,
            ended_at=BEGIN,
            outcome=outcome,
            shortfalls=lacking,
        )
        read = read_collection(json_codec.decode(json_codec.encode(collection)))
        assert is_transport_failure(read) == decisive_collections.is_transport_failure(
            collection
        ), second


@given(st.dictionaries(st.text(max_size=4), st.sampled_from(["sha256:1", "sha256:2"])))
def test_roots_of_populations_are_those_of_the_host(population):
    """Whatever the keys are."""
    assert population_root(population) == PopulationTree(population.items()).root


@given(
    year=st.integers(1990, 2100),
    part=st.sampled_from(["", "-Q1", "-Q4", "-01", "-02", "-12", "-02-28", "-12-31", "-13", "-Q5"]),
    last=st.sampled_from(["", "..2030-06", "..2200-Q4", "..x"]),
)
def test_periods_are_those_of_the_host(year, part, last):
    """And a text that is none for the host is none for the verifier."""
    text = f"{year}{part}{last}"

    def read(reader):
        try:
            return reader(text)
        except ValueError:
            return None

    expected = read(parse_period)
    bounds = read(period_bounds)
    assert bounds == (expected and (expected.window.since, expected.window.until))
