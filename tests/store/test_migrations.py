"""The migrations make exactly the tables that the code speaks of."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from ccm_core.store.revision import NEWEST, REVISION_TABLE, migrations
from ccm_core.store.tables import metadata


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


@pytest.fixture
def migrated(tmp_path):
    """Give the path of a database that went through every migration."""
    path = tmp_path / "migrated.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    return path


def test_migrating_makes_the_tables_of_the_code(migrated):
    """Alembic sees no difference between what the code speaks of and what the migrations make."""
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        options = {"version_table": REVISION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_new_store_is_as_if_migrated(store, migrated, tmp_path):
    """A store that is made at once has the very schema and revision of one that was migrated."""
    store.close()

    assert schema(tmp_path / "ccm.db") == schema(migrated)
    assert revision(tmp_path / "ccm.db") == revision(migrated) == [(NEWEST,)]


def revision(path):
    """Give the rows of the table that says at which revision a database is."""
    with closing(sqlite3.connect(path)) as database:
        query = f"SELECT * FROM {REVISION_TABLE}"  # noqa: S608 - a constant
        return database.execute(query).fetchall()


def test_the_newest_revision_is_the_head_of_the_migrations():
    """The quick look on opening compares with the same revision that migrating leads to."""
    script = ScriptDirectory.from_config(migrations())

    assert script.get_heads() == [NEWEST]
    assert [r.revision for r in script.walk_revisions()] == sorted(
        (r.revision for r in script.walk_revisions()), reverse=True
    )


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
