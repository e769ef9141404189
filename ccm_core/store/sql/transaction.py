"""One transaction of the store. Statements are SQL; what varies in them is a bound parameter.

The SQL is what SQLite and PostgreSQL have in common, so that another database stays within reach.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from ccm_core.store.sql.digests import bound, bound_among, bound_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.store.sql.driver import Driver, Row, SqlValue

T = TypeVar("T")

_BATCH_SIZE = 500
_VALUES = "values"


def batches(values: Iterable[T]) -> Iterator[list[T]]:
    """Split values into lists of a few hundred, so that memory and statements stay small."""
    remaining = iter(values)
    while batch := list(islice(remaining, _BATCH_SIZE)):
        yield batch


@lru_cache(maxsize=256)
def _in_order(statement: str, names: Sequence[str], number: int) -> tuple[str, Sequence[str]]:
    """Return a statement with ``?`` for each parameter, and the names of these in their order.

    SQLite looks for a name among all of a statement, which takes long where there are hundreds.
    """
    pattern = re.compile(rf":({'|'.join(map(re.escape, (*names, _VALUES)))})\b")
    several = ", ".join("?" * number)
    text = pattern.sub(lambda found: several if found[1] == _VALUES else "?", statement)
    return text, pattern.findall(statement)


class Transaction:
    """Reads, and where it may also writes. Whoever began it ends it."""

    def __init__(self, driver: Driver) -> None:
        """Use a connection on which a transaction has begun."""
        self._driver = driver

    def execute(self, statement: str, /, **parameters: SqlValue) -> None:
        """Execute a statement that returns nothing.

        Args:
            statement: Names its parameters as ``:name``.
            parameters: Their values.
        """
        self._driver.execute(statement, bound(parameters))

    def rows(self, statement: str, /, **parameters: SqlValue) -> Iterator[Row]:
        """Yield the rows of a query as they are read."""
        return iter(self._driver.execute(statement, bound(parameters)))

    def row(self, statement: str, /, **parameters: SqlValue) -> Row | None:
        """Return the first row of a query."""
        return self._driver.execute(statement, bound(parameters)).fetchone()

    def value(self, statement: str, /, **parameters: SqlValue) -> Any:
        """Return the first column of the first row; None where there is no row."""
        row = self.row(statement, **parameters)
        return None if row is None else row[0]

    def column(self, statement: str, /, **parameters: SqlValue) -> Iterator[Any]:
        """Yield the first column of every row."""
        return (first for first, *_ in self.rows(statement, **parameters))

    def rows_in(
        self, statement: str, values: Iterable[SqlValue], /, **parameters: SqlValue
    ) -> Iterator[Row]:
        """Yield the rows of a query for many values, however many there are.

        Args:
            statement: Has ``IN (:values)``; it is executed for some hundred values at a time.
            values: What to put there.
            parameters: The other values.
        """
        fixed = bound(parameters)
        for batch in batches(bound_among(statement, values)):
            text, names = _in_order(statement, tuple(fixed), len(batch))
            given = chain.from_iterable(batch if n == _VALUES else (fixed[n],) for n in names)
            # Not ``yield from``: it would close a cursor whose transaction has ended already.
            for row in self._driver.execute(text, tuple(given)):  # noqa: UP028 - see above
                yield row

    def insert(self, table: str, row: Mapping[str, SqlValue]) -> int:
        """Insert a row; return its number."""
        names = ", ".join(row)
        placeholders = ", ".join(f":{name}" for name in row)
        statement = f"INSERT INTO {table} ({names}) VALUES ({placeholders})"
        cursor = self._driver.execute(statement, bound(row))
        return int(cursor.lastrowid or 0)

    def insert_many(
        self,
        table: str,
        names: Sequence[str],
        rows: Iterable[Sequence[SqlValue]],
        *,
        on_conflict: str | None = None,
    ) -> None:
        """Insert many rows, which need not be in memory.

        Args:
            table: Where to.
            names: The columns that have values; the others keep their defaults.
            rows: The values in the order of the names.
            on_conflict: Such as ``DO NOTHING``; None: a row that is there already is an error.
        """
        placeholders = ", ".join("?" * len(names))
        text = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({placeholders})"
        if on_conflict is not None:
            text += f" ON CONFLICT {on_conflict}"
        self._driver.executemany(text, bound_rows(names, rows))
