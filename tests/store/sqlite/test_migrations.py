"""Migrations: a store of an older revision becomes one of the newest; others are refused."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from ccm_core.errors import StoreError
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite import migrations
from ccm_core.store.sqlite.migrations import NEWEST, REVISION_TABLE, scripts
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store

NEXT = f"{int(NEWEST) + 1:04}"
NEXT_SCRIPT = """
-- A script of its own for each revision.
CREATE TABLE label (run INTEGER NOT NULL, text TEXT NOT NULL);
ALTER TABLE run ADD COLUMN label TEXT;
"""
LOCATION = StoreLocation(url="sqlite:///ccm.db")


def schema(path):
    """Return the text of everything that a database has in its schema."""
    query = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(query).fetchall()
    return {(kind, name): _columns_sorted(text) for kind, name, text in rows}


def _columns_sorted(text):
    # A column that a migration adds stands on the line of the one before it.
    parts = re.split(r"[,\n]", text or "")
    return sorted(part.strip() for part in parts if part.strip())


def revision(path):
    """Return the rows of the table that holds the revision of a database."""
    with closing(sqlite3.connect(path)) as database:
        query = f"SELECT * FROM {REVISION_TABLE}"  # noqa: S608 - a constant
        return database.execute(query).fetchall()


@pytest.fixture
def older(store, build, tmp_path, monkeypatch):
    """Return the path of a store that became older than its ccm, which has one more revision."""
    store.records.append(build.harvest("c1", {"a": {"n": 1}}))
    store.close()
    revisions = {**scripts(), NEXT: NEXT_SCRIPT}
    monkeypatch.setattr(migrations, "scripts", lambda: revisions)
    monkeypatch.setattr(migrations, "NEWEST", NEXT)
    return tmp_path / "ccm.db"


def test_an_older_store_is_migrated_when_it_is_opened(older, tmp_path, bodies):
    """It gets the tables of a new store and loses nothing."""
    with closing(open_store(LOCATION, base=tmp_path)) as opened:
        assert opened.runs.connections() == ["demo"]
        assert bodies(opened) == {"a": {"n": 1}}
    new = StoreLocation(url="sqlite:///new.db")
    open_store(new, base=tmp_path).close()

    assert revision(older) == revision(tmp_path / "new.db") == [(NEXT,)]
    migrated, created = schema(older), schema(tmp_path / "new.db")
    assert migrated.keys() == created.keys()
    assert [name for name in created if migrated[name] != created[name]] == []
    assert verify_store(older, on_progress=lambda *_: None).sound


def test_a_migration_that_fails_changes_nothing(older, tmp_path):
    """All of it is one transaction: a store is at one revision or at the other."""
    with closing(sqlite3.connect(older)) as database, database:
        database.execute("ALTER TABLE run ADD COLUMN label TEXT")
    before = schema(older)

    with pytest.raises(StoreError, match="duplicate column name: label"):
        open_store(LOCATION, base=tmp_path)

    assert schema(older) == before
    assert revision(older) == [(NEWEST,)]


def test_an_older_store_is_refused_where_nothing_is_written(older, tmp_path):
    """Reading and verifying migrate nothing; the message says what does."""
    before = older.read_bytes()
    with pytest.raises(StoreError, match=r"written by an older ccm.*Run `ccm collect`"):
        open_store(LOCATION, base=tmp_path, read_only=True)
    with pytest.raises(StoreError, match=r"written by an older ccm.*Run `ccm collect`"):
        verify_store(older, on_progress=lambda *_: None)
    assert older.read_bytes() == before


@pytest.mark.parametrize("read_only", [True, False])
def test_a_store_from_before_the_first_release_is_refused(tmp_path, read_only):
    """The message says what the file is, why it cannot be read, and what to do."""
    path = tmp_path / "ccm.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE store_revision (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO store_revision VALUES ('0004')")
    before = path.read_bytes()

    with pytest.raises(StoreError, match=r"before the first release.*Move the file away") as caught:
        open_store(LOCATION, base=tmp_path, read_only=read_only)
    assert str(path) in str(caught.value)
    assert "ccm collect" in str(caught.value)
    with pytest.raises(StoreError, match="before the first release"):
        verify_store(path, on_progress=lambda *_: None)
    assert path.read_bytes() == before


def test_the_newest_revision_is_the_last_script():
    """Opening compares with the same revision that migrating leads to."""
    assert list(scripts())[-1] == NEWEST
    assert [int(name) for name in scripts()] == list(range(1, len(scripts()) + 1))


@pytest.mark.usefixtures("store")
def test_a_new_store_has_its_facts_and_settings(tmp_path):
    """One row says which store it is and what made it; SQLite is set to lose nothing."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        ((identity, created_by),) = database.execute("SELECT identity, created_by FROM store")
        assert len(identity) == 32
        assert created_by.startswith("ccm-core ")
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA page_size").fetchone() == (16384,)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
