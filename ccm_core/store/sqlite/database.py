"""A SQLite file: its connections, transactions, and errors in plain words."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager
from operator import methodcaller
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError, IntegrityError, ReadOnlyStore, StoreError
from ccm_core.store.sql.digests import COLUMN_TYPE, read_digest
from ccm_core.store.sql.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

sqlite3.register_converter(COLUMN_TYPE, read_digest)

_PAGE_SIZE = 16384
_CACHE_KIB = 4096
"""Holds the inner pages of all indexes of a million records, which every record that is read by key
needs. Rows are written in the order of their indexes, so that more would gain nothing."""
_RETRY_DELAY = 0.01
"""Seconds before SQLite is asked again what it would not wait for."""

_PROBLEMS = {
    sqlite3.SQLITE_BUSY: "is locked by another process. Wait for it to finish, or stop it",
    sqlite3.SQLITE_LOCKED: "is locked by another process. Wait for it to finish, or stop it",
    sqlite3.SQLITE_READONLY: "is read-only: ccm may not write the file, its folder or its disk."
    " Writing needs a folder that can be written, for SQLite's -wal and -shm files. Give"
    " ccm the right to write there",
    sqlite3.SQLITE_PERM: "cannot be written. Give ccm the right to write the file and its folder",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full, or the file has reached its max_size."
    " Nothing of this step was stored. Make room and try again",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened. The file and its folder must be readable, and"
    " the folder writable: SQLite keeps its -wal and -shm files there",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error. Check the disk",
    sqlite3.SQLITE_NOTADB: "is not a SQLite database. Name another file in store.url, or move"
    " this one away",
}


class SqliteDatabase:
    """One SQLite file. Reads see one consistent state; one writer writes at a time.

    Transactions are begun explicitly: the driver's own way begins too late for a read to be
    consistent and not at all for ``CREATE TABLE``.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_timeout: float,
        max_size: int | None = None,
        read_only: bool = False,
        lenient_text: bool = False,
    ) -> None:
        """Open nothing yet.

        Args:
            path: The file; it exists.
            lock_timeout: Seconds to wait for another process.
            max_size: The bytes that the file may not outgrow.
            read_only: Whether every write is refused.
            lenient_text: Whether text that is not UTF-8 is read all the same, to be checked.
        """
        self.path = path
        self.read_only = read_only
        self._lenient_text = lenient_text
        self._lock_timeout = lock_timeout
        self._max_size = max_size
        self._idle: list[sqlite3.Connection] = []
        self._check_before_writing: Callable[[Transaction], None] | None = None

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Begin a transaction that sees the store as it is now, for as long as it lasts."""
        with self.translating(), self._transaction("BEGIN") as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Begin the one transaction that may write; all of it is stored at the end, or none.

        Raises:
            ReadOnlyStore: The file was opened for reading.
        """
        self.refuse_if_read_only()
        with self.translating(), self._transaction("BEGIN IMMEDIATE") as transaction:
            if self._check_before_writing:
                self._check_before_writing(transaction)
            yield transaction

    def check_before_writing(self, check: Callable[[Transaction], None]) -> None:
        """Run a check at the beginning of every transaction that writes, from here on."""
        self._check_before_writing = check

    def refuse_if_read_only(self) -> None:
        """Raise ``ReadOnlyStore`` where the file was opened for reading."""
        if self.read_only:
            raise ReadOnlyStore(
                f"the store {self.path} was opened for reading, and this step would write to it; "
                "nothing was written. This is a defect of ccm or of a plugin: please report it."
            )

    def initialize(self) -> None:
        """Set what lasts for the life of the file. Does nothing to a file that has it."""
        with self.translating(), closing(self._connect()) as connection:
            connection.execute(f"PRAGMA page_size={_PAGE_SIZE}")
            self._enable_wal(connection)

    def purge(self) -> None:
        """Checkpoint and empty the write-ahead log, so that what was deleted is not in it either.

        Raises:
            StoreError: Another process still reads the state of before; the log is emptied when
                that has ended.
        """
        with self.translating(), closing(self._connect()) as connection:
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError(
                f"what was erased is still in the log of {self.path}, because another process is "
                "reading. It is gone as soon as the last process closes the store."
            )

    def close(self) -> None:
        """Close the file; the last process to do so checkpoints the log into it."""
        with self.translating():
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise the driver's errors as ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._translated(error) from error

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            connection.execute(begin)
            yield Transaction(connection)
            connection.execute("COMMIT")
        except BaseException:
            # Closed and not rolled back: that is right whatever state the failure left it in.
            connection.close()
            raise
        self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?{self._mode()}",
            uri=True,
            timeout=self._lock_timeout,
            isolation_level=None,
            check_same_thread=False,
            detect_types=sqlite3.PARSE_DECLTYPES,
        )
        try:
            if self._lenient_text:
                connection.text_factory = _lenient_text
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            # What is erased is overwritten. Nothing else is ever deleted, so nothing else pays.
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            if self.read_only:
                connection.execute("PRAGMA query_only=ON")
            if self._max_size is not None:
                (page_size,) = connection.execute("PRAGMA page_size").fetchone()
                connection.execute(f"PRAGMA max_page_count={self._max_size // page_size}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _mode(self) -> str:
        """Return how SQLite opens the file; never so that it makes one.

        SQLite reads together with others through files that it makes beside the store. Where
        they cannot be made, a store that is only read is read as it lies.
        """
        if not self.read_only:
            return "mode=rw"
        log = self.path.with_name(f"{self.path.name}-wal")
        effective = os.access in os.supports_effective_ids
        writable = os.access(self.path.parent, os.W_OK, effective_ids=effective)
        if writable or (log.exists() and log.stat().st_size):
            return "mode=rw"
        return "mode=ro&immutable=1"

    def _enable_wal(self, connection: sqlite3.Connection) -> None:
        """Enable the write-ahead log. SQLite does not wait for others that do so; this does."""
        deadline = time.monotonic() + self._lock_timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_DELAY)
            else:
                return

    def _translated(self, error: sqlite3.Error) -> CcmError:
        code = getattr(error, "sqlite_errorcode", None)
        # The low byte is the class of the error, the rest says more of it.
        primary = None if code is None else code & 0xFF
        undecodable = code is None and str(error).startswith("Could not decode to UTF-8")
        if primary == sqlite3.SQLITE_CORRUPT or undecodable:
            return IntegrityError(
                f"the store {self.path} is damaged ({error}). Restore it from a backup."
            )
        if primary in _PROBLEMS:
            return StoreError(f"the store {self.path} {_PROBLEMS[primary]} (SQLite: {error}).")
        return StoreError(f"the store {self.path} cannot be used (SQLite: {error}).")


_lenient_text = methodcaller("decode", "utf-8", "backslashreplace")
"""Reads text that is not UTF-8; called for each text of a store that is verified."""
