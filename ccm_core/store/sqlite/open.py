"""Opening an evidence store: read, created or migrated, or refused with what to do next."""

from __future__ import annotations

import math
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.errors import StoreError, StoreNotFound
from ccm_core.ledger.signed_note import unsigned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.ledger.signed_note import Signing
    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.store.interface.location import StoreLocation
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction
    from ccm_core.store.sqlite.database import SqliteDatabase

_SCHEME = "sqlite:///"
_KEY_LENGTH = 32
_LOCK_TIMEOUT = 30.0
_UNSIGNED = unsigned("no signing key was given")


def open_store(
    location: StoreLocation,
    *,
    base: Path,
    create: bool = True,
    read_only: bool = False,
    signing: Signing = _UNSIGNED,
) -> EvidenceStore:
    """Open the store at a location; relative paths start at ``base``.

    Options: ``lock_timeout``, the seconds to wait for another process (30), and ``max_size``,
    the bytes that the file may not outgrow (none).

    Args:
        location: Where the store is.
        base: The folder of the settings file.
        create: Whether to create a store where there is none. Without it a missing store is an
            error, because there is nothing to read.
        read_only: Whether to open it for reading: every write raises ``ReadOnlyStore``, nothing
            is created or migrated, and no key is asked for.
        signing: Who signs the heads of the ledger; called when the first is to be signed.

    Raises:
        StoreError: It cannot be opened: the message says why and what to do.
        IntegrityError: The file is damaged.
    """
    path = _path(location.url, base)
    key = _location_key(location)
    numbers = _options(location.options)
    create = create and not read_only
    _ensure_file(path, create=create)

    from ccm_core.store.sqlite.database import SqliteDatabase
    from ccm_core.store.sqlite.schema_check import refuse_foreign_schema
    from ccm_core.store.sqlite.store import SqliteStore

    database = SqliteDatabase(
        path,
        lock_timeout=numbers.get("lock_timeout", _LOCK_TIMEOUT),
        max_size=int(numbers["max_size"]) if "max_size" in numbers else None,
        read_only=read_only,
    )
    try:
        _ensure_tables(database, key, create=create)
        database.check_before_writing(lambda writing: refuse_foreign_schema(writing, str(path)))
    except BaseException:
        database.close()
        raise
    return SqliteStore(database, pseudonym_key=key, signing=_UNSIGNED if read_only else signing)


# -- the location -----------------------------------------------------------------------------


def _path(url: str, base: Path) -> Path:
    scheme, separator, _ = url.partition(":")
    if not url.startswith(_SCHEME):
        # Only the scheme is repeated: the rest may hold a password.
        beginning = f"{scheme}:" if separator else repr(url)
        raise StoreError(
            f"store.url begins with {beginning}, and this version stores evidence in SQLite files "
            'only. Write store.url as "sqlite:///ccm.db" (relative to the settings file) or '
            '"sqlite:////absolute/path/ccm.db".'
        )
    name = url.removeprefix(_SCHEME)
    if not name or name == ":memory:" or "?" in name or "\0" in name:
        raise StoreError(
            f"store.url names no file: {url!r}. Evidence is stored in a file; write it as "
            '"sqlite:///ccm.db", without parameters.'
        )
    return (base / name).absolute()


def _location_key(location: StoreLocation) -> bytes | None:
    key = location.pseudonym_key
    if key is not None and len(key) != _KEY_LENGTH:
        raise StoreError(
            f"the pseudonym key in the settings has {len(key)} bytes and needs {_KEY_LENGTH}. "
            "Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return key


def _options(options: Mapping[str, str]) -> dict[str, float]:
    numbers = {}
    for name, value in options.items():
        if name not in {"lock_timeout", "max_size"}:
            raise StoreError(
                f"the store has no option {name!r}. Its options are lock_timeout and max_size."
            )
        try:
            numbers[name] = float(value)
        except ValueError:
            numbers[name] = math.nan
        if not 0 <= numbers[name] < math.inf:
            raise StoreError(
                f"the store's option {name} is {value!r} and must be a number, not below 0."
            )
    return numbers


# -- the file ---------------------------------------------------------------------------------


def _ensure_file(path: Path, *, create: bool) -> None:
    try:
        if path.is_dir():
            raise StoreError(f"the store {path} is a folder. Name a file in store.url.")
        if path.exists():
            return
        if not create:
            raise _not_found(path)
        if not path.parent.is_dir():
            raise StoreError(
                f"the store {path} cannot be created: the folder {path.parent} does not exist. "
                "Make it, or name another file in store.url."
            )
        # Created here and not by SQLite: readable by its owner alone, and the reason of a failure
        # is known. SQLite gives the files that it makes beside it the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return  # another process was quicker
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be created or found: {error.strerror}. Give ccm a folder "
            "that it may write to, or name another file in store.url."
        ) from error


def _not_found(path: Path) -> StoreError:
    return StoreNotFound(f"there is no store at {path} yet. Run `ccm collect` first.")


def _without_tables(path: Path) -> StoreError:
    """Return the error of a file without tables: no store was made in it, or it was emptied."""
    if path.stat().st_size:
        return _not_found(path)
    return StoreNotFound(
        f"the store {path} is empty: it has 0 bytes. Where it held evidence, restore it from a "
        "backup. Where making it was cut off, run `ccm collect`, which makes it anew."
    )


# -- its tables -------------------------------------------------------------------------------


def _ensure_tables(database: SqliteDatabase, key: bytes | None, *, create: bool) -> None:
    from ccm_core.store.sqlite.migrations import (
        NEWEST,
        create_tables,
        migrate,
        other_revision,
        revision_of,
    )
    from ccm_core.store.sqlite.schema_check import refuse_foreign_schema

    path = str(database.path)
    with database.reading() as transaction:
        revision = revision_of(transaction, path)
        if revision == NEWEST:
            refuse_foreign_schema(transaction, path)
            return
    if revision is None:
        if not create:
            raise _without_tables(database.path)
        database.initialize()
    elif database.read_only:
        raise other_revision(revision, path)
    with database.writing() as transaction:
        revision = revision_of(transaction, path)  # another process may have been quicker
        if revision is None:
            create_tables(transaction)
            _insert_facts(transaction, database.path, key)
        elif revision != NEWEST:
            migrate(transaction, revision, path)
        refuse_foreign_schema(transaction, path)


def _insert_facts(transaction: Transaction, path: Path, key: bytes | None) -> None:
    from ccm_core.ledger.checkpoint import STORE_LOG
    from ccm_core.store.log.append import append_leaves
    from ccm_core.store.log.leaf_encoding import STORE
    from ccm_core.store.sql.instants import microseconds
    from ccm_core.store.sqlite.migrations import host_version
    from ccm_core.store.sqlite.pseudonym_key import key_check, make_key

    row: dict[str, SqlValue] = {
        "id": 1,
        "identity": uuid.uuid4().hex,
        "created_at": microseconds(datetime.now(UTC)),
        "created_by": f"ccm-core {host_version()}",
        "key_check": key_check(key or make_key(path)),
    }
    transaction.insert("store", row)
    append_leaves(transaction, STORE_LOG, [STORE.line(row)])
