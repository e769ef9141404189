"""Verifying a store by its path: nothing is created, migrated or written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError, StoreError

if TYPE_CHECKING:
    from ccm_core.ledger.checkpoint import PinnedCheckpoint
    from ccm_core.ledger.signed_note import VerifierKey
    from ccm_core.ledger.verification_result import Verification
    from ccm_core.store.sql.transaction import Transaction

_LOCK_TIMEOUT = 30.0
_MAGIC = b"SQLite format 3\0"


def verify_store(
    path: Path,
    *,
    pins: Sequence[PinnedCheckpoint] = (),
    trusted: Sequence[VerifierKey] = (),
    on_progress: Callable[[int, int], None],
) -> Verification:
    """Verify everything that a store holds.

    Args:
        path: Its file.
        pins: Signed heads that were stored outside it.
        trusted: Keys that it must have been signed with.
        on_progress: Called with how many leaves were verified, and of how many.

    Raises:
        StoreError: It cannot be read, or was written by a newer or an older ccm.
        IntegrityError: The file is damaged so far that nothing more can be verified.
    """
    _check_magic(path)

    from ccm_core.store.sqlite.database import SqliteDatabase
    from ccm_core.store.sqlite.integrity_check import file_problems
    from ccm_core.store.sqlite.schema_check import (
        lacks_tables,
        refuse_foreign_schema,
        schema_problems,
    )
    from ccm_core.store.verify.verifier import verify

    path = path.absolute()
    database = SqliteDatabase(path, lock_timeout=_LOCK_TIMEOUT, read_only=True, lenient_text=True)
    try:
        with database.reading() as transaction:
            _check_revision(transaction, str(path))
            if lacks_tables(transaction):
                refuse_foreign_schema(transaction, str(path))
            return verify(
                transaction,
                pins,
                trusted,
                file_problems=chain(schema_problems(transaction), file_problems(transaction)),
                on_progress=on_progress,
            )
    finally:
        database.close()


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise StoreError(f"the store {path} cannot be read: {error.strerror}.") from error
    if not magic:
        raise IntegrityError(
            f"the store {path} is empty: it has 0 bytes. Where it held evidence, restore it from a "
            "backup; where making it was cut off, run `ccm collect`, which makes it anew."
        )
    if magic != _MAGIC:
        raise IntegrityError(
            f"{path} is no store, or its beginning was damaged: it does not begin as a SQLite file "
            "does. Restore it from a backup."
        )


def _check_revision(transaction: Transaction, path: str) -> None:
    from ccm_core.store.sqlite.migrations import NEWEST, other_revision, revision_of

    revision = revision_of(transaction, path)
    if revision is None:
        raise IntegrityError(f"{path} holds no tables: it is no store, or was emptied.")
    if revision != NEWEST:
        raise other_revision(revision, path)
