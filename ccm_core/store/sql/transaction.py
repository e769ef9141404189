"""One transaction of the store. Statements are SQL; what varies in them is a parameter.

The SQL is what SQLite and PostgreSQL have in common, so that another database stays within reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ccm_core.store.sql.batches import batches

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Values: TypeAlias = tuple[Any, ...]
"""A row as it comes from the database, in the order of its columns."""


class Transaction:
    """Reads, and where it may also writes. Whoever opened it ends it."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        """Speak through a connection on which a transaction has begun."""
        self._driver = driver

    def execute(self, statement: str, /, **parameters: Any) -> None:
        """Carry out a statement that finds nothing.

        Args:
            statement: Names its parameters as ``:name``.
            parameters: Their values.
        """
        self._driver.execute(statement, parameters)

    def rows(self, statement: str, /, **parameters: Any) -> Iterator[Values]:
        """Give the rows that a query finds, as they are read."""
        return self._driver.execute(statement, parameters)

    def row(self, statement: str, /, **parameters: Any) -> Values | None:
        """Give the first row that a query finds."""
        found: Values | None = self._driver.execute(statement, parameters).fetchone()
        return found

    def value(self, statement: str, /, **parameters: Any) -> Any:
        """Give the first column of the first row; None where there is no row."""
        found = self.row(statement, **parameters)
        return None if found is None else found[0]

    def column(self, statement: str, /, **parameters: Any) -> Iterator[Any]:
        """Give the first column of every row."""
        return (first for first, *_ in self.rows(statement, **parameters))

    def mappings(self, statement: str, /, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Give the rows by the names of their columns."""
        cursor = self._driver.execute(statement, parameters)
        names = [name for name, *_ in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)

    def among(
        self, statement: str, values: Iterable[Any], /, **parameters: Any
    ) -> Iterator[Values]:
        """Give what a query finds for many values, however many there are.

        Args:
            statement: Has ``IN (:among)``; it is carried out for some hundred values at a time.
            values: What to put there.
            parameters: The other values.
        """
        for batch in batches(values):
            named = {f"among_{place}": value for place, value in enumerate(batch)}
            places = ", ".join(f":{name}" for name in named)
            text = statement.replace(":among", places)
            yield from self._driver.execute(text, {**parameters, **named})

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Add a row; give its number."""
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        cursor = self._driver.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", row)
        return int(cursor.lastrowid or 0)

    def insert_rows(
        self,
        table: str,
        names: Sequence[str],
        rows: Iterable[Values],
        *,
        on_conflict: str | None = None,
    ) -> None:
        """Add many rows, which need not be held.

        Args:
            table: Where to.
            names: The columns that are given; the others keep their defaults.
            rows: The values in the order of the names.
            on_conflict: Such as ``DO NOTHING``; None: a row that is there already is an error.
        """
        places = ", ".join("?" * len(names))
        text = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
        if on_conflict is not None:
            text += f" ON CONFLICT {on_conflict}"
        self._driver.executemany(text, rows)
