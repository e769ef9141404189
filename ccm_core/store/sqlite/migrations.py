"""The revision of a store's tables: compared on opening, brought up to date where it is older.

``migrations`` holds one SQL script for each revision. A new store goes through all of them, so
that its tables are those of a store that has grown old.
"""

from __future__ import annotations

import sqlite3
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from importlib.resources import files
from typing import TYPE_CHECKING

from ccm_core.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccm_core.store.sql.transaction import Transaction

NEWEST = "0004"
"""The revision that this code reads and writes: that of the last script."""

REVISION_TABLE = "store_revision"
"""Has one row, and makes a store known from a database of another program."""

_MAKE_REVISION_TABLE = f"""
CREATE TABLE {REVISION_TABLE} (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT {REVISION_TABLE}_pkc PRIMARY KEY (version_num)
)
"""


def revision_of(transaction: Transaction, name: str) -> str | None:
    """Give the revision of a store; None where the database holds nothing at all.

    Raises:
        StoreError: The database holds something, and it is no store.
    """
    query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    tables = [table for table in transaction.column(query) if not table.startswith("sqlite_")]
    if REVISION_TABLE in tables:
        return str(transaction.value(f"SELECT version_num FROM {REVISION_TABLE}"))
    if tables:
        raise StoreError(
            f"{name} is a database of another program: it holds {', '.join(tables[:3])} and no "
            f"{REVISION_TABLE}. Name another file in store.url."
        )
    return None


def make(transaction: Transaction) -> None:
    """Make the newest tables where there are none."""
    transaction.execute(_MAKE_REVISION_TABLE)
    for script in scripts().values():
        _run(transaction, script)
    transaction.insert(REVISION_TABLE, {"version_num": NEWEST})


def migrate(transaction: Transaction, found: str, name: str) -> None:
    """Bring older tables to :data:`NEWEST`.

    Raises:
        StoreError: The store is of a newer revision than this code knows.
    """
    known = scripts()
    if found not in known:
        raise newer(found, name)
    for revision, script in known.items():
        if revision > found:
            _run(transaction, script)
    transaction.execute(f"UPDATE {REVISION_TABLE} SET version_num = :newest", newest=NEWEST)


def is_older(found: str) -> bool:
    """Whether a revision is one that this code can migrate from."""
    return found in scripts()


def newer(found: str, name: str) -> StoreError:
    """Say that a store is of a revision that this code does not know."""
    return StoreError(
        f"the store {name} was written by a newer ccm: it is at revision {found}, and ccm-core "
        f"{host_version()} knows revisions up to {NEWEST}. Upgrade ccm-core, or name another file "
        "in store.url."
    )


def older(found: str, name: str) -> StoreError:
    """Return the error that a store has to be migrated before it can be read."""
    return StoreError(
        f"the store {name} was written by an older ccm: it is at revision {found}, and ccm-core "
        f"{host_version()} reads revision {NEWEST}. Run `ccm collect` or `ccm evaluate` once, "
        "which migrates it."
    )


def scripts() -> Mapping[str, str]:
    """Give the script of each revision, the first one first."""
    folder = files("ccm_core.store.sqlite") / "migration_scripts"
    found = {one.name.removesuffix(".sql"): one for one in folder.iterdir()}
    return {revision: found[revision].read_text("utf-8") for revision in sorted(found)}


def host_version() -> str:
    """Give the version of ccm-core that is installed."""
    try:
        return installed("ccm-core")
    except PackageNotFoundError:
        return "(not installed)"


def _run(transaction: Transaction, script: str) -> None:
    for statement in _statements(script):
        transaction.execute(statement)


def _statements(script: str) -> Iterator[str]:
    """Cut a script up: the driver's own way to run one would commit the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        if line.startswith("--"):
            continue
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
