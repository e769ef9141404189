"""The tables of a store, each with the names of its columns, as the migrations make them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from ccm_core.store.sqlite.migrations import scripts


def _made():
    with closing(sqlite3.connect(":memory:")) as database:
        for script in scripts().values():
            database.executescript(script)
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        names = [name for (name,) in database.execute(query)]
        return {name: _columns(database, name) for name in names}


def _columns(database, table):
    return [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]


TABLES = _made()
