"""A collector that breaks the protocol never ends as complete evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import Outcome, Reason, Request
from ccm_core.model.json_codec import encode
from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import (
    Collector,
    DependsOn,
    Flush,
    NothingToRead,
    Page,
    ResumeFrom,
    Shortfall,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=2)


def page(items, number=1, *, last=True, **fields):
    """Make a page of a listing of one kind."""
    return replace(
        Page(
            request=Request(endpoint="/things"),
            number=number,
            items=items,
            response_digest=digest(encode([])),
            received_at=NOW,
            last=last,
        ),
        **fields,
    )


def collector_of(kind, *events, **options):
    """Make a collector that yields some events whatever it is asked."""

    async def collect(session, request):
        session.traffic.requests += 1
        for event in events:
            yield event

    return Collector(kind=kind, collect=collect, **options)


@pytest.fixture
def read(things):
    """Run a snapshot collector that yields some events, after a run that listed one thing."""

    def run(*events):
        round_ = things([{"id": "T1"}])
        round_.run()
        round_.collectors = [collector_of("fake.thing", *events)]
        round_.run(everything=True)
        return round_.keeper.harvests[-1]

    return run


@pytest.mark.attack(
    "Plugins",
    "An event of the source has no instant, null, a number, a date or nonsense in its place",
    "The record is kept apart and the collection is partial",
)
@pytest.mark.parametrize(
    "at",
    [
        pytest.param({"at": None}, id="null"),
        pytest.param({}, id="missing"),
        pytest.param({"at": 1_700_000_000}, id="number"),
        pytest.param({"at": ["2026-11-23T00:00:00Z"]}, id="list"),
        pytest.param({"at": "yesterday"}, id="nonsense"),
        pytest.param({"at": "2026-11-23T00:00:00"}, id="no-offset"),
    ],
)
def test_event_without_a_readable_instant_is_rejected(events, at):
    """It is not known to lie outside the window, so it is not left out as if it did."""
    round_ = events([LONG_AGO])
    open_schema = {"type": "object", "properties": {"id": {"type": "string"}, "at": {}}}
    kind = round_.kinds["fake.event"]
    round_.kinds = {"fake.event": replace(kind, schema=lambda: open_schema)}
    good = {"id": "E1", "at": format_instant(LONG_AGO)}
    round_.collectors = [collector_of("fake.event", page([good, {"id": "E2", **at}]))]
    round_.run()

    (harvest,) = [one for one in round_.keeper.harvests if LONG_AGO in one.collection.window]
    assert harvest.collection.outcome is Outcome.PARTIAL
    assert {fall.reason for fall in harvest.collection.shortfalls} == {Reason.REJECTED_RECORDS}
    assert [refused.key for refused in harvest.rejected] == ["E2"]
    assert "$.at" in harvest.rejected[0].problems[0]
    assert harvest.collection.counts.outside_window == 0


@pytest.mark.attack(
    "Plugins",
    "A collector yields an object that the host does not know, or one with fields of wrong types",
    "The collection fails and names the type; nothing it read is kept, nothing is removed",
)
@pytest.mark.parametrize(
    ("event", "named"),
    [
        pytest.param({"id": "T2"}, "dict", id="a-body"),
        pytest.param([page([])], "list", id="a-list-of-pages"),
        pytest.param(None, "NoneType", id="none"),
        pytest.param(page, "function", id="a-function"),
        pytest.param(page("T2"), "Page.items", id="items-are-text"),
        pytest.param(page({"id": "T2"}), "Page.items", id="items-are-one-body"),
        pytest.param(page([], received_at=None), "Page.received_at", id="no-time"),
        pytest.param(
            page([], received_at=datetime(2026, 1, 1)),  # noqa: DTZ001 - the attack
            "Page.received_at",
            id="time-without-zone",
        ),
        pytest.param(page([], total="1"), "Page.total", id="total-is-text"),
        pytest.param(page([], request="/things"), "Page.request", id="request-is-text"),
        pytest.param(Shortfall(reason="no idea", detail="x"), "Shortfall", id="unknown-reason"),
        pytest.param(
            Shortfall(reason=Reason.DENIED, detail="x", subjects="fake.thing:T1"),
            "Shortfall",
            id="subjects-are-one-text",
        ),
        pytest.param(Shortfall(reason=Reason.DENIED, detail=None), "Shortfall", id="no-detail"),
        pytest.param(DependsOn(kind=("fake.owner",)), "DependsOn", id="kind-is-a-tuple"),
        pytest.param(ResumeFrom(at=NOW), "ResumeFrom", id="resumed-without-a-window"),
        pytest.param(Flush(), "Flush", id="flushed-without-a-window"),
    ],
)
def test_unknown_event_fails_the_collection(read, event, named):
    """Whatever else was yielded: it does not count, and T1 stays."""
    harvest = read(page([{"id": "T2"}]), event)

    assert harvest.collection.outcome is Outcome.FAILED
    assert named in harvest.collection.shortfalls[0].detail
    assert not harvest.observations


@pytest.mark.attack(
    "Plugins",
    "A source lists one key twice, with two different bodies",
    "The collection is partial and names the key",
)
def test_one_key_with_two_bodies_is_partial(read):
    """Two objects may have been taken for one; which of them stands is not known."""
    harvest = read(page([{"id": "T1", "size": 1}, {"id": "T2"}, {"id": "T1", "size": 2}]))

    assert harvest.collection.outcome is Outcome.PARTIAL
    (fall,) = harvest.collection.shortfalls
    assert fall.reason is Reason.DRIFTED
    assert fall.subjects == ("fake.thing:T1",)
    assert "T1" in fall.detail


def test_one_key_with_the_same_body_twice_is_a_duplicate(read):
    """Pages that overlap list an object twice, which is no problem."""
    harvest = read(page([{"id": "T1", "size": 1}, {"id": "T1", "size": 1}]))

    assert harvest.collection.outcome is Outcome.COMPLETE
    assert harvest.collection.counts.duplicates == 1


@pytest.mark.attack(
    "Plugins",
    "A collector's pages leave out a number, begin with another, or go on after the last one",
    "The collection is partial and names the page",
)
@pytest.mark.parametrize(
    ("numbers", "last", "named"),
    [
        pytest.param((1, 3), (3,), "page 3 came where page 2 was expected", id="a-gap"),
        pytest.param((2, 3), (3,), "page 2 came where page 1 was expected", id="no-first-page"),
        pytest.param((1, 1), (), "page 1 came where page 2 was expected", id="one-twice"),
        pytest.param((1, 2), (1, 2), "page 2 came after the last one", id="after-the-last"),
        pytest.param((1, 1), (1,), "page 1 came after the last one", id="again-after-the-last"),
    ],
)
def test_pages_that_do_not_follow_on_each_other_are_partial(read, numbers, last, named):
    """Objects of a page may be missing, or the source has more than it stated."""
    pages = [
        page([{"id": f"T{index}"}], number, last=number in last)
        for index, number in enumerate(numbers)
    ]
    harvest = read(*pages)

    assert harvest.collection.outcome is Outcome.PARTIAL
    assert any(f"/things: {named}" in fall.detail for fall in harvest.collection.shortfalls)
    assert len(harvest.observations) == len(pages)


@pytest.mark.attack(
    "Plugins",
    "A collector yields objects, and states that there is nothing to read",
    "The collection fails and names the contradiction; nothing it read is kept",
)
@pytest.mark.parametrize("is_stated_first", [True, False])
def test_objects_where_nothing_is_to_read_fail(read, is_stated_first):
    """One of both is wrong, and the host does not know which."""
    events = [NothingToRead(reason="no thing has a lid"), page([{"id": "T2"}])]
    harvest = read(*(events if is_stated_first else reversed(events)))

    assert harvest.collection.outcome is Outcome.FAILED
    assert "NothingToRead" in harvest.collection.shortfalls[0].detail
    assert not harvest.observations


def test_an_empty_page_and_nothing_to_read_agree(read):
    """Both state that there is nothing."""
    harvest = read(page([]), NothingToRead(reason="no thing has a lid"))

    assert harvest.collection.outcome is Outcome.COMPLETE


@pytest.mark.attack(
    "Plugins",
    "A source lists an object whose key is an empty text",
    "The record is kept apart and the collection is partial",
)
def test_object_with_an_empty_key_is_rejected(read):
    """Every other object without a key would be taken for the same one."""
    harvest = read(page([{"id": "T1"}, {"id": ""}]))

    assert harvest.collection.outcome is Outcome.PARTIAL
    assert "has no key (id)" in harvest.rejected[0].problems[0]
    assert [observation.key for observation in harvest.observations] == ["T1"]


@pytest.mark.attack(
    "Plugins",
    "A collector yields nothing at all",
    "The collection fails, and what was collected before stays",
)
@pytest.mark.parametrize("make", ["things", "events"])
def test_collector_that_yields_nothing_fails(request, make):
    """Without a page, nothing states what the source lists."""
    round_ = request.getfixturevalue(make)([] if make == "things" else [LONG_AGO])
    (kind,) = round_.kinds
    round_.collectors = [collector_of(kind)]
    round_.run()

    assert {one.collection.outcome for one in round_.keeper.harvests} == {Outcome.FAILED}
    (fall,) = round_.keeper.harvests[-1].collection.shortfalls
    assert "no page" in fall.detail


def test_collector_that_says_why_there_is_nothing_is_complete(read):
    """``NothingToRead`` states that nothing of the kind can exist."""
    harvest = read(NothingToRead(reason="no thing has a lid"))

    assert harvest.collection.outcome is Outcome.COMPLETE
    assert harvest.collection.notes == ("no thing has a lid",)


@pytest.mark.parametrize(
    ("owners", "outcome"),
    [
        pytest.param([], Outcome.COMPLETE, id="no-owner"),
        pytest.param([{"id": "O1"}], Outcome.FAILED, id="an-owner"),
    ],
)
def test_nothing_is_read_of_objects_where_there_are_none(chain, owners, outcome):
    """A kind that is read object by object has no page where there is no object."""
    round_ = chain(owners, [])
    round_.collectors[1] = collector_of("fake.thing", needs=("fake.owner",))
    round_.run()

    (collection,) = round_.keeper.collections("fake.thing")
    assert collection.outcome is outcome


@pytest.mark.attack(
    "Plugins",
    "A collector lists events of which not one lies in the window it was asked for, such as "
    "instants in milliseconds that are read as seconds",
    "The collection is partial and names an example: they do not vanish as outside the window",
)
@pytest.mark.parametrize(
    ("instants", "outcome"),
    [
        pytest.param([NOW.replace(year=1970)], Outcome.PARTIAL, id="another-unit"),
        pytest.param([NOW.replace(year=2970)] * 2, Outcome.PARTIAL, id="of-the-future"),
        pytest.param([NOW - timedelta(days=31)], Outcome.PARTIAL, id="before-the-overlap"),
        pytest.param([NOW - timedelta(days=30, hours=1)], Outcome.COMPLETE, id="in-the-overlap"),
        pytest.param([NOW.replace(year=1970), LONG_AGO], Outcome.COMPLETE, id="beside-another"),
        pytest.param([], Outcome.COMPLETE, id="no-event"),
    ],
)
def test_events_of_which_none_was_requested_are_partial(events, instants, outcome):
    """A window is exactly what is to be read; what overlaps with its neighbour is no stray."""
    round_ = events([])
    listed = [{"id": f"E{n}", "at": format_instant(at)} for n, at in enumerate(instants)]
    round_.collectors = [
        collector_of("fake.event", page(listed), overlap=timedelta(hours=2)),
    ]
    round_.run()

    (collection,) = round_.keeper.collections("fake.event")
    assert collection.outcome is outcome
    if outcome is Outcome.PARTIAL:
        (fall,) = collection.shortfalls
        assert f"E0 at {format_instant(instants[0])}" in fall.detail
