"""Migrations: whatever an older ccm left becomes a store with the tables of today."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from ccm_core.errors import StoreError
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.migrations import NEWEST, REVISION_TABLE, scripts
from ccm_core.store.sqlite.open import open_store


def schema(path):
    """Give the text of everything that a database has in its schema."""
    query = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(query).fetchall()
    return {(kind, name): _columns_sorted(text) for kind, name, text in rows}


def _columns_sorted(text):
    # A column that a migration adds stands on the line of the one before it.
    parts = re.split(r"[,\n]", text or "")
    return sorted(part.strip() for part in parts if part.strip())


def revision(path):
    """Give the rows of the table that says at which revision a database is."""
    with closing(sqlite3.connect(path)) as database:
        query = f"SELECT * FROM {REVISION_TABLE}"  # noqa: S608 - a constant
        return database.execute(query).fetchall()


def grown_to(path, newest):
    """Make a store as the ccm of a revision would have left it; it holds one run."""
    with closing(sqlite3.connect(path)) as database, database:
        for name, script in scripts().items():
            if name <= newest:
                database.executescript(script)
        database.execute(f"CREATE TABLE {REVISION_TABLE} (version_num VARCHAR(32) PRIMARY KEY)")
        database.execute(f"INSERT INTO {REVISION_TABLE} VALUES (?)", [newest])  # noqa: S608 - a constant
        database.execute("INSERT INTO store VALUES (1, 'old', 0, 'ccm-core 0', 'none')")
        database.execute("INSERT INTO run VALUES (7, 'r', 'demo', 'fake', 5)")


@pytest.mark.parametrize("older", [name for name in scripts() if name != NEWEST])
def test_an_older_store_becomes_one_of_today(store, tmp_path, older):
    """Opening it is enough; it gets the tables of a new store and loses nothing."""
    store.close()
    path = tmp_path / "older.db"
    grown_to(path, older)

    with closing(open_store(StoreLocation(url="sqlite:///older.db"), base=tmp_path)) as opened:
        assert opened.runs.connections() == ["demo"]

    assert revision(path) == [(NEWEST,)]
    made, new = schema(path), schema(tmp_path / "ccm.db")
    assert made.records.existing_keys() == new.records.existing_keys()
    assert [name for name in new if made[name] != new[name] and name[1] != REVISION_TABLE] == []


def test_a_migration_that_fails_changes_nothing(tmp_path):
    """The whole way is one transaction: a store is at one revision or at the other."""
    path = tmp_path / "older.db"
    grown_to(path, "0001")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE followed (something TEXT)")
    before = schema(path)

    with pytest.raises(StoreError, match="followed already exists"):
        open_store(StoreLocation(url="sqlite:///older.db"), base=tmp_path)

    assert schema(path) == before
    assert revision(path) == [("0001",)]


def test_the_newest_revision_is_the_last_script():
    """The quick look on opening compares with the same revision that migrating leads to."""
    assert list(scripts())[-1] == NEWEST
    assert [int(name) for name in scripts()] == list(range(1, len(scripts()) + 1))


@pytest.mark.usefixtures("store")
def test_a_store_keeps_its_facts(tmp_path):
    """One row says which store it is and what made it; SQLite is set to lose nothing."""
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database:
        ((identity, created_by),) = database.execute("SELECT identity, created_by FROM store")
        assert len(identity) == 32
        assert created_by.startswith("ccm-core ")
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA page_size").fetchone() == (16384,)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
