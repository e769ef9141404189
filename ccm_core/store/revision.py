"""The revision of a store's tables: compared on opening, made or migrated where it must be."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from ccm_core.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

NEWEST = "0004"
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


def make(connection: Connection) -> None:
    """Make the newest tables where there are none, inside the caller's transaction.

    A test holds them equal to what the migrations make. Alembic is left out of it: importing it
    takes as long as reading a small account.
    """
    from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table

    from ccm_core.store.tables import metadata

    metadata.create_all(connection, checkfirst=False)
    # As Alembic writes it.
    column = Column("version_num", String(32), nullable=False)
    key = PrimaryKeyConstraint("version_num", name=f"{REVISION_TABLE}_pkc")
    revision = Table(REVISION_TABLE, MetaData(), column, key)
    revision.create(connection, checkfirst=False)
    connection.execute(revision.insert().values(version_num=NEWEST))


def migrate(connection: Connection, found: str, name: str) -> None:
    """Bring older tables to :data:`NEWEST`, inside the caller's transaction.

    Raises:
        StoreError: The store is of a newer revision than this code knows.
    """
    from alembic import command

    if not is_older(found):
        raise newer(found, name)
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def is_older(found: str) -> bool:
    """Whether a revision is one that this code can migrate from."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(migrations())
    return found in {one.revision for one in script.walk_revisions()}


def newer(found: str, name: str) -> StoreError:
    """Say that a store is of a revision that this code does not know."""
    return StoreError(
        f"the store {name} was written by a newer ccm: it is at revision {found}, and ccm-core "
        f"{host_version()} knows revisions up to {NEWEST}. Upgrade ccm-core, or name another file "
        "in store.url."
    )


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
