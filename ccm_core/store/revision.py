"""The revision of a store's tables: compared on opening, made or migrated where it must be."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from ccm_core.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

NEWEST = "0002"
"""The revision that this code reads and writes: the head of ``migrations/versions``."""

REVISION_TABLE = "store_revision"
"""Not Alembic's usual name: a database of another program is not taken for a store."""


def revision_of(connection: Connection, name: str) -> str | None:
    """Give the revision of a store; None where the database holds nothing at all.

    Raises:
        StoreError: The database holds something, and it is no store.
    """
    from sqlalchemy import inspect

    inspector = inspect(connection)
    if inspector.has_table(REVISION_TABLE):
        query = f"SELECT version_num FROM {REVISION_TABLE}"  # noqa: S608 - a constant
        return str(connection.exec_driver_sql(query).scalar_one())
    tables = inspector.get_table_names()
    if tables:
        raise StoreError(
            f"{name} is a database of another program: it holds {', '.join(tables[:3])} and no "
            f"{REVISION_TABLE}. Name another file in store.url."
        )
    return None


def migrate(connection: Connection, found: str | None, name: str) -> None:
    """Bring the tables to :data:`NEWEST`, inside the caller's transaction.

    Raises:
        StoreError: The store is of a newer revision than this code knows.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    config = migrations()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"the store {name} was written by a newer ccm: it is at revision {found}, and "
            f"ccm-core {host_version()} knows revisions up to {NEWEST}. Upgrade ccm-core, or name "
            "another file in store.url."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def migrations() -> Config:
    """Give Alembic's configuration; the scripts come with the package, so no file is needed."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "ccm_core.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def host_version() -> str:
    """Give the version of ccm-core that is installed."""
    try:
        return installed("ccm-core")
    except PackageNotFoundError:
        return "(not installed)"
