"""What the rooms of the store need of a database: transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ccm_core.store.sql.transaction import Transaction


class Database(Protocol):
    """A database that holds one store."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction that sees one consistent state for as long as it lasts."""

    def writing(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction that may write; all of it is stored at its end, or none.

        Raises:
            ReadOnlyStore: The store was opened for reading.
        """

    def purge(self) -> None:
        """Remove what was deleted from wherever the database still has it, such as its log."""
