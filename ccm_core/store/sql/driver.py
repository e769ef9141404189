"""What a transaction needs of a database driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SqlValue: TypeAlias = "str | int | float | bytes | None"
"""What may be bound to a parameter."""

Row: TypeAlias = tuple[Any, ...]
"""A row as the database returns it, in the order of its columns."""


class Cursor(Protocol):
    """The result of a statement."""

    @property
    def description(self) -> Sequence[Sequence[Any]]:
        """The columns, each beginning with its name."""

    @property
    def lastrowid(self) -> int | None:
        """The number of the row that was inserted last."""

    def fetchone(self) -> Row | None:
        """Return the next row."""

    def __iter__(self) -> Iterator[Row]:
        """Iterate over the remaining rows."""


class Driver(Protocol):
    """A connection on which a transaction has begun.

    Parameters are written as ``:name``, or as ``?`` where their values are in order.

    Another database translates them, and what few statements it writes in another way, here.
    """

    def execute(
        self, statement: str, parameters: Mapping[str, SqlValue] | Sequence[SqlValue], /
    ) -> Cursor:
        """Execute one statement."""

    def executemany(self, statement: str, parameters: Iterable[Sequence[SqlValue]], /) -> object:
        """Execute one statement, whose parameters are written as ``?``, for each of many rows."""
