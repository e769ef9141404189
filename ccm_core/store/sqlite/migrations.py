"""The revision of a store's tables: compared on opening, migrated where it is older.

``migration_scripts`` holds one SQL script for each revision. A new store runs all of them, so
that its tables are those of a store that was migrated.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from importlib.resources import files
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccm_core.store.sql.transaction import Transaction

NEWEST = "0001"
"""The revision that this code reads and writes: that of the last script."""

REVISION_TABLE = "schema_revision"
"""Has one row, and distinguishes a store from a database of another program."""

REVISION_STATEMENT = f"CREATE TABLE {REVISION_TABLE} (revision TEXT NOT NULL PRIMARY KEY);\n"
"""What makes that table."""

_UNRELEASED_REVISION_TABLE = "store_revision"
"""What stores had in its place before the first release."""


def revision_of(transaction: Transaction, path: str) -> str | None:
    """Return the revision of a store; None where the database is empty.

    Raises:
        StoreError: The database holds something, and it is no store that this ccm reads.
        IntegrityError: It does not have one revision.
    """
    query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    tables = [table for table in transaction.column(query) if not table.startswith("sqlite_")]
    if REVISION_TABLE in tables:
        revisions = list(transaction.column(f"SELECT revision FROM {REVISION_TABLE}"))
        if len(revisions) != 1:
            raise IntegrityError(
                f"{path}: the table {REVISION_TABLE} has one row, and {len(revisions)} are there. "
                "Restore the store from a backup."
            )
        return str(revisions[0])
    if _UNRELEASED_REVISION_TABLE in tables:
        raise StoreError(
            f"{path} is a store of a ccm from before the first release. The formats changed before "
            "that release, and such a store cannot be read any more. Move the file away, with its "
            ".key file, and collect anew with `ccm collect`."
        )
    if tables:
        raise StoreError(
            f"{path} is a database of another program: it holds {', '.join(tables[:3])} and no "
            f"{REVISION_TABLE}. Name another file in store.url."
        )
    return None


def create_tables(transaction: Transaction) -> None:
    """Create the newest tables where there are none."""
    for script in (REVISION_STATEMENT, *scripts().values()):
        _run(transaction, script)
    transaction.insert(REVISION_TABLE, {"revision": NEWEST})


def migrate(transaction: Transaction, revision: str, path: str) -> None:
    """Migrate older tables to :data:`NEWEST`.

    Raises:
        StoreError: The store is of a newer revision than this code knows.
    """
    revisions = scripts()
    if revision not in revisions:
        raise other_revision(revision, path)
    for name, script in revisions.items():
        if name > revision:
            _run(transaction, script)
    transaction.execute(f"UPDATE {REVISION_TABLE} SET revision = :newest", newest=NEWEST)


def other_revision(revision: str, path: str) -> StoreError:
    """Return the error that a store of another revision cannot be read as it is."""
    if revision in scripts():
        return StoreError(
            f"the store {path} was written by an older ccm: it is at revision {revision}, and "
            f"ccm-core {host_version()} reads revision {NEWEST}. Run `ccm collect` or `ccm "
            "evaluate` once, which migrates it."
        )
    return StoreError(
        f"the store {path} was written by a newer ccm: it is at revision {revision}, and ccm-core "
        f"{host_version()} reads revisions up to {NEWEST}. Upgrade ccm-core, or name another file "
        "in store.url."
    )


@cache
def scripts() -> Mapping[str, str]:
    """Return the script of each revision, the first one first."""
    folder = files("ccm_core.store.sqlite") / "migration_scripts"
    paths = {path.name.removesuffix(".sql"): path for path in folder.iterdir()}
    return {revision: paths[revision].read_text("utf-8") for revision in sorted(paths)}


def host_version() -> str:
    """Return the version of ccm-core that is installed."""
    try:
        return installed("ccm-core")
    except PackageNotFoundError:
        return "(not installed)"


def _run(transaction: Transaction, script: str) -> None:
    for statement in statements(script):
        transaction.execute(statement)


def statements(script: str) -> Iterator[str]:
    """Split a script: the driver's own way to run one would commit the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        if line.startswith("--"):
            continue
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
