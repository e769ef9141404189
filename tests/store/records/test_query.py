"""What is read back: past states, histories, runs, refused objects, counts, evaluations."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from ccm_core.errors import StoreError
from ccm_core.ledger.population import BUCKETS
from ccm_core.model import json_codec
from ccm_core.model.evidence.collection import KindCount, Outcome
from ccm_core.model.evidence.window import Window

ONE, TWO = {"n": 1}, {"n": 2}


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(9, {}, id="before anything"),
        pytest.param(10, {"a": ONE}, id="at the very moment"),
        pytest.param(19.999, {"a": ONE}, id="just before the next"),
        pytest.param(20, {"a": TWO, "b": ONE}, id="the second"),
        pytest.param(30, {"b": ONE}, id="after one vanished"),
        pytest.param(None, {"b": ONE}, id="now"),
    ],
)
def test_records_of_any_past_moment_can_be_read(store, build, bodies, minutes, expected):
    """``as_of`` gives what had been kept by that moment."""
    store.records.append(build.harvest("c1", {"a": ONE}, snapshot=True, at=10))
    store.records.append(build.harvest("c2", {"a": TWO, "b": ONE}, snapshot=True, at=20))
    store.records.append(build.harvest("c3", {"b": ONE}, snapshot=True, at=30))

    as_of = None if minutes is None else build.at(minutes)
    assert bodies(store, as_of=as_of) == expected


@pytest.mark.parametrize("minutes", [9, 10, 19.999, 20, 30, None])
def test_some_records_of_any_past_moment_are_those_that_all_of_it_has(store, build, minutes):
    """Chosen by key, and listed by pages of keys."""
    store.records.append(build.harvest("c1", {"a": ONE, "d": ONE}, snapshot=True, at=10))
    store.records.append(build.harvest("c2", {"a": TWO, "b": ONE}, snapshot=True, at=20))
    store.records.append(build.harvest("c3", {"b": ONE, "c": TWO}, snapshot=True, at=30))
    as_of = None if minutes is None else build.at(minutes)
    every = list(store.records.current(build.connection, build.kind, as_of=as_of))
    some = store.records.get_many(build.connection, build.kind, {"a", "b", "c"}, as_of=as_of)
    pages = list(store.records.key_pages(build.connection, build.kind, 1, as_of=as_of))

    assert list(some) == [record for record in every if record.key != "d"]
    assert pages == [[record.key] for record in every]


def test_the_version_stored_last_is_current_though_the_clock_went_back(store, build, bodies):
    """Order is the order of keeping, never of the clock."""
    store.records.append(build.harvest("c1", {"a": ONE}, at=20))
    store.records.append(build.harvest("c2", {"a": TWO}, at=10))

    assert bodies(store) == {"a": TWO}
    assert bodies(store, as_of=build.at(30)) == {"a": TWO}
    assert bodies(store, as_of=build.at(15)) == {"a": TWO}


def test_a_moment_of_any_time_zone_reads_the_same_records(store, build, bodies):
    """``as_of`` is an instant, not a reading on some wall."""
    store.records.append(build.harvest("c1", {"a": ONE}, at=10))
    elsewhere = timezone(timedelta(hours=-8))

    assert bodies(store, as_of=build.at(10).astimezone(elsewhere)) == {"a": ONE}
    assert bodies(store, as_of=build.at(9).astimezone(elsewhere)) == {}


def test_current_records_are_sorted_by_key(store, build):
    """The order is that of code points, the same in every locale."""
    keys = ["b", "a", "B", "é", "a/1", "\U0001f600", "\uffff", ""]
    store.records.append(build.harvest("c1", dict.fromkeys(keys, ONE), at=1))

    for as_of in None, build.at(1):
        read_keys = [r.key for r in store.records.current("demo", "demo.thing", as_of=as_of)]
        assert read_keys == sorted(keys)


def test_current_records_do_not_change_while_they_are_read(store, build):
    """A reader sees one moment, whatever is kept meanwhile."""
    store.records.append(build.harvest("c1", {f"k{n:04}": ONE for n in range(1500)}))
    reader = store.records.current("demo", "demo.thing")
    first = next(reader)
    store.records.append(build.harvest("c2", {}, snapshot=True))

    assert first.key == "k0000"
    assert len(list(reader)) == 1499
    assert list(store.records.current("demo", "demo.thing")) == []


def test_a_history_has_every_version(store, build):
    """Oldest first, without tombstones, of that key alone."""
    for name, body in [("c1", ONE), ("c2", TWO), ("c3", TWO), ("c4", ONE)]:
        store.records.append(build.harvest(name, {"a": body, "b": {"name": name}}))

    history = list(store.records.history("demo", "demo.thing", "a"))
    assert [(r.collection, r.body) for r in history] == [("c1", ONE), ("c2", TWO), ("c4", ONE)]
    assert list(store.records.history("demo", "demo.thing", "nobody")) == []


def test_runs_are_open_until_they_are_sealed(store, build):
    """An open run can be found again; a sealed one has its manifest."""
    second, foreign = build.run("r2", at=5), build.run("r3", connection="other")
    store.runs.begin(second)
    store.runs.begin(foreign)
    assert store.runs.open_runs("demo") == [build.run("r1"), second]

    sealed = build.manifest("r1", at=7, collections=(build.collection("c1"),))
    store.runs.seal(sealed)
    store.runs.seal(build.manifest("r3", connection="other", at=6))

    assert store.runs.open_runs("demo") == [second]
    assert store.runs.open_runs("other") == []
    assert store.runs.manifests("demo") == [sealed]
    assert [m.run for m in store.runs.manifests()] == ["r1", "r3"]
    assert [m.run for m in store.runs.manifests(as_of=build.at(6))] == ["r3"]
    assert store.runs.connections() == ["demo", "other"]


@pytest.mark.parametrize(
    ("run", "connection", "message"),
    [
        pytest.param("r9", "demo", "r9 of demo was never begun", id="never begun"),
        pytest.param("r1", "other", "r1 of other was never begun", id="of another connection"),
        pytest.param("r2", "demo", "r2 of demo is sealed already", id="sealed already"),
    ],
)
def test_only_an_open_run_can_be_sealed(store, build, run, connection, message):
    """A manifest is written once, for a run that was begun."""
    store.runs.begin(build.run("r2"))
    store.runs.seal(build.manifest("r2"))

    with pytest.raises(StoreError, match=message):
        store.runs.seal(build.manifest(run, connection=connection))
    assert [m.run for m in store.runs.manifests()] == ["r2"]


def test_a_run_that_was_begun_cannot_be_begun_again(store, build):
    """Two runs never share an id."""
    with pytest.raises(StoreError, match="r1 was begun already"):
        store.runs.begin(build.run("r1"))


def test_collections_are_listed_as_they_were_stored(store, build):
    """By connection, by kind, by moment, in the order of keeping."""
    store.records.append(build.harvest("c1", {}, at=30, outcome=Outcome.FAILED))
    store.records.append(build.harvest("c2", {}, at=20, kind="demo.part"))
    store.records.append(build.harvest("c3", {}, at=10))

    assert [c.id for c in store.runs.collections("demo")] == ["c1", "c2", "c3"]
    assert [c.id for c in store.runs.collections("demo", "demo.thing")] == ["c1", "c3"]
    assert [c.id for c in store.runs.collections("demo", as_of=build.at(20))] == ["c2", "c3"]
    assert store.runs.collections("other") == []


def test_rejected_objects_are_stored_apart_from_records(reopen, build, bodies, key):
    """Each has a leaf that names its collection and its bytes; none is a current record."""
    store = reopen(key())
    store.runs.begin(build.run())
    store.records.append(
        build.harvest("c1", {"a": ONE}, rejected=[build.rejected(), build.rejected("")])
    )
    store.records.append(build.harvest("c2", {}, rejected=[build.rejected()], kind="demo.part"))

    store.runs.seal(build.manifest())

    proven = store.ledger.prove("demo", lambda leaf: leaf["leaf"] == "rejected")
    leaves = [json_codec.decode(leaf) for leaf, _ in proven]
    assert [(leaf["collection"], leaf["key"]) for leaf in leaves] == [
        ("c1", "bad"),
        ("c1", ""),
        ("c2", "bad"),
    ]
    contents = [
        content
        for _, content in store.ledger.contents("rejected", [leaf["digest"] for leaf in leaves])
    ]
    assert contents == [json_codec.encode(build.rejected(key)) for key in ("bad", "", "bad")]
    assert bodies(store) == {"a": ONE}


def test_counts_are_of_records_versions_and_rejected_objects(store, build):
    """By connection and kind; a kind that gave nothing is there with zeros."""
    store.runs.begin(build.run("r2", connection="alpha"))
    store.records.append(build.harvest("c1", {"a": ONE, "b": ONE}, snapshot=True, at=10))
    store.records.append(
        build.harvest("c2", {}, kind="demo.part", at=15, outcome=Outcome.UNAVAILABLE)
    )
    store.records.append(
        build.harvest("c3", {"a": TWO}, rejected=[build.rejected()], snapshot=True, at=20)
    )
    store.records.append(
        build.harvest("c4", {"x": ONE}, connection="alpha", run="r2", version=3, at=30)
    )

    def count(connection, kind, records, versions, rejected, at, **changes):
        return KindCount(
            connection=connection,
            kind=kind,
            records=records,
            versions=versions,
            rejected=rejected,
            last_collected_at=build.at(at),
            **{"version": 1, "last_outcome": "complete", **changes},
        )

    part = count("demo", "demo.part", 0, 0, 0, 15, last_outcome="unavailable")
    assert store.records.counts() == [
        count("alpha", "demo.thing", 1, 1, 0, 30, version=3),
        part,
        count("demo", "demo.thing", 1, 3, 1, 20),
    ]
    assert store.records.counts(as_of=build.at(15)) == [
        part,
        count("demo", "demo.thing", 2, 2, 0, 10),
    ]
    assert store.records.counts(as_of=build.at(1)) == []
    for at in (1, 10, 15, 20, 29, 30, 60):
        assert current(store.records.current_counts(as_of=build.at(at))) == current(
            store.records.counts(as_of=build.at(at))
        )


def current(counts):
    """Return what is stated of what is current, of each kind."""
    return [
        (c.connection, c.kind, c.version, c.records, c.last_collected_at, c.last_outcome)
        for c in counts
    ]


@pytest.mark.parametrize("changed", [0, 1, 3])
def test_the_current_records_of_a_large_kind_are_counted_by_its_parts(store, build, changed):
    """Also while the roots of some parts are to be computed again."""
    bodies = {f"k{number}": {"n": number} for number in range(BUCKETS)}
    store.records.append(build.harvest("c1", bodies))
    store.records.keep_population("demo", "demo.thing")
    rest = dict(list(bodies.items())[changed:]) | {"new": {"n": 0}}
    if changed:
        store.records.append(build.harvest("c2", rest, snapshot=True, at=5))
    (count,) = store.records.current_counts(as_of=build.at(10))
    assert count.records == (BUCKETS - changed + 1 if changed else BUCKETS)


def test_an_evaluation_is_stored_once(store, build):
    """The same bytes give the same digest and one row; the last one kept is the latest."""
    assert store.evaluations.latest() is None
    first, second = build.evaluation(10), build.evaluation(5, "demo")

    digest = store.evaluations.append(first)
    assert store.evaluations.append(first) == digest
    assert store.evaluations.append(second) != digest
    assert store.evaluations.latest().evaluation == second


def test_an_evaluation_of_a_past_moment_can_be_read(store, build):
    """With ``as_of`` it is the evaluation's own moment that counts."""
    for at in 10, 30, 20:
        store.evaluations.append(build.evaluation(at))

    assert store.evaluations.latest(as_of=build.at(9)) is None
    assert store.evaluations.latest(as_of=build.at(29)).evaluation == build.evaluation(20)
    assert store.evaluations.latest(as_of=build.at(30)).evaluation == build.evaluation(30)


def test_a_store_that_is_opened_again_is_the_same(store, reopen, build, bodies):
    """Closing loses nothing, and a second handle sees what the first has kept."""
    collection = store.records.append(build.harvest("c1", {"a": ONE}))
    second = reopen(create=False)
    assert bodies(second) == {"a": ONE}
    store.close()
    second.close()

    third = reopen()
    assert bodies(third) == {"a": ONE}
    assert third.runs.collections("demo") == [collection]


@pytest.mark.parametrize("as_of", [None, 2, 9], ids=["now", "moment", "later"])
def test_the_record_of_one_key_is_read_alone(store, build, as_of):
    """The state of one key is that key of the whole state, at any moment."""
    store.records.append(build.harvest("c1", {"a": {"n": 1}, "b": {"n": 1}}, at=1, snapshot=True))
    store.records.append(build.harvest("c2", {"a": {"n": 2}}, at=5, snapshot=True))
    moment = None if as_of is None else build.at(as_of)

    for key in "a", "b", "c":
        whole = [
            record
            for record in store.records.current("demo", "demo.thing", as_of=moment)
            if record.key == key
        ]
        assert list(store.records.current("demo", "demo.thing", as_of=moment, key=key)) == whole


def test_collections_of_one_run_are_listed_alone(store, build):
    """Those of another run of the same connection are left out."""
    store.runs.begin(build.run("r2"))
    for name, run in ("c1", "r1"), ("c2", "r2"), ("c3", "r1"):
        store.records.append(build.harvest(name, {}, run=run))

    assert [collection.id for collection in store.runs.collections("demo", run="r1")] == [
        "c1",
        "c3",
    ]
    assert store.runs.collections("demo", run="r3") == []


def test_collections_since_a_moment_are_those_about_it_and_the_newest(store, build):
    """However long a history is, what is about the moment and the newest of each kind remain."""

    def keep(name, at, run="r1", window=None, **changes):
        if window:
            changes["window"] = Window(build.at(window[0]), build.at(window[1]))
        store.records.append(build.harvest(name, {}, at=at, run=run, **changes))

    for number in 2, 3, 4:
        store.runs.begin(build.run(f"r{number}"))
    keep("older", 1, window=(0, 1))
    keep("old snapshot", 2, kind="demo.part")
    keep("partial long ago", 3, run="r2", window=(1, 3), outcome=Outcome.PARTIAL)
    keep("beside it", 4, run="r2", window=(3, 4))
    keep("newest snapshot", 5, run="r3", kind="demo.part")
    keep("added to it", 6, run="r3", kind="demo.part", amends="newest snapshot")
    keep("between", 7, run="r1", window=(4, 7))
    keep("reaches further", 8, run="r1", window=(7, 30))
    keep("kept later", 25, run="r4", window=(5, 6))

    def since(minutes):
        return [
            collection.id for collection in store.runs.collections("demo", since=build.at(minutes))
        ]

    assert since(20) == [
        "partial long ago",
        "beside it",
        "newest snapshot",
        "added to it",
        "reaches further",
        "kept later",
    ]
    assert since(-1) == [collection.id for collection in store.runs.collections("demo")]
    collections = store.runs.collections("demo", since=build.at(20), as_of=build.at(3))
    assert [collection.id for collection in collections] == [
        "older",
        "old snapshot",
        "partial long ago",
    ]
