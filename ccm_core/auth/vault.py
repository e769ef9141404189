"""The vault: what the program must be able to write back, such as tokens that rotate.

A vault is a file. Either it holds everything, sealed; or it holds names alone, and the keyring of
the operating system holds the rest. It is replaced whole, under a lock, so that it can be opened
after any crash; and it is read anew each time, so that no process undoes what another one wrote.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ccm_core.atomic_write import write_durably
from ccm_core.auth import vault_entry as entries
from ccm_core.auth.os_keyring import Keyring
from ccm_core.auth.vault_encryption import (
    KEY_VARIABLE,
    PASSPHRASE_VARIABLE,
    KeyDescriptor,
    KeyLocation,
    KeySources,
    VaultCipher,
    load_cipher,
    new_cipher,
)
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.errors import SecretError
from ccm_core.model.json_codec import decode_as, encode

_MOST_BYTES = 8 * 1024 * 1024
_LOCK_SECONDS = 20.0
_NAME = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # @: what is no connection's


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A vault as its file says it."""

    format: Literal["ccm-vault-1"] = "ccm-vault-1"
    key: KeyDescriptor | None = None
    """Where the key of :attr:`sealed` is; None where the keyring keeps everything."""
    sealed: str | None = None
    """The entries by name, sealed."""
    keyring: str | None = None
    """What the names in the keyring begin with."""
    names: tuple[str, ...] = ()
    """The names that the keyring has."""

    @property
    def whole(self) -> bool:
        """Whether it says where the entries are, and that in one way."""
        in_file = self.key is not None and self.sealed is not None
        return in_file is not (self.keyring is not None and self.key is None)


class VaultLocked(SecretError):
    """Another process holds the lock that is wanted."""


class Vault:
    """Keeps entries by the names of their connections."""

    def __init__(self, path: Path, sources: KeySources) -> None:
        """Keep entries in a file; it is made with the first of them.

        Args:
            path: The file. Locks stand beside it.
            sources: Where its key may come from.
        """
        self.path, self._sources = path, sources
        self._seal: VaultCipher | None = None
        self._planned: _Written | None = None

    def ready(self) -> None:
        """Make sure that something could be kept, before a person is asked for it.

        A file that is not there yet is not made.

        Raises:
            SecretError: Nothing could be: there is no key, or the vault cannot be opened.
        """
        with self._told(), self.lock():
            written = self._written() or self._new()
            if written.keyring is not None:
                self._keyring().get(f"{written.keyring}/")
            self._opened(written)

    def names(self) -> tuple[str, ...]:
        """Give the names of the entries, sorted.

        Raises:
            SecretError: The vault cannot be opened.
        """
        with self._told():
            written = self._written()
            return () if written is None else tuple(sorted(self._names(written)))

    def read(self, name: str) -> VaultEntry:
        """Give an entry.

        Raises:
            SecretError: There is none, or the vault cannot be opened.
        """
        with self._told():
            written = self._written()
            text = None if written is None else self._text(written, name)
            if text is None:
                raise SecretError(f"it has nothing named {name!r}; connect {name} first")
            try:
                return entries.read(text)
            except ValueError:
                raise SecretError(f"what it has of {name!r} cannot be read") from None

    def write(self, name: str, entry: VaultEntry) -> None:
        """Keep an entry in place of the one of that name; it is durable when this returns.

        Raises:
            SecretError: It cannot be kept; what was there is there still.
        """
        with self._told(), self.lock():
            if not _NAME.fullmatch(name):
                raise SecretError(f"{name!r} is no name for a connection")
            self._kept(self._written() or self._new(), name, entries.written(entry).decode())

    def remove(self, name: str) -> None:
        """Forget an entry; one that is not there is forgotten already.

        Raises:
            SecretError: It cannot be forgotten.
        """
        with self._told(), self.lock():
            written = self._written()
            if written is not None and name in self._names(written):
                self._kept(written, name, None)

    @contextmanager
    def lock(self, name: str | None = None, *, patience: float = _LOCK_SECONDS) -> Iterator[None]:
        """Be the only process that changes the vault, or that renews one connection.

        Args:
            name: The connection; None for the vault itself.
            patience: Seconds to wait for another process.

        Raises:
            Held: Another process does not end.
            SecretError: There is nowhere to put the lock.
        """
        from filelock import FileLock, Timeout

        if not self.path.parent.is_dir():  # filelock would make it
            raise SecretError(f"the folder {self.path.parent} is not there; make it first")
        what = f"{self.path}.lock" if name is None else f"{self.path}.{name}.lock"
        held = FileLock(what, timeout=patience, mode=0o600, thread_local=False)
        try:
            held.acquire(poll_interval=0.005)
        except Timeout:
            raise VaultLocked(
                f"another ccm has held {what} for {patience:g} s; wait until it has ended"
            ) from None
        except OSError as cause:
            raise SecretError(f"{what} cannot be locked: {cause.strerror}") from cause
        try:
            yield
        finally:
            held.release()

    # -- what is written ----------------------------------------------------------------------

    def _written(self) -> _Written | None:
        try:
            with self.path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        try:
            found = decode_as(data, _Written) if len(data) <= _MOST_BYTES else None
        except ValueError:
            found = None
        if found is None or not found.whole:
            raise SecretError("it is no vault of ccm, or it was damaged; restore it from a copy")
        return found

    def _new(self) -> _Written:
        if self._planned is None:
            self._planned = self._fresh()
        return self._planned

    def _fresh(self) -> _Written:
        """Decide where a new vault keeps things: what was set on purpose goes first."""
        environment = self._sources.environment
        if KEY_VARIABLE in environment:
            self._seal = new_cipher(KeyLocation.ENVIRONMENT, self._sources)
        elif PASSPHRASE_VARIABLE in environment:
            self._seal = new_cipher(KeyLocation.PASSPHRASE, self._sources)
        elif self._sources.keyring() is not None and self._sources.small_keyring:
            self._seal = new_cipher(KeyLocation.KEYRING, self._sources)
        elif self._sources.keyring() is not None:
            return _Written(keyring=f"vault/{secrets.token_hex(8)}")
        elif self._sources.ask is not None:
            self._seal = new_cipher(KeyLocation.PASSPHRASE, self._sources)
        else:
            raise SecretError(
                "this machine has no keyring, so the vault needs a key: set "
                f"{KEY_VARIABLE} to 32 random bytes in URL-safe base64, or {PASSPHRASE_VARIABLE}"
            )
        return _Written(key=self._seal.note, sealed=self._seal.close(b"{}"))

    def _names(self, written: _Written) -> tuple[str, ...]:
        return written.names if written.key is None else tuple(self._opened(written))

    def _text(self, written: _Written, name: str) -> str | None:
        if written.key is not None:
            return self._opened(written).get(name)
        if name not in written.names:
            return None
        return self._keyring().get(f"{written.keyring}/{name}")

    def _kept(self, written: _Written, name: str, text: str | None) -> None:
        if written.key is not None:
            held = {key: one for key, one in self._opened(written).items() if key != name}
            held |= {} if text is None else {name: text}
            sealed = self._sealed_by(written.key).close(encode(held))
            self._replace(replace(written, sealed=sealed))
            return
        # A name without an entry is nothing; an entry without a name would never be removed.
        names = {*written.names, name} if text is not None else {*written.names} - {name}
        if text is None:
            self._keyring().remove(f"{written.keyring}/{name}")
        if names != {*written.names} or not self.path.exists():
            self._replace(replace(written, names=tuple(sorted(names))))
        if text is not None:
            self._keyring().set(f"{written.keyring}/{name}", text)

    def _opened(self, written: _Written) -> dict[str, str]:
        if written.key is None or written.sealed is None:
            return {}
        return decode_as(self._sealed_by(written.key).open(written.sealed), dict[str, str])

    def _sealed_by(self, note: KeyDescriptor) -> VaultCipher:
        """Derive the key once, not at every look: a passphrase takes a tenth of a second."""
        if self._seal is None or self._seal.note != note:
            self._seal = load_cipher(note, self._sources)
        return self._seal

    def _keyring(self) -> Keyring:
        keyring = self._sources.keyring()
        if keyring is None:
            raise SecretError(
                "its entries are in the keyring of the machine where it was made; there is none "
                "here. Connect again, with another vault file"
            )
        return keyring

    def _replace(self, written: _Written) -> None:
        write_durably(self.path, encode(written))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say of which vault an error speaks."""
        try:
            yield
        except VaultLocked:
            raise
        except SecretError as cause:
            raise SecretError(f"vault {self.path}: {cause}") from None
        except OSError as cause:
            why = cause.strerror or type(cause).__name__
            raise SecretError(f"vault {self.path} cannot be used: {why}") from cause
