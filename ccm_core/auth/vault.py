"""The vault: secrets that the program must be able to update, such as tokens that rotate.

A vault is a file. Either it contains all entries, encrypted; or it contains only their names, and
the keyring of the operating system has the entries. It is replaced atomically, under a lock, so
that it can be opened after any crash; and it is read again each time, so that no process overwrites
what another one wrote.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ccm_core.atomic_write import write_durably
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
from ccm_core.auth.vault_entry import VaultEntry, decode_entry, encode_entry
from ccm_core.errors import SecretError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import decode_as, encode

_MAX_BYTES = 8 * 1024 * 1024
_LOCK_SECONDS = 20.0
_NAME = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # @: not a connection's


@dataclass(frozen=True, slots=True, kw_only=True)
class _VaultFile:
    """The contents of a vault's file."""

    format: Literal["ccm-vault-1"] = "ccm-vault-1"
    key: KeyDescriptor | None = None
    """Where the key of :attr:`sealed` is; None where the keyring has the entries."""
    sealed: str | None = None
    """The entries by name, encrypted."""
    keyring: str | None = None
    """The prefix of the names in the keyring."""
    names: tuple[str, ...] = ()
    """The names of the entries in the keyring."""

    @property
    def is_consistent(self) -> bool:
        """Whether it states where the entries are, in exactly one way."""
        in_file = self.key is not None and self.sealed is not None
        return in_file is not (self.keyring is not None and self.key is None)


class VaultLocked(SecretError):
    """Another process holds the lock."""


class Vault:
    """Stores entries by the names of their connections."""

    def __init__(self, path: Path, sources: KeySources) -> None:
        """Store entries in a file; it is created with the first of them.

        Args:
            path: The file. Lock files are beside it.
            sources: Where its key may be read from.
        """
        self.path, self._sources = path, sources
        self._cipher: VaultCipher | None = None
        self._new_file: _VaultFile | None = None

    def ensure_usable(self) -> None:
        """Check that a secret could be stored, before a person is asked for it.

        A missing file is not created.

        Raises:
            SecretError: There is no key, or the vault cannot be opened.
        """
        with self._named_errors(), self.lock():
            vault_file = self._read_file() or self._planned_file()
            if vault_file.keyring is not None:
                self._keyring().get(f"{vault_file.keyring}/")
            self._decrypted(vault_file)

    def names(self) -> tuple[str, ...]:
        """Return the names of the entries, sorted.

        Raises:
            SecretError: The vault cannot be opened.
        """
        with self._named_errors():
            vault_file = self._read_file()
            return () if vault_file is None else tuple(sorted(self._names(vault_file)))

    def read(self, name: str) -> VaultEntry:
        """Return an entry.

        Raises:
            SecretError: There is none, or the vault cannot be opened.
        """
        with self._named_errors():
            vault_file = self._read_file()
            text = None if vault_file is None else self._entry_text(vault_file, name)
            if text is None:
                raise SecretError(f"it has no entry named {name!r}; connect {name} first")
            try:
                return decode_entry(text)
            except ValueError:
                raise SecretError(f"its entry {name!r} cannot be read") from None

    def write(self, name: str, entry: VaultEntry) -> None:
        """Store an entry in place of the one of that name; it is durable when this returns.

        Raises:
            SecretError: It cannot be stored; the old entry is unchanged.
        """
        with self._named_errors(), self.lock():
            if not _NAME.fullmatch(name):
                raise SecretError(f"expected the name of a connection, got {name!r}")
            vault_file = self._read_file() or self._planned_file()
            self._store(vault_file, name, encode_entry(entry).decode())

    def remove(self, name: str) -> None:
        """Remove an entry, if there is one.

        Raises:
            SecretError: It cannot be removed.
        """
        with self._named_errors(), self.lock():
            vault_file = self._read_file()
            if vault_file is not None and name in self._names(vault_file):
                self._store(vault_file, name, None)

    @contextmanager
    def lock(self, name: str | None = None, *, timeout: float = _LOCK_SECONDS) -> Iterator[None]:
        """Lock the vault against changes, or the refresh of one connection.

        Args:
            name: The connection; None for the vault itself.
            timeout: Seconds to wait for another process.

        Raises:
            VaultLocked: Another process still holds the lock.
            SecretError: The lock file cannot be created.
        """
        from filelock import FileLock, Timeout

        if not self.path.parent.is_dir():  # filelock would create it
            raise SecretError(f"the folder {self.path.parent} does not exist; create it first")
        lock_path = f"{self.path}.lock" if name is None else f"{self.path}.{name}.lock"
        lock = FileLock(lock_path, timeout=timeout, mode=0o600, thread_local=False)
        try:
            lock.acquire(poll_interval=0.005)
        except Timeout:
            raise VaultLocked(
                f"another ccm has held {lock_path} for {timeout:g} s; wait until it has ended"
            ) from None
        except OSError as cause:
            raise SecretError(f"{lock_path} cannot be locked: {cause.strerror}") from cause
        try:
            yield
        finally:
            lock.release()

    # -- the file --------------------------------------------------------------------

    def _read_file(self) -> _VaultFile | None:
        try:
            with self.path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        try:
            vault_file = decode_as(data, _VaultFile) if len(data) <= _MAX_BYTES else None
        except ValueError:
            vault_file = None
        if vault_file is None or not vault_file.is_consistent:
            raise SecretError(
                "the file is not a vault of ccm, or it was damaged; restore it from a copy"
            )
        return vault_file

    def _planned_file(self) -> _VaultFile:
        if self._new_file is None:
            self._new_file = self._create_file()
        return self._new_file

    def _create_file(self) -> _VaultFile:
        """Decide where a new vault stores its entries: explicit settings take precedence."""
        environment = self._sources.environment
        if environment.get(KEY_VARIABLE):  # one that is empty is not set
            self._cipher = new_cipher(KeyLocation.ENVIRONMENT, self._sources)
        elif environment.get(PASSPHRASE_VARIABLE):
            self._cipher = new_cipher(KeyLocation.PASSPHRASE, self._sources)
        elif self._sources.keyring() is not None and self._sources.small_keyring:
            self._cipher = new_cipher(KeyLocation.KEYRING, self._sources)
        elif self._sources.keyring() is not None:
            return _VaultFile(keyring=f"vault/{secrets.token_hex(8)}")
        elif self._sources.prompt is not None:
            self._cipher = new_cipher(KeyLocation.PASSPHRASE, self._sources)
        else:
            raise SecretError(
                "this machine has no keyring, so the vault needs a key: set "
                f"{KEY_VARIABLE} to 32 random bytes in URL-safe base64, or {PASSPHRASE_VARIABLE}"
            )
        return _VaultFile(key=self._cipher.descriptor, sealed=self._cipher.encrypt(b"{}"))

    def _names(self, vault_file: _VaultFile) -> tuple[str, ...]:
        return vault_file.names if vault_file.key is None else tuple(self._decrypted(vault_file))

    def _entry_text(self, vault_file: _VaultFile, name: str) -> str | None:
        if vault_file.key is not None:
            return self._decrypted(vault_file).get(name)
        if name not in vault_file.names:
            return None
        return self._keyring().get(f"{vault_file.keyring}/{name}")

    def _store(self, vault_file: _VaultFile, name: str, text: str | None) -> None:
        if vault_file.key is not None:
            entries = self._decrypted(vault_file)
            entries.pop(name, None)
            entries |= {} if text is None else {name: text}
            sealed = self._cipher_of(vault_file.key).encrypt(encode(entries))
            self._replace(replace(vault_file, sealed=sealed))
            return
        # A name without an entry is harmless; an entry without a name would never be removed.
        names = {*vault_file.names, name} if text is not None else {*vault_file.names} - {name}
        if text is None:
            self._keyring().remove(f"{vault_file.keyring}/{name}")
        if names != {*vault_file.names} or not self.path.exists():
            self._replace(replace(vault_file, names=tuple(sorted(names))))
        if text is not None:
            self._keyring().set(f"{vault_file.keyring}/{name}", text)

    def _decrypted(self, vault_file: _VaultFile) -> dict[str, str]:
        if vault_file.key is None or vault_file.sealed is None:
            return {}
        plain = self._cipher_of(vault_file.key).decrypt(vault_file.sealed)
        return decode_as(plain, dict[str, str])

    def _cipher_of(self, descriptor: KeyDescriptor) -> VaultCipher:
        """Return the cipher of a key, derived once: a passphrase takes a tenth of a second."""
        if self._cipher is None or self._cipher.descriptor != descriptor:
            self._cipher = load_cipher(descriptor, self._sources)
        return self._cipher

    def _keyring(self) -> Keyring:
        keyring = self._sources.keyring()
        if keyring is None:
            raise SecretError(
                "its entries are in the keyring of the machine where it was created, and this one "
                "has no keyring. Connect again, with another vault file"
            )
        return keyring

    def _replace(self, vault_file: _VaultFile) -> None:
        write_durably(self.path, encode(vault_file))

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Add the vault's path to errors."""
        try:
            yield
        except VaultLocked:
            raise
        except SecretError as cause:
            raise SecretError(f"vault {self.path}: {cause}") from None
        except OSError as cause:
            reason = cause.strerror or type(cause).__name__
            raise SecretError(f"vault {self.path} cannot be used: {reason}") from cause
