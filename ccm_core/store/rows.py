"""Many rows of one table, written the way the driver writes them.

SQLAlchemy writes the statement, once; the rows go to the driver as they are. Columns that are
written here are numbers, texts and bytes, which no database needs converted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.store.batches import batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Insert, Table


def insert_rows(
    connection: Connection,
    statement: Insert,
    names: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Insert rows in the connection's transaction.

    Args:
        connection: Where to.
        statement: Without values.
        names: The columns that are given; the others keep their defaults.
        rows: The values in the order of the names.
    """
    compiled = statement.inline().compile(dialect=connection.dialect, column_keys=list(names))
    text = str(compiled)
    for batch in batches(rows):
        connection.exec_driver_sql(text, _ordered(batch, names, compiled.positiontup))


def upsert(connection: Connection, table: Table) -> Any:
    """Give an insert that can say what a conflict means; both databases spell it alike."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def _ordered(
    batch: list[tuple[Any, ...]], names: Sequence[str], places: Sequence[str] | None
) -> list[Any]:
    """Give rows as the statement's parameters want them: by place, or by name."""
    if places is None:
        return [dict(zip(names, row, strict=True)) for row in batch]
    order = [names.index(name) for name in places]
    return [tuple([row[place] for place in order]) for row in batch]
