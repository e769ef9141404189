"""Run by Alembic: migrates over the connection, and in the transaction, that it is handed."""

from __future__ import annotations

from alembic import context  # noqa: TID253 - only Alembic imports this module

from ccm_core.store.revision import REVISION_TABLE
from ccm_core.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=REVISION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
