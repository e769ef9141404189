"""Runs are read by what is asked of them: the newest, the last few, those since an instant."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from itertools import product

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.model.evidence.collection import Outcome
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.store.records import run_queries

OTHER = "other"


@pytest.fixture
def runs(store, build):
    """Store runs of two connections in turn, the last of them not sealed."""
    for number in range(1, 6):
        name, connection = f"x{number}", OTHER if number % 2 else build.connection
        store.runs.begin(build.run(name, connection=connection, at=10 * number))
        if number < 5:
            sealed = build.manifest(name, connection=connection, at=10 * number + 1)
            store.runs.seal(sealed)
    return store.runs


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(None, ["x3", "x4"], id="now"),
        pytest.param(35, ["x2", "x3"], id="before the last was sealed"),
        pytest.param(21, ["x1", "x2"], id="at the very moment"),
        pytest.param(15, ["x1"], id="when one connection had none"),
        pytest.param(5, [], id="before anything"),
    ],
)
def test_the_newest_manifest_of_each_connection_is_read_as_of_any_moment(
    runs, build, minutes, expected
):
    """One for each connection that has a sealed run, by name."""
    as_of = None if minutes is None else build.at(minutes)
    newest = runs.newest_manifests(as_of=as_of)

    assert sorted(manifest.run for manifest in newest) == expected
    names = [manifest.connection for manifest in newest]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(1, ["x4"], id="one"),
        pytest.param(3, ["x2", "x3", "x4"], id="some"),
        pytest.param(9, ["r1", "x1", "x2", "x3", "x4"], id="more than there are"),
        pytest.param(None, ["r1", "x1", "x2", "x3", "x4"], id="all"),
    ],
)
def test_the_last_manifests_are_listed_oldest_first(runs, build, last, expected):
    """The same order as of all of them."""
    sealed = {manifest.run for manifest in runs.manifests()}
    assert [one.run for one in runs.manifests(last=last)] == [
        name for name in expected if name in sealed
    ]


def test_one_manifest_is_read_by_the_name_of_its_run(runs):
    """An open run and an unknown one have none."""
    assert runs.manifest("x2") == runs.manifests()[[m.run for m in runs.manifests()].index("x2")]
    assert runs.manifest("x5") is None
    assert runs.manifest("none") is None


def test_older_manifests_are_not_read_for_the_newest(runs, tmp_path):
    """Whoever wants the newest does not pay for a year of others: damage in those is not met."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        newest = "SELECT seq FROM manifest ORDER BY seq DESC LIMIT 2"
        database.execute(
            f"UPDATE manifest SET document = x'00' WHERE seq NOT IN ({newest})"  # noqa: S608 - words of ours
        )
    with pytest.raises(IntegrityError):
        runs.manifests()
    assert [one.run for one in runs.newest_manifests()] == ["x4", "x3"]
    assert [one.run for one in runs.manifests(last=2)] == ["x3", "x4"]
    assert runs.manifest("x4") is not None


@pytest.mark.parametrize("seed", range(12))
def test_collections_since_an_instant_are_those_of_a_full_reading(store, build, seed):
    """Over random histories the indexes find what comparing every collection finds."""
    chance = random.Random(seed)  # noqa: S311 - a history, not a secret
    for number in range(60):
        if number % 5 == 0:
            run = f"h{number}"
            store.runs.begin(build.run(run, at=number))
        end = chance.randrange(200)
        window = Window(build.at(end - 30), build.at(end + chance.randrange(-20, 30)))
        collection = build.collection(
            f"c{number}",
            at=end,
            run=run,
            kind=chance.choice(("demo.a", "demo.b")),
            outcome=chance.choice(list(Outcome)),
            window=window if chance.random() < 0.5 else None,
        )
        store.records.append(WriteBatch(collection=collection, observations=[]))
    every = store.runs.collections(build.connection)
    for since, as_of in product((-10, 0, 57, 120, 199, 300), (None, 90, 150)):
        limit = None if as_of is None else build.at(as_of)
        expected = reached(every, build.at(since), limit)
        read = store.runs.collections(build.connection, since=build.at(since), as_of=limit)
        assert list(read) == expected


def reached(every, since, as_of):
    """Return by comparing every collection what the contract of ``since`` names."""
    known = [one for one in every if as_of is None or one.ended_at <= as_of]
    newest = {(one.kind, one.window is not None, one.outcome): one.run for one in known}
    return [
        one
        for one in known
        if one.ended_at > since
        or (one.window is not None and one.window.until > since)
        or one.run in newest.values()
    ]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(run_queries.NEWEST_MANIFEST, id="the newest manifest"),
        pytest.param(run_queries.MANIFEST_OF_RUN, id="the manifest of a run"),
        pytest.param(run_queries.COLLECTIONS_SINCE.format(""), id="collections since an instant"),
        pytest.param(run_queries.MANIFESTS_SINCE.format(""), id="manifests since an instant"),
    ],
)
def test_bounded_readings_scan_no_table(runs, tmp_path, statement):
    """SQLite finds their rows through indexes."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        names = ("connection", "kind", "run", "as_of", "since", "last")
        rows = database.execute(f"EXPLAIN QUERY PLAN {statement}", dict.fromkeys(names))
        plan = [detail for *_, detail in rows]
    assert [step for step in plan if step.startswith("SCAN") and "INDEX" not in step] == []
