"""Erasing: the bytes are gone from the disk, the proof stays, and nothing passes for evidence."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ccm_core.model import json_codec
from ccm_core.model.evidence.erasure import Erasure, ErasureResult
from ccm_core.store.sqlite.verify import verify_store

SECRET = "ada@example.com lives in the street of the long and unmistakable name"


@pytest.fixture
def filled(reopen, build, key):
    """Return a store with a snapshot kind and an event kind, each collected twice."""
    store = reopen(key())
    for number in (1, 2):
        run, at = f"r{number}", number * 10
        store.runs.begin(build.run(run, at=at))
        things = {"a": {"n": number, "mail": SECRET * number}, "b": {"n": 0}}
        refused = [build.rejected()]
        changes = {"run": run, "at": at, "rejected": refused}
        store.records.append(build.harvest(f"c{number}", things, snapshot=True, **changes))
        events = {f"e{number}": {"of": number}, f"f{number}": {"by": number}}
        store.records.append(build.harvest(f"d{number}", events, kind="demo.event", run=run, at=at))
        store.runs.seal(build.manifest(run, at=at + 1))
    return store


def order(build, **chosen):
    """Return an order to erase."""
    return Erasure(id="e1", reason="asked to", erased_at=build.at(99), **chosen)


def verified(tmp_path):
    """Verify the store of a test."""
    return verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None)


def remaining(store):
    """Return what is still there, of what stands, by kind and key."""
    return {
        (kind, record.key)
        for kind in ("demo.thing", "demo.event")
        for record in store.records.current("demo", kind)
        if record.erased_at is None
    }


NOTHING = ErasureResult(bodies=0, rejected=0, shared_versions=0)
ALL = {("demo.thing", "a"), ("demo.thing", "b")} | {
    ("demo.event", f"{letter}{number}") for letter in "ef" for number in (1, 2)
}


@pytest.mark.parametrize(
    ("chosen", "result", "erased"),
    [
        pytest.param(
            {"kind": "demo.thing", "key": "a"},
            ErasureResult(bodies=2, rejected=0, shared_versions=0),
            {("demo.thing", "a")},
            id="one object, every version",
        ),
        pytest.param(
            {"kind": "demo.event"},
            ErasureResult(bodies=4, rejected=0, shared_versions=0),
            {one for one in ALL if one[0] == "demo.event"},
            id="a kind",
        ),
        pytest.param(
            {"connection": "demo"},
            ErasureResult(bodies=7, rejected=1, shared_versions=0),
            ALL,
            id="a connection",
        ),
        pytest.param(
            {"connection": "other"},
            ErasureResult(bodies=0, rejected=0, shared_versions=0),
            set(),
            id="-",
        ),
        pytest.param(
            {"key": "bad", "kind": "demo.thing"},
            ErasureResult(bodies=0, rejected=1, shared_versions=0),
            set(),
            id="what was rejected",
        ),
    ],
)
def test_an_erasure_deletes_the_selected_bodies(filled, build, tmp_path, chosen, result, erased):
    """It is told before; afterwards exactly that is gone, and the store verifies."""
    assert filled.erasure.preview(order(build, **chosen)) == result
    assert remaining(filled) == ALL
    assert filled.erasure.erase(order(build, **chosen)) == result

    assert remaining(filled) == ALL - erased
    verification = verified(tmp_path)
    assert (verification.problems, verification.unproven) == ((), ())
    assert (verification.erased > 0) == (result != NOTHING)


def test_an_erasure_by_age_spares_current_records_of_a_snapshot(filled, build, tmp_path):
    """Retention: an event that is old goes; what is observed again and again is not old."""
    old = order(build, stored_before=build.at(15), excluded_kinds=frozenset({"demo.thing"}))
    filled.erasure.erase(old)

    assert remaining(filled) == ALL - {("demo.event", "e1"), ("demo.event", "f1")}
    history = [record.erased_at for record in filled.records.history("demo", "demo.thing", "a")]
    assert history == [build.at(99), None]
    assert list(filled.records.erased_keys("demo", "demo.event")) == [("e1", None), ("f1", None)]
    assert list(filled.records.erased_keys("demo", "demo.thing")) == []
    assert verified(tmp_path).sound


def test_erased_bytes_are_gone_from_the_disk(filled, build, tmp_path):
    """Not only from the tables: not in a free page, not in the log."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        query = "SELECT content FROM version JOIN body USING (digest) WHERE key = 'a'"
        contents = [row[0] for row in database.execute(query)]
    assert len(contents) == 2
    assert all(content in everything(tmp_path) for content in contents)

    filled.erasure.erase(order(build, kind="demo.thing", key="a"))
    assert not any(
        content[at : at + 12] in everything(tmp_path) for content in contents for at in (9, 30)
    )


def everything(folder):
    """Return all the bytes that are on the disk."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_an_erased_body_that_versions_share_is_counted_for_them(filled, build, tmp_path):
    """Bodies are kept once by digest: the very same content is gone wherever it was."""
    filled.runs.begin(build.run("r3", connection="other", at=50))
    same = build.harvest("o1", {"z": {"n": 0}}, run="r3", connection="other", at=50)
    filled.records.append(same)
    filled.runs.seal(build.manifest("r3", connection="other", at=51))

    assert filled.erasure.erase(order(build, connection="other")) == ErasureResult(
        bodies=1, rejected=0, shared_versions=1
    )
    assert ("demo.thing", "b") not in remaining(filled)
    assert verified(tmp_path).sound


def test_an_erased_body_that_is_observed_again_is_stored_again(filled, build, tmp_path):
    """An erasure looks back: what the source still says afterwards is evidence again."""
    filled.erasure.erase(order(build, kind="demo.event"))
    filled.runs.begin(build.run("r3", at=50))
    filled.records.append(
        build.harvest("d3", {"e1": {"of": 3}}, kind="demo.event", run="r3", at=50)
    )
    filled.records.append(
        build.harvest("d4", {"e1": {"of": 1}}, kind="demo.event", run="r3", at=51)
    )
    filled.runs.seal(build.manifest("r3", at=52))

    assert ("demo.event", "e1") in remaining(filled)
    assert verified(tmp_path).sound
    second = Erasure(id="e2", kind="demo.event", reason="again", erased_at=build.at(60))
    assert filled.erasure.erase(second) == ErasureResult(bodies=2, rejected=0, shared_versions=0)
    assert verified(tmp_path).sound


def test_the_ledger_says_what_was_erased_and_why(filled, build):
    """The order and each digest, under a signed head."""
    filled.erasure.erase(order(build, kind="demo.thing", key="a"))

    leaves = [
        json_codec.decode(leaf)
        for leaf, _ in filled.ledger.prove("@store", lambda leaf: leaf["leaf"].startswith("eras"))
    ]
    assert leaves[0] == {
        "leaf": "erasure",
        "id": "e1",
        "kind": "demo.thing",
        "key": "a",
        "reason": "asked to",
        "erased_at": "2026-01-01T01:39:00Z",
    }
    assert [(leaf["leaf"], leaf["erasure"]) for leaf in leaves[1:]] == [("erased", "e1")] * 2
