"""Seals what a vault file holds, with Fernet, under a key that is kept elsewhere."""

from __future__ import annotations

import secrets
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ccm_core.auth.os_keyring import Keyring, os_keyring
from ccm_core.errors import SecretError
from ccm_core.sdk.secret import Secret

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_VARIABLE, PASSPHRASE_VARIABLE = "CCM_VAULT_KEY", "CCM_VAULT_PASSPHRASE"
_KEY_BYTES, _SALT_BYTES = 32, 16
_COST, _MOST_COST = 2**15, 2**20
_BLOCK = 8


class KeyLocation(StrEnum):
    """Where the key of a vault file is."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word of the file's format, no passphrase


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDescriptor:
    """What a vault file says of its key: enough to find or derive it, never the key."""

    source: KeyLocation
    name: str | None = None
    """Under which the keyring has it."""
    salt: str | None = None
    """For a passphrase, as URL-safe base64."""
    cost: int | None = None
    """scrypt's N, for a passphrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySources:
    """Where keys may come from."""

    environment: Mapping[str, str]
    keyring: Callable[[], Keyring | None] = os_keyring
    ask: Callable[[], Secret] | None = None
    """Asks the person at the terminal for the passphrase; None where there is nobody."""
    choose: Callable[[], Secret] | None = None
    """Asks for the passphrase of a vault that is being made: what is mistyped once would never
    open it again."""
    small_keyring: bool = sys.platform == "win32"
    """Whether the keyring takes small texts only: then a new vault is a sealed file and the
    keyring has its key. Windows takes some 1,200 characters."""


class VaultCipher:
    """A key that was found. Prints nothing of it."""

    def __init__(self, note: KeyDescriptor, fernet: Fernet) -> None:
        """Hold a key and the note that leads to it."""
        self.note, self._fernet = note, fernet

    def close(self, data: bytes) -> str:
        """Seal bytes."""
        return self._fernet.encrypt(data).decode()

    def open(self, sealed: str) -> bytes:
        """Give the bytes back.

        Raises:
            SecretError: They were sealed with another key, or changed since.
        """
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed)
        except (InvalidToken, ValueError):
            raise SecretError(
                f"it was sealed with another key than {_WHERE[self.note.source]}, or it was "
                "changed; give it its own key, or restore it from a copy"
            ) from None


_WHERE: Mapping[KeyLocation, str] = {
    KeyLocation.ENVIRONMENT: f"the one in {KEY_VARIABLE}",
    KeyLocation.KEYRING: "the one in the keyring",
    KeyLocation.PASSPHRASE: "the one of this passphrase",
}


def new_cipher(source: KeyLocation, sources: KeySources) -> VaultCipher:
    """Take or make a key for a new vault file.

    Raises:
        SecretError: That source has none to give.
    """
    match source:
        case KeyLocation.ENVIRONMENT:
            note = KeyDescriptor(source=source)
        case KeyLocation.KEYRING:
            note = KeyDescriptor(source=source, name=f"vault-key/{secrets.token_hex(8)}")
            _keyring(sources).set(str(note.name), _text(secrets.token_bytes(_KEY_BYTES)))
        case KeyLocation.PASSPHRASE:
            salt = _text(secrets.token_bytes(_SALT_BYTES))
            sources = replace(sources, ask=sources.choose or sources.ask)
            note = KeyDescriptor(source=source, salt=salt, cost=_COST)
    return load_cipher(note, sources)


def load_cipher(note: KeyDescriptor, sources: KeySources) -> VaultCipher:
    """Find the key that a vault file's note leads to.

    Raises:
        SecretError: It is not to be had.
    """
    from cryptography.fernet import Fernet

    match note.source:
        case KeyLocation.ENVIRONMENT:
            key = _from_environment(sources)
        case KeyLocation.KEYRING:
            key = _from_keyring(note, sources)
        case KeyLocation.PASSPHRASE:
            key = _from_passphrase(note, sources)
    return VaultCipher(note, Fernet(urlsafe_b64encode(key)))


def _from_environment(sources: KeySources) -> bytes:
    text = sources.environment.get(KEY_VARIABLE)
    if text is None:
        raise SecretError(f"its key is expected in {KEY_VARIABLE}, which is not set; set it")
    key = _bytes(text)
    if key is None or len(key) != _KEY_BYTES:
        raise SecretError(
            f"{KEY_VARIABLE} holds no key; a key is {_KEY_BYTES} random bytes in URL-safe base64, "
            "as `openssl rand -base64 32 | tr +/ -_` prints them"
        )
    return key


def _from_keyring(note: KeyDescriptor, sources: KeySources) -> bytes:
    key = _bytes(_keyring(sources).get(note.name or "") or "")
    if key is None or len(key) != _KEY_BYTES:
        raise SecretError("its key is expected in the keyring of this machine, which has none")
    return key


def _from_passphrase(note: KeyDescriptor, sources: KeySources) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    salt, cost = _bytes(note.salt or ""), note.cost or 0
    # A file from a stranger must not be able to ask for all the memory there is.
    if not salt or cost & (cost - 1) or not _BLOCK < cost <= _MOST_COST:
        raise SecretError("what it says of its passphrase cannot be used; restore it from a copy")
    passphrase = _passphrase(sources)
    kdf = Scrypt(salt=salt, length=_KEY_BYTES, n=cost, r=_BLOCK, p=1)
    return kdf.derive(passphrase.reveal().encode())


def _passphrase(sources: KeySources) -> Secret:
    text = sources.environment.get(PASSPHRASE_VARIABLE)
    if text:
        return Secret(text)
    if sources.ask is None:
        raise SecretError(f"its passphrase is expected in {PASSPHRASE_VARIABLE}, which is not set")
    found = sources.ask()
    if not found.reveal():
        raise SecretError("an empty passphrase protects nothing; give one")
    return found


def _keyring(sources: KeySources) -> Keyring:
    keyring = sources.keyring()
    if keyring is None:
        raise SecretError("its key is expected in the keyring, and this machine has none")
    return keyring


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()


def _bytes(text: str) -> bytes | None:
    try:
        return urlsafe_b64decode(text.strip())
    except ValueError:
        return None
