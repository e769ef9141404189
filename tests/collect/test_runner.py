"""The runner: whatever a source does, what was due ends as a collection with an outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.errors import (
    AuthenticationFailed,
    BadResponse,
    NotAvailable,
    PermissionDenied,
    RateLimited,
    Unreachable,
)
from ccm_core.model.evidence.collection import Outcome, Reason

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def objects(count: int, **fields) -> list[dict]:
    """Make so many things."""
    return [{"id": f"T{n:04}", **fields} for n in range(count)]


def test_full_listing_is_a_complete_collection(things):
    """Every page is read, every item kept once, and the end was said by the source."""
    round_ = things(objects(250))
    round_.run()

    (collection,) = round_.keeper.collections("fake.thing")
    assert collection.outcome is Outcome.COMPLETE
    assert (collection.counts.pages, collection.counts.items) == (3, 250)
    assert collection.counts.read_to_end
    assert (collection.counts.total_at_start, collection.counts.requests) == (250, 3)
    assert len(round_.keeper.bodies("fake.thing")) == 250


@pytest.mark.parametrize(
    ("script", "outcome", "reason"),
    [
        pytest.param(
            [PermissionDenied("no scope")], Outcome.UNAVAILABLE, Reason.DENIED, id="denied"
        ),
        pytest.param(
            [NotAvailable("no plan")], Outcome.UNAVAILABLE, Reason.NOT_AVAILABLE, id="no plan"
        ),
        pytest.param([Unreachable("gone")], Outcome.FAILED, Reason.SOURCE_ERROR, id="unreachable"),
        pytest.param([RateLimited("429")], Outcome.FAILED, Reason.RATE_LIMITED, id="limited"),
        pytest.param(
            [None, BadResponse("cut")], Outcome.PARTIAL, Reason.SOURCE_ERROR, id="half way"
        ),
        pytest.param(
            [None, PermissionDenied("lost")], Outcome.PARTIAL, Reason.DENIED, id="denied half way"
        ),
        pytest.param(
            [KeyError("a plugin's bug")],
            Outcome.FAILED,
            Reason.SOURCE_ERROR,
            id="a broken collector",
        ),
    ],
)
def test_collector_error_is_an_outcome_with_a_reason(things, script, outcome, reason):
    """No error escapes, and none of them looks like an empty list."""
    round_ = things(objects(250), script={"fake.thing": script})
    round_.run()

    (collection,) = round_.keeper.collections("fake.thing")
    assert (collection.outcome, collection.shortfalls[0].reason) == (outcome, reason)


def test_partial_snapshot_stores_the_pages_read(things):
    """Pages before the fault are evidence, marked partial."""
    round_ = things(objects(250), script={"fake.thing": [None, BadResponse("cut")]})
    round_.run()
    assert len(round_.keeper.bodies("fake.thing")) == 100


def test_rejected_credential_ends_the_run_and_fails_the_rest(chain):
    """Nothing is asked after a 401, and what was not asked is failed, not forgotten."""
    round_ = chain(objects(3), objects(3), script={"fake.owner": [AuthenticationFailed("401")]})
    _, cut, _ = round_.run()

    assert cut.reason is Reason.DENIED
    assert [name for name, _ in round_.source.asked] == ["fake.owner"]
    assert round_.keeper.collections("fake.thing")[0].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("script", "outcome", "asked"),
    [
        pytest.param(
            [PermissionDenied("403")], Outcome.UNAVAILABLE, 1, id="the needed kind is denied"
        ),
        pytest.param([None, BadResponse("cut")], Outcome.PARTIAL, 2, id="it is partial"),
        pytest.param([], Outcome.COMPLETE, 2, id="it is whole"),
    ],
)
def test_collection_inherits_shortfalls_of_its_dependencies(chain, script, outcome, asked):
    """A gap in the list of owners is a gap in everything read owner by owner."""
    round_ = chain(objects(150), objects(3), script={"fake.owner": script})
    round_.run()

    (collection,) = round_.keeper.collections("fake.thing")
    assert collection.outcome is outcome
    assert len(round_.source.asked) == asked
    assert bool(collection.shortfalls) is (outcome is not Outcome.COMPLETE)


def test_object_that_its_schema_rejects_is_stored_apart(things):
    """It is counted, it makes the collection partial, its problem is led by a path."""
    round_ = things([*objects(2), {"id": "BAD", "size": "large"}])
    round_.run()

    (harvest,) = round_.keeper.harvests
    assert harvest.collection.outcome is Outcome.PARTIAL
    assert harvest.collection.shortfalls[0].reason is Reason.REJECTED_RECORDS
    assert (harvest.rejected[0].key, harvest.rejected[0].problems) == (
        "BAD",
        ("$.size: expected integer, got str",),
    )
    assert set(round_.keeper.bodies("fake.thing")) == {"T0000", "T0001"}


def test_fields_outside_the_schema_are_dropped_and_reported(things):
    """What the schema does not name is not kept; what it drops on purpose is no news."""
    round_ = things([{"id": "A", "token": "s3cret", "email": "Ann@x.example", "brand": {"new": 1}}])
    round_.run()

    body = round_.keeper.bodies("fake.thing")["A"]
    assert set(body) == {"id", "email"}
    assert body["email"].startswith("pseudonym:")
    assert round_.keeper.collections("fake.thing")[0].unknown_fields == ("brand",)


def test_dangling_references_are_reported(chain):
    """An id that is named and not listed is dangling, with the field and one that names it."""
    round_ = chain(
        objects(1), [{"id": "A", "owner": {"id": "T0000"}}, {"id": "B", "owner": {"id": "X"}}]
    )
    runner, _, _ = round_.run()

    dangling = [one for found in runner.dangling().values() for one in found]
    assert [(one.field, one.kind, one.key, one.named_by) for one in dangling] == [
        ("owner.id", "fake.owner", "X", "B")
    ]


def test_listing_that_changes_is_read_again(things):
    """One object more than was counted costs a second reading, and the result is whole."""

    def grow(source):
        source.objects["fake.thing"].append({"id": "NEW"})

    round_ = things(objects(150), script={"fake.thing": [None, grow]})
    round_.run()

    (collection,) = round_.keeper.collections("fake.thing")
    assert collection.outcome is Outcome.COMPLETE
    assert "NEW" in round_.keeper.bodies("fake.thing")
    assert len(round_.source.asked) == 2


def test_listing_that_keeps_changing_has_drifted(things):
    """After three readings the difference is named."""

    def grow(source):
        source.objects["fake.thing"].append({"id": f"NEW{len(source.objects['fake.thing'])}"})

    round_ = things(objects(150), script={"fake.thing": [None, grow] * 3})
    round_.run()

    (collection,) = round_.keeper.collections("fake.thing")
    assert collection.outcome is Outcome.PARTIAL
    assert collection.shortfalls[-1].reason is Reason.DRIFTED


def test_events_outside_the_window_are_counted_and_dropped(events):
    """A source that gives more than was asked for does not widen the evidence."""
    round_ = events([NOW - DAY], counted=False, options={"overlap": timedelta(hours=1)})
    early = NOW - timedelta(days=30, minutes=30)
    round_.source.objects["fake.event"].append({"id": "OLD", "at": early.isoformat()})
    round_.run()

    (collection,) = round_.keeper.collections("fake.event")
    assert (collection.counts.items, collection.counts.outside_window) == (2, 1)
    assert set(round_.keeper.bodies("fake.event")) == {"E00000"}


def test_window_that_cannot_be_split_is_truncated_and_counted(events):
    """Events of one second over the cap are partial, with the number that is missing."""
    round_ = events([NOW - DAY] * 120, cap=50, size=25, counted=False)
    round_.run()

    outcomes = {one.outcome for one in round_.keeper.collections("fake.event")}
    falls = [fall for one in round_.keeper.collections("fake.event") for fall in one.shortfalls]
    assert outcomes == {Outcome.COMPLETE, Outcome.PARTIAL}
    assert [(fall.reason, fall.missing) for fall in falls] == [(Reason.TRUNCATED, 70)]


SIZED = ({"size": "0"}, {"size": "1"})


def test_window_that_time_cannot_split_is_read_in_slices(events):
    """Parts that add up to the whole are the whole."""
    round_ = events([NOW - DAY] * 90, cap=50, size=25, parts=SIZED)
    for number, one in enumerate(round_.source.objects["fake.event"]):
        one["size"] = number % 2
    round_.run()

    assert {one.outcome for one in round_.keeper.collections("fake.event")} == {Outcome.COMPLETE}
    assert len(round_.keeper.bodies("fake.event")) == 90


@pytest.mark.parametrize(
    ("sizes", "missing"),
    [
        pytest.param([0] * 40 + [1] * 40 + [2] * 10, 10, id="in no part"),
        pytest.param([0] * 70 + [1] * 20, 20, id="a part is too large"),
        pytest.param([0] * 70 + [1] * 10 + [2] * 10, 30, id="both"),
    ],
)
def test_missing_objects_of_slices_are_counted(events, sizes, missing):
    """What is missing is counted once, whatever the reason."""
    round_ = events([NOW - DAY] * len(sizes), cap=50, size=25, parts=SIZED)
    for size, one in zip(sizes, round_.source.objects["fake.event"], strict=True):
        one["size"] = size
    round_.run()

    falls = [fall for one in round_.keeper.collections("fake.event") for fall in one.shortfalls]
    assert {fall.reason for fall in falls} == {Reason.TRUNCATED}
    assert sum(fall.missing for fall in falls) == missing
    assert len(round_.keeper.bodies("fake.event")) == len(sizes) - missing


def test_listing_by_time_resumes_where_it_stopped(events):
    """Each collection ends where the listing was cut, and nothing is asked for in vain."""
    instants = [NOW - DAY + timedelta(minutes=n) for n in range(120)]
    round_ = events(instants, cap=50, size=25, oldest_first=True)
    round_.run()

    windows = [one.window for one in round_.keeper.collections("fake.event")]
    edges = [NOW - timedelta(days=30), instants[49], instants[98], NOW]
    assert [(one.since, one.until) for one in windows] == list(pairwise(edges))
    assert {one.outcome for one in round_.keeper.collections("fake.event")} == {Outcome.COMPLETE}
    assert len(round_.source.asked) == 3


def test_listing_with_shifted_pages_is_read_again(things):
    """As many as were counted is not enough where one slipped away between two pages."""

    def swap(source):
        there = source.objects["fake.thing"]
        there.pop(0)
        there.append({"id": "NEW"})

    round_ = things(objects(150), script={"fake.thing": [None, swap]}, linked=True)
    round_.run()
    (collection,) = round_.keeper.collections("fake.thing")
    assert collection.outcome is Outcome.COMPLETE
    assert {"NEW", "T0100"} <= round_.keeper.bodies("fake.thing").keys()
    assert len(round_.source.asked) == 2


@settings(max_examples=60, deadline=None)
@given(
    oldest_first=st.booleans(),
    overlap=st.sampled_from([timedelta(0), timedelta(minutes=5)]),
    ages=st.lists(st.integers(0, 29 * 86400) | st.integers(0, 3), max_size=120),
    cap=st.integers(1, 40),
    size=st.integers(1, 15),
)
def test_every_event_is_collected_or_counted_as_missing(
    ages, cap, size, oldest_first, overlap, request
):
    """For any population, cap and page size nothing is lost without being counted."""
    make = request.getfixturevalue("events")
    round_ = make(
        [NOW - timedelta(seconds=age + 1) for age in ages],
        cap=cap,
        size=size,
        counted=False,
        oldest_first=oldest_first,
        options={"overlap": overlap},
    )
    round_.run()

    missing = sum(
        fall.missing or 0
        for one in round_.keeper.collections("fake.event")
        for fall in one.shortfalls
    )
    assert len(round_.keeper.bodies("fake.event")) + missing == len(ages)
    whole = all(one.outcome is Outcome.COMPLETE for one in round_.keeper.collections("fake.event"))
    assert whole == (missing == 0)


@settings(max_examples=80, deadline=None)
@given(
    count=st.integers(0, 60),
    size=st.integers(1, 9),
    happenings=st.lists(
        st.tuples(st.sampled_from(["nothing", "in", "out"]), st.floats(0, 1)), max_size=30
    ),
)
def test_stable_objects_are_collected_or_drift_is_reported(count, size, happenings, request):
    """Whatever comes and goes between two pages."""
    round_ = request.getfixturevalue("things")(objects(count), size=size, linked=True)
    always = {f"T{n:04}" for n in range(count)}

    def happen(what, where):
        def step(source):
            there = source.objects["fake.thing"]
            place = int(where * len(there))
            if what == "in":
                there.insert(place, {"id": f"N{len(source.asked)}{len(there)}{where}"})
            elif what == "out" and there:
                always.discard(there.pop(min(place, len(there) - 1))["id"])

        return step

    round_.source.script["fake.thing"] = [None, *(happen(*one) for one in happenings)]
    round_.run()
    (collection,) = round_.keeper.collections("fake.thing")
    if collection.outcome is Outcome.COMPLETE:
        assert always <= round_.keeper.bodies("fake.thing").keys()
    else:
        assert {fall.reason for fall in collection.shortfalls} == {Reason.DRIFTED}


def test_second_run_reads_only_due_windows(events):
    """Nothing is read twice within its cadence; afterwards, only what is new and unsettled."""
    round_ = events([NOW - DAY], options={"settles_after": timedelta(minutes=10)})
    round_.run(NOW)
    _, _, soon = round_.run(NOW + timedelta(minutes=30))
    assert soon.not_due == ("fake.event",)

    _, _, later = round_.run(NOW + timedelta(hours=2))
    ((window,),) = [task.windows for task in later.tasks]
    assert (window.since, window.until) == (NOW - timedelta(minutes=10), NOW + timedelta(hours=2))


def test_interrupted_run_resumes_where_it_stopped(events):
    """Windows that were kept are not read again; the one in flight is."""
    month = {"longest_window": timedelta(days=10), "settles_after": None}
    instants = [NOW - timedelta(days=days) for days in range(1, 30)]
    round_ = events(
        instants, options=month, script={"fake.event": [None, AuthenticationFailed("401")]}
    )
    round_.run()
    first = list(round_.source.asked)
    round_.run(NOW + timedelta(minutes=1))

    again = round_.source.asked[len(first) :]
    assert len(first) == 2
    assert first[0] not in again
    assert len(round_.keeper.bodies("fake.event")) == 29
