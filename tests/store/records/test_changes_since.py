"""What was kept since a mark: never less than what changed, and none where it is not certain."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.model.evidence.erasure import Erasure
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

KIND, NAME = "demo.thing", "demo"


@pytest.fixture
def watermark(store, build):
    """A store with two things, and the mark up to which they were read."""
    store.records.append(build.harvest("c1", {"a": {"n": 1}, "b": {"n": 1}}, at=1))
    return store.records.changes_since(NAME, KIND, None, as_of=build.at(1)).watermark


def changed(store, since):
    """Return the changed keys, and the current bodies of those that have one."""
    keys = since.changed_keys
    return keys, {record.key: record.body for record in store.records.get_many(NAME, KIND, keys)}


def test_changes_have_appended_and_vanished_keys(store, build, watermark):
    """What was seen again as it was did not change."""
    store.records.append(build.harvest("c2", {"a": {"n": 1}, "c": {"n": 3}}, at=2, snapshot=True))

    assert changed(
        store, store.records.changes_since(NAME, KIND, watermark, as_of=build.at(2))
    ) == (
        {"b", "c"},
        {"c": {"n": 3}},
    )


def test_changes_of_other_kinds_and_connections_are_left_out(store, build, watermark):
    """A mark is of one kind of one connection."""
    store.records.append(build.harvest("c2", {"a": {"n": 2}}, at=2, kind="demo.other"))
    store.runs.begin(build.run("r2", connection="twin"))
    store.records.append(build.harvest("c3", {"a": {"n": 2}}, at=2, run="r2", connection="twin"))

    assert changed(
        store, store.records.changes_since(NAME, KIND, watermark, as_of=build.at(2))
    ) == (
        set(),
        {},
    )


def test_the_next_watermark_covers_the_changes_that_were_read(store, build, watermark):
    """From mark to mark nothing is told twice."""
    store.records.append(build.harvest("c2", {"a": {"n": 2}}, at=2))
    first = store.records.changes_since(NAME, KIND, watermark, as_of=build.at(2))
    store.records.append(build.harvest("c3", {"b": {"n": 2}}, at=3))

    assert first.changed_keys == {"a"}
    assert store.records.changes_since(
        NAME, KIND, first.watermark, as_of=build.at(3)
    ).changed_keys == {"b"}


def test_a_clock_that_was_set_back_hides_no_change(store, build, watermark):
    """What was kept last counts, not what bears the latest time."""
    store.records.append(build.harvest("c2", {"a": {"n": 2}}, at=-5))

    assert store.records.changes_since(NAME, KIND, watermark, as_of=build.at(1)).changed_keys == {
        "a"
    }


def test_a_changed_record_that_was_erased_is_empty(store, build, watermark):
    """Its record is there, and empty."""
    store.records.append(build.harvest("c2", {"a": {"n": 2}}, at=2))
    erase(store, build, "a")
    watermark = store.records.changes_since(NAME, KIND, None, as_of=build.at(4)).watermark
    (record,) = store.records.get_many(NAME, KIND, {"a"})

    assert (record.body, record.erased_at) == ({}, build.at(3))
    assert changed(
        store, store.records.changes_since(NAME, KIND, watermark, as_of=build.at(4))
    ) == (
        set(),
        {},
    )


def test_some_records_are_read_by_their_keys(store, build, watermark):
    """As they stand, sorted by key; keys of which nothing stands are passed over."""
    store.records.append(build.harvest("c2", {"b": {"n": 2}}, at=2, snapshot=True))

    assert [
        (record.key, record.body) for record in store.records.get_many(NAME, KIND, {"b", "a", "z"})
    ] == [("b", {"n": 2})]
    assert list(store.records.get_many(NAME, KIND, set())) == []


def test_what_records_were_at_a_watermark_is_read_by_their_keys(store, build, watermark):
    """As they were then, whatever became of them; what is new was not there."""
    store.records.append(build.harvest("c2", {"b": {"n": 2}, "c": {"n": 3}}, at=2, snapshot=True))

    before = store.records.get_many_at(NAME, KIND, {"a", "b", "c", "z"}, watermark)
    assert {record.key: record.body for record in before} == {"a": {"n": 1}, "b": {"n": 1}}
    assert store.records.sizes(NAME) == {KIND: 2}
    assert store.records.sizes("twin") == {}


def erase(store, build, key):
    """Erase what was kept of a key."""
    order = Erasure(
        id=f"e-{key}", connection=NAME, kind=KIND, key=key, reason="r", erased_at=build.at(3)
    )
    store.erasure.erase(order)


def kept_later(store, build, folder):
    """Another process kept something while its clock was ahead."""
    store.records.append(build.harvest("c2", {"a": {"n": 2}}, at=20))
    return store


def erased_since(store, build, folder):
    """An object was erased."""
    erase(store, build, "a")
    return store


def brought_back(store, build, folder):
    """Another connection observes what was erased of this one: the body is there again."""
    erase(store, build, "a")
    watermark = store.records.changes_since(NAME, KIND, None, as_of=build.at(9)).watermark
    store.runs.begin(build.run("r2", connection="twin"))
    store.records.append(build.harvest("c2", {"a": {"n": 1}}, at=4, run="r2", connection="twin"))
    assert [record.body for record in store.records.get_many(NAME, KIND, {"a"})] == [{"n": 1}]
    return store, watermark


def other_store(store, build, folder):
    """The settings name another store now, with the same collections."""
    store_of_settings = open_store(StoreLocation(url="sqlite:///other.db"), base=folder)
    store_of_settings.runs.begin(build.run())
    store_of_settings.records.append(build.harvest("c1", {"a": {"n": 1}, "b": {"n": 1}}, at=1))
    return store_of_settings


def put_back(store, build, folder):
    """A backup of the store was put back, and collecting went on from there."""
    store.close()
    (folder / "ccm.db").write_bytes((folder / "backup.db").read_bytes())
    restored = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)
    restored.records.append(build.harvest("d1", {"a": {"n": 7}}, at=1))
    return restored


def put_back_and_left(store, build, folder):
    """A backup of the store was put back."""
    store.close()
    (folder / "ccm.db").write_bytes((folder / "backup.db").read_bytes())
    return open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(event, id=event.__name__.replace("_", "-"))
        for event in (
            kept_later,
            erased_since,
            brought_back,
            other_store,
            put_back,
            put_back_and_left,
        )
    ],
)
def test_no_changes_are_returned_where_they_are_not_certain(reopen, build, tmp_path, event):
    """Then everything has to be read."""
    store = reopen()
    store.runs.begin(build.run())
    store.close()
    (tmp_path / "backup.db").write_bytes((tmp_path / "ccm.db").read_bytes())
    store = reopen()
    store.records.append(build.harvest("c1", {"a": {"n": 1}, "b": {"n": 1}}, at=1))
    watermark = store.records.changes_since(NAME, KIND, None, as_of=build.at(1)).watermark
    result = event(store, build, tmp_path)
    result, watermark = result if isinstance(result, tuple) else (result, watermark)

    try:
        assert result.records.changes_since(NAME, KIND, watermark, as_of=build.at(9)) is None
    finally:
        result.close()


def test_no_watermark_is_returned_where_a_later_collection_is_stored(store, build):
    """The state of a past moment is not what stands."""
    store.records.append(build.harvest("c1", {"a": {"n": 1}}, at=2))

    assert store.records.changes_since(NAME, KIND, None, as_of=build.at(1)) is None
    assert store.records.changes_since(NAME, KIND, None, as_of=build.at(2)) is not None


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)
@given(
    steps=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from("abcd"), st.sampled_from([1, 2])),
            st.booleans(),
            st.integers(-3, 3),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_records_and_their_changes_equal_the_current_records(tmp_path_factory, build, steps):
    """Whoever reads all of it once, and what changed from then on, knows the state."""
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=tmp_path_factory.mktemp("s"))
    store.runs.begin(build.run())
    moment, watermark, records = 10, None, {}
    for number, (bodies, snapshot, minutes, look) in enumerate(steps):
        moment += minutes
        harvest = {key: {"n": n} for key, n in bodies.items()}
        store.records.append(build.harvest(f"c{number}", harvest, at=moment, snapshot=snapshot))
        if not look:
            continue
        now = build.at(moment)
        since = store.records.changes_since(NAME, KIND, watermark, as_of=now) if watermark else None
        if since is None:
            newest = store.records.changes_since(NAME, KIND, None, as_of=now)
            watermark = newest.watermark if newest else None
            records = {
                record.key: record for record in store.records.current(NAME, KIND, as_of=now)
            }
        else:
            watermark = since.watermark
            records = {
                key: record for key, record in records.items() if key not in since.changed_keys
            }
            changed_now = store.records.get_many(NAME, KIND, since.changed_keys)
            records |= {record.key: record for record in changed_now}
        assert records == {
            record.key: record for record in store.records.current(NAME, KIND, as_of=now)
        }
    store.close()
