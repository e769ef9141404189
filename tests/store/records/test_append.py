"""What ``keep`` promises: one window, one transaction, only what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.errors import StoreError
from ccm_core.ledger import merkle_hash
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import Counts, Outcome
from ccm_core.model.evidence.window import Window

ONE, TWO = {"n": 1}, {"n": 2}


def counted(collection):
    """Return what the store counted: appended, unchanged, tombstones."""
    counts = collection.counts
    return counts.appended, counts.unchanged, counts.tombstones


def test_a_first_snapshot_is_appended_whole(store, build, bodies):
    """Every record of a first snapshot is new."""
    collection = store.records.append(build.harvest("c1", {"a": ONE, "b": TWO}, snapshot=True))

    assert counted(collection) == (2, 0, 0)
    assert bodies(store) == {"a": ONE, "b": TWO}


def test_a_second_snapshot_appends_only_what_changed(store, build, bodies):
    """What stayed the same is counted and not stored; what vanished gets a tombstone."""
    store.records.append(build.harvest("c1", {"a": ONE, "b": ONE, "c": ONE}, snapshot=True))
    collection = store.records.append(build.harvest("c2", {"a": ONE, "b": TWO}, snapshot=True))

    assert counted(collection) == (1, 1, 1)
    assert bodies(store) == {"a": ONE, "b": TWO}
    assert [r.collection for r in store.records.current("demo", "demo.thing")] == ["c1", "c2"]


def test_a_key_that_comes_back_is_appended_again(store, build, bodies):
    """After a tombstone the same body is a new version; a tombstone is not repeated."""
    for name, batch in [("c1", {"a": ONE}), ("c2", {}), ("c3", {}), ("c4", {"a": ONE})]:
        collection = store.records.append(build.harvest(name, batch, snapshot=True))
        expected = {"c1": (1, 0, 0), "c2": (0, 0, 1), "c3": (0, 0, 0), "c4": (1, 0, 0)}
        assert counted(collection) == expected[name]

    assert bodies(store) == {"a": ONE}
    assert [r.collection for r in store.records.history("demo", "demo.thing", "a")] == ["c1", "c4"]


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        pytest.param(True, Outcome.PARTIAL, id="a partial snapshot"),
        pytest.param(True, Outcome.UNAVAILABLE, id="an unavailable snapshot"),
        pytest.param(True, Outcome.FAILED, id="a failed snapshot"),
        pytest.param(False, Outcome.COMPLETE, id="a complete window of events"),
        pytest.param(False, Outcome.PARTIAL, id="a partial window of events"),
    ],
)
def test_only_a_complete_snapshot_lets_keys_vanish(store, build, bodies, snapshot, outcome):
    """What was not seen for another reason than that it is gone stays as it was."""
    store.records.append(build.harvest("c1", {"a": ONE, "b": ONE}, snapshot=True))
    collection = store.records.append(
        build.harvest("c2", {"b": TWO}, snapshot=snapshot, outcome=outcome)
    )

    assert counted(collection) == (1, 0, 0)
    assert collection.population_root is None
    assert bodies(store) == {"a": ONE, "b": TWO}


def test_snapshots_of_other_kinds_and_connections_are_left_alone(store, build, bodies):
    """The same key in another kind or connection is another record."""
    store.runs.begin(build.run("r2", connection="other"))
    store.records.append(build.harvest("c1", {"a": ONE}, snapshot=True))
    store.records.append(build.harvest("c2", {}, snapshot=True, kind="demo.part"))
    store.records.append(
        build.harvest("c3", {"a": TWO}, snapshot=True, connection="other", run="r2")
    )

    assert bodies(store) == {"a": ONE}
    assert bodies(store, connection="other") == {"a": TWO}
    assert bodies(store, kind="demo.part") == {}


def test_the_counts_of_the_collector_stay(store, build):
    """Only appended, unchanged and tombstones are the store's to fill in."""
    harvest = build.harvest("c1", {"a": ONE}, counts=Counts(pages=3, items=7, waited=1.5))
    collection = store.records.append(harvest)

    assert collection == replace(harvest.collection, counts=replace(collection.counts))
    assert collection.counts == Counts(pages=3, items=7, waited=1.5, appended=1)
    assert store.runs.collections("demo") == [collection]


def test_a_complete_snapshot_has_a_population_root(store, build):
    """The root is over every pair of key and digest, sorted, changed or not."""
    population = {"b": TWO, "a": ONE, "\U0001f600": ONE, "\uffff": ONE}
    store.records.append(build.harvest("c1", {"a": ONE}, snapshot=True))
    collection = store.records.append(build.harvest("c2", population, snapshot=True))

    order = ["a", "b", "\uffff", "\U0001f600"]
    leaves = [
        key.encode() + b"\0" + digest(json_codec.encode(population[key])).encode() for key in order
    ]
    assert collection.population_root == f"sha256:{merkle_hash.root(leaves).hex()}"


def test_a_population_root_from_the_collector_stays(store, build):
    """The caller may have computed the root itself."""
    collection = store.records.append(
        build.harvest("c1", {}, snapshot=True, population_root="sha256:00")
    )

    assert collection.population_root == "sha256:00"


def test_a_record_is_read_back_as_it_was_appended(store, build):
    """Every field of a record survives, with and without a window."""
    window = Window(build.at(0.000001), build.at(60))
    deep = {"deep": [1, None, "é", 1.5]}
    events = build.harvest("c1", {"a": deep}, window=window)
    things = build.harvest("c2", {"a": ONE}, snapshot=True, kind="demo.part")
    store.records.append(events)
    store.records.append(things)

    for harvest, body in (events, deep), (things, ONE):
        (record,) = store.records.current("demo", harvest.collection.kind)
        assert record == build.record(harvest, "a", body)


def test_a_batch_may_have_more_keys_than_one_statement_binds(store, build, bodies):
    """A window of thousands is kept like a small one, also the second time."""
    many = {f"k{n:05}": {"n": n} for n in range(3000)}
    store.records.append(build.harvest("c1", many))
    collection = store.records.append(build.harvest("c2", {**many, "k00700": ONE, "new": ONE}))

    assert counted(collection) == (2, 2999, 0)
    assert bodies(store) == {**many, "k00700": ONE, "new": ONE}


def refuse_unknown_run(build):
    """Name a run that was never begun."""
    return build.harvest("c2", {"a": TWO}, run="r9")


def refuse_other_connection(build):
    """Name a run of another connection."""
    return build.harvest("c2", {"a": TWO}, connection="other")


def refuse_twice(build):
    """Keep a collection of the same id again."""
    return build.harvest("c1", {"a": TWO})


def refuse_two_of_a_key(build):
    """Observe one key twice."""
    harvest = build.harvest("c2", {"b": ONE})
    return replace(harvest, observations=[*harvest.observations, *harvest.observations])


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        pytest.param(refuse_unknown_run, StoreError, "r9 of demo was never begun", id="no run"),
        pytest.param(refuse_other_connection, StoreError, "r1 of other was never", id="not its"),
        pytest.param(refuse_twice, StoreError, "c1 is stored already", id="kept twice"),
        pytest.param(refuse_two_of_a_key, ValueError, "'b' is observed twice", id="key twice"),
    ],
)
def test_a_refused_batch_leaves_the_store_as_it_was(store, build, bodies, wrong, error, message):
    """A refused harvest says why, and nothing of it is there."""
    store.records.append(build.harvest("c1", {"a": ONE}))

    with pytest.raises(error, match=message):
        store.records.append(wrong(build))

    assert bodies(store) == {"a": ONE}
    assert [c.id for c in store.runs.collections("demo")] == ["c1"]


def test_a_sealed_run_accepts_no_batch(store, build):
    """A manifest lists all of a run, so nothing may follow it."""
    store.runs.seal(build.manifest())

    with pytest.raises(StoreError, match="r1 of demo is sealed"):
        store.records.append(build.harvest("c1", {"a": ONE}))
    assert store.runs.collections("demo") == []
