"""What was changed behind the store's back is found when it is read."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.store.codec.compression import Compressor

BODY = {"n": 1, "name": "Ada"}


def flipped(content, *, at=-1):
    """Flip one bit of one byte."""
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


@pytest.fixture
def full(store, build):
    """Return a store with one of everything, and a row of each for company."""
    store.records.append(build.harvest("c1", {"a": BODY, "b": {}}, rejected=[build.rejected()]))
    store.runs.seal(build.manifest())
    store.evaluations.append(build.evaluation(1))
    store.rejected_digest = digest(json_codec.encode(build.rejected()))
    return store


@pytest.fixture
def tamper(tmp_path):
    """Return a function that rewrites one stored value directly, past ccm."""

    def change(table, column, changed, where="1"):
        with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
            query = f"SELECT rowid, {column} FROM {table} WHERE {where}"  # noqa: S608 - constants
            row, value = database.execute(query).fetchone()
            update = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"  # noqa: S608 - constants
            database.execute(update, (changed(value), row))

    return change


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(flipped, id="the last byte"),
        pytest.param(lambda content: flipped(content, at=0), id="the first byte"),
        pytest.param(lambda content: flipped(content, at=len(content) // 2), id="in the middle"),
        pytest.param(lambda content: content[:-1], id="cut"),
        pytest.param(lambda _: b"", id="emptied"),
        pytest.param(lambda content: content + b"x", id="lengthened"),
        pytest.param(lambda _: Compressor().compress(b'{"n":2}'), id="another body"),
        pytest.param(lambda _: "text", id="text in its place"),
        pytest.param(lambda _: 7, id="a number in its place"),
    ],
)
def test_a_changed_body_is_found_when_it_is_read(full, tamper, build, changed):
    """The message names the kind, the key and the digest; other records can be read."""
    body_digest = digest(json_codec.encode(BODY))
    tamper("body", "content", changed, f"hex(digest) = '{body_digest[7:].upper()}'")

    for read in (
        lambda: list(full.records.current("demo", "demo.thing")),
        lambda: list(full.records.current("demo", "demo.thing", as_of=build.at(1))),
        lambda: list(full.records.history("demo", "demo.thing", "a")),
    ):
        with pytest.raises(IntegrityError, match=rf"demo\.thing 'a' of demo .*{body_digest}"):
            read()
    assert [r.body for r in full.records.history("demo", "demo.thing", "b")] == [{}]


def test_a_missing_body_is_found_when_it_is_read(full, tmp_path):
    """A record is never left out because its body is missing."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        database.execute("DELETE FROM body")

    with pytest.raises(IntegrityError, match=r"demo\.thing 'a' of demo is missing"):
        list(full.records.current("demo", "demo.thing"))


@pytest.mark.parametrize(
    ("table", "read", "name"),
    [
        pytest.param(
            "collection", lambda s: s.runs.collections("demo"), "collection c1", id="collection"
        ),
        pytest.param("manifest", lambda s: s.runs.manifests(), "manifest of run r1", id="manifest"),
        pytest.param(
            "rejected",
            lambda s: list(s.ledger.contents("rejected", [s.rejected_digest])),
            "rejected sha256",
            id="rejected",
        ),
        pytest.param(
            "evaluation", lambda s: s.evaluations.latest(), "evaluation sha256", id="evaluation"
        ),
    ],
)
def test_a_changed_document_is_found_when_it_is_read(full, tamper, table, read, name):
    """Outcomes, manifests and verdicts are held to their digests like bodies."""
    for changed in (flipped, lambda _: "text"):
        tamper(table, "document", changed)
        with pytest.raises(IntegrityError, match=f"{name}.* is damaged"):
            read(full)


def test_a_document_of_an_unknown_form_is_no_damage(full, tamper):
    """Its bytes are right: a newer ccm wrote it."""
    data = b'{"form":"of tomorrow"}'
    tamper("manifest", "document", lambda _: Compressor().compress(data))
    tamper("manifest", "digest", lambda _: digest(data))

    with pytest.raises(StoreError, match=r"does not read .* Upgrade ccm-core"):
        full.runs.manifests()
