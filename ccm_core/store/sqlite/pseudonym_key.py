"""The key under which a store makes pseudonyms: 32 random bytes in a file beside it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from ccm_core.atomic_write import write_durably
from ccm_core.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

_LENGTH = 32


def key_file(store: Path) -> Path:
    """Return the path of the key file of a store."""
    return store.with_name(f"{store.name}.key")


def make_key(store: Path) -> bytes:
    """Return the key of a store that is being created; the caller holds the store's write lock.

    A key that is already there is of an attempt that was interrupted, and is used. The file
    appears under its name only when it is complete, readable by its owner alone.
    """
    path = key_file(store)
    with suppress(FileNotFoundError):
        return _read(path)
    key = secrets.token_bytes(_LENGTH)
    try:
        write_durably(path, f"{key.hex()}\n".encode("ascii"))
    except OSError as error:
        raise StoreError(
            f"the pseudonym key {path} cannot be written: {error.strerror}. Give the store a "
            "folder that ccm may write to."
        ) from error
    return key


def read_key(store: Path) -> bytes:
    """Read the key of a store that exists.

    Raises:
        StoreError: The file is missing or damaged.
    """
    path = key_file(store)
    try:
        return _read(path)
    except FileNotFoundError as error:
        raise StoreError(
            f"the pseudonym key {path} of the store {store} is missing. Restore that file from a "
            "backup: under a new key the same person would get another pseudonym, and what is "
            "stored could no longer be joined with what will be stored."
        ) from error


def key_check(key: bytes) -> str:
    """Return a MAC that recognizes a key and does not disclose it."""
    return hmac.new(key, b"ccm pseudonym key", hashlib.sha256).hexdigest()


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(
            f"the pseudonym key {path} cannot be read: {error.strerror}. Give ccm the right to "
            "read it."
        ) from error
    except ValueError:
        key = b""
    if len(key) != _LENGTH:
        raise StoreError(
            f"the pseudonym key {path} is damaged: it should hold {_LENGTH * 2} hexadecimal "
            "digits. Restore that file from a backup."
        )
    return key
