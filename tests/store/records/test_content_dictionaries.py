"""Bodies of a kind are stored without what they repeat, and read back as they were."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.model import json_codec
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.store.codec.compression import Decompressor, dictionary_number
from ccm_core.store.sqlite.verify import verify_store

ADA = "ada@example.com lives in the street of the long and unmistakable name"
OF_KIND = "FROM dictionary WHERE kind = 'demo.thing'"
TEXT = "what an object of this kind says of itself, and every other one of it as well: "


def body(name, number):
    """Return a body that repeats what others of its kind have."""
    return {"id": name, "text": TEXT, "owner": ADA if name == "ada" else f"owner {number}"}


def append(store, build, at, names, pack=None):
    """Store a window of objects, packed by the store."""
    collection = build.collection(f"c{at}", at=at)
    pack = pack or store.records.packer(build.kind)
    observations = [
        replace(
            build.observation(collection, name, None),
            body=pack(json_codec.encode(body(name, number))),
        )
        for number, name in enumerate(names)
    ]
    store.records.append(WriteBatch(collection=collection, observations=observations))


@pytest.fixture
def filled(store, build):
    """Return a store with a window that made a dictionary, and one that is read with it."""
    append(store, build, 1, ["ada", *(f"a{n}" for n in range(9))])
    append(store, build, 2, [f"b{n}" for n in range(9)])
    return store


def stored(tmp_path, query):
    """Read the store beside ccm."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        return database.execute(query).fetchall()


def change(tmp_path, statement):
    """Write to the store beside ccm."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        database.execute(statement)


def problems(tmp_path):
    """Verify the store; return what is wrong with which of its parts."""
    verification = verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None)
    return [problem for problem in verification.problems if "run r1" not in problem.label]


def test_later_bodies_of_a_kind_take_a_fraction_and_are_read_alike(filled, build, bodies, tmp_path):
    """The first window has none to be compressed with."""
    contents = [content for (content,) in stored(tmp_path, "SELECT content FROM body")]
    plain = [len(content) for content in contents if dictionary_number(content) is None]
    named = [len(content) for content in contents if dictionary_number(content) is not None]
    assert (len(plain), len(named)) == (10, 9)
    assert max(named) < min(plain) / 2
    read = bodies(filled)
    assert read["ada"] == body("ada", 0)
    assert read["b8"] == body("b8", 8)
    assert problems(tmp_path) == []


def test_documents_of_runs_take_a_fraction_as_well(store, build, left, tmp_path):
    """Collections, manifests and acts repeat most of what the one before states."""
    for number in range(1, 6):
        run = f"run {number}"
        store.runs.begin(build.run(run, at=10 * number))
        store.records.append(build.harvest(f"c{number}", {"a": {"n": number}}, run=run))
        store.runs.seal(build.manifest(run, at=10 * number + 1))
        evaluation = left.evaluation(store, number, at=10 * number + 3, names={})
        store.evaluations.append(evaluation, None, (), left.act(number))
    for table in ("collection", "manifest", "document"):
        first, *_, last = stored(tmp_path, f"SELECT document FROM {table} ORDER BY seq")  # noqa: S608 - names of ours
        assert len(last[0]) < len(first[0]) * 0.7, table
    assert [manifest.run for manifest in store.runs.manifests()] == [
        f"run {n}" for n in range(1, 6)
    ]
    assert [collection.id for collection in store.runs.collections("demo")][-1] == "c5"
    assert store.evaluations.latest_stored()[1] == left.act(5)
    assert problems(tmp_path) == []


def test_a_dictionary_of_few_bodies_is_followed_by_a_better_one(store, build, bodies, tmp_path):
    """A kind that had one object when it was made gets another one when it has more."""
    for at, number in enumerate((1, 2, 9, 15, 40), start=1):
        append(store, build, at, [f"{at}-{n}" for n in range(number)])
    rows = stored(tmp_path, f"SELECT bodies {OF_KIND}")
    made = [len(json_codec.decode(of_bodies)) for (of_bodies,) in rows]
    assert made == [1, 9, 20]
    assert len(bodies(store)) == 67


def test_what_is_erased_is_gone_from_the_dictionary_and_others_are_read_without_it(
    filled, build, bodies, tmp_path
):
    """They are compressed anew, with a dictionary of what remains."""
    (content,) = stored(tmp_path, f"SELECT content {OF_KIND}")
    assert ADA.encode() in Decompressor().read(content[0])
    filled.erasure.erase(
        Erasure(
            id="e1",
            reason="asked to",
            erased_at=build.at(99),
            connection=build.connection,
            kind=build.kind,
            key="ada",
        )
    )
    contents = stored(tmp_path, f"SELECT content {OF_KIND}")
    assert len(contents) == 1
    assert ADA.encode() not in Decompressor().read(contents[0][0])
    assert bodies(filled)["b8"] == body("b8", 8)
    assert problems(tmp_path) == []


def test_a_window_that_was_read_before_an_erasure_is_refused_and_read_again(
    filled, build, bodies, tmp_path
):
    """Its bodies name a dictionary that is gone: nothing could read them."""
    pack = filled.records.packer(build.kind)
    change(tmp_path, f"DELETE {OF_KIND}")
    with pytest.raises(StoreError, match="erased from the store while this was read"):
        append(filled, build, 3, ["c1"], pack)
    append(filled, build, 3, ["c1"])
    assert stored(tmp_path, "SELECT count(*) FROM version") == [(20,)]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("DELETE FROM dictionary", r"dictionary \d, which it is compressed with, is not there"),
        ("UPDATE dictionary SET content = x'00'", r"dictionary \d, which .* is damaged"),
        ("UPDATE dictionary SET seq = 9", r"dictionary \d, which .* is not there"),
    ],
)
def test_a_damaged_dictionary_is_named_by_all_that_need_it(
    filled, build, bodies, tmp_path, damage, message
):
    """Nothing is read in part."""
    change(tmp_path, f"{damage} WHERE kind = 'demo.thing'")
    with pytest.raises(IntegrityError, match=message):
        bodies(filled)
    assert len([problem for problem in problems(tmp_path) if problem.table == "body"]) == 9


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param("UPDATE dictionary SET bodies = '[]'", id="that name nothing"),
        pytest.param("UPDATE dictionary SET bodies = 'x'", id="that are no list"),
        pytest.param("UPDATE dictionary SET bodies = '[\"sha256:00\"]'", id="that are not there"),
        pytest.param(
            "INSERT INTO dictionary SELECT 7, 'x', '[]', 0, content FROM dictionary",
            id="a second one that names nothing",
        ),
    ],
)
def test_a_dictionary_is_held_against_the_bodies_it_names(filled, tmp_path, damage):
    """So nobody hides that it holds what is to be erased, or puts something into it."""
    change(tmp_path, f"{damage} WHERE kind = 'demo.thing'")
    (problem,) = problems(tmp_path)
    assert (problem.table, problem.field) == ("dictionary", "content")
