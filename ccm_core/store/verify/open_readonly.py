"""Verifying a store by its path: nothing is made, migrated or written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError, StoreError

if TYPE_CHECKING:
    from ccm_core.ledger.pinned_checkpoint import Pin
    from ccm_core.ledger.signed_note import VerifierKey
    from ccm_core.ledger.verification import Verification
    from ccm_core.store.sql.transaction import Transaction

_LOCK_TIMEOUT = 30.0
_HEADER = b"SQLite format 3\0"


def verify_store(
    path: Path,
    *,
    pins: Sequence[Pin] = (),
    trusted: Sequence[VerifierKey] = (),
    told: Callable[[int, int], None],
) -> Verification:
    """Verify everything that a store keeps.

    Args:
        path: Its file.
        pins: SignedHead heads that were kept outside the store.
        trusted: Keys that it must have been signed with.
        told: Is told how many leaves were walked, and of how many.

    Raises:
        StoreError: It cannot be read, or was written by a newer or an older ccm.
        IntegrityError: The file is damaged so far that nothing more can be said.
    """
    _look(path)

    from ccm_core.store.sqlite.database import Database
    from ccm_core.store.verify.verifier import verify

    path = path.absolute()
    database = Database(path, lock_timeout=_LOCK_TIMEOUT, read_only=True, any_text=True)
    try:
        with database.reading() as transaction:
            _check_revision(transaction, str(path))
            return verify(transaction, pins, trusted, told)
    finally:
        database.close()


def _look(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEADER))
    except OSError as error:
        raise StoreError(f"the store {path} cannot be read: {error.strerror}.") from error
    if head != _HEADER:
        raise IntegrityError(
            f"{path} is no store, or its beginning was damaged: it does not begin as a SQLite file "
            "does. Restore it from a backup."
        )


def _check_revision(transaction: Transaction, name: str) -> None:
    from ccm_core.store.sqlite.migrations import NEWEST, is_older, newer, revision_of

    found = revision_of(transaction, name)
    if found == NEWEST:
        return
    if found is None:
        raise IntegrityError(f"{name} holds no tables: it is no store, or was emptied.")
    if not is_older(found):
        raise newer(found, name)
    raise StoreError(
        f"the store {name} was written by an older ccm (revision {found}), and has no complete "
        "ledger yet. Run `ccm evidence list` once, which begins it."
    )
