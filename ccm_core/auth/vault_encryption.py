"""Encrypts the contents of a vault file with Fernet, under a key that is stored elsewhere."""

from __future__ import annotations

import secrets
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ccm_core.auth.os_keyring import Keyring, os_keyring
from ccm_core.errors import SecretError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.secret import Secret

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_VARIABLE, PASSPHRASE_VARIABLE = "CCM_VAULT_KEY", "CCM_VAULT_PASSPHRASE"
_KEY_BYTES, _SALT_BYTES = 32, 16
_COST, _MAX_COST = 2**17, 2**20
"""scrypt's N: with a block size of 8, what OWASP's password storage cheat sheet asks for (128 MiB),
and the most that a vault file may ask of the machine. A file that asks for less is refused."""
_BLOCK_SIZE = 8


class KeyLocation(StrEnum):
    """Where the key of a vault file is."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word of the file's format, no passphrase


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDescriptor:
    """How a vault file describes its key: enough to find or derive it, never the key."""

    source: KeyLocation
    name: str | None = None
    """Its name in the keyring."""
    salt: str | None = None
    """For a passphrase, as URL-safe base64."""
    cost: int | None = None
    """scrypt's N, for a passphrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySources:
    """Where keys may be read from."""

    environment: Mapping[str, str]
    keyring: Callable[[], Keyring | None] = os_keyring
    prompt: Callable[[], Secret] | None = None
    """Prompts for the passphrase; None where there is no terminal."""
    prompt_new: Callable[[], Secret] | None = None
    """Prompts for the passphrase of a new vault: one that is mistyped would never open it again."""
    small_keyring: bool = sys.platform == "win32"
    """Whether the keyring accepts small texts only: then a new vault is an encrypted file and the
    keyring has its key. Windows accepts some 1,200 characters."""


class VaultCipher:
    """Encrypts and decrypts with one key. Its representation contains no key material."""

    def __init__(self, descriptor: KeyDescriptor, fernet: Fernet) -> None:
        """Use a key and its descriptor."""
        self.descriptor, self._fernet = descriptor, fernet

    def encrypt(self, data: bytes) -> str:
        """Encrypt bytes."""
        return self._fernet.encrypt(data).decode()

    def decrypt(self, sealed: str) -> bytes:
        """Decrypt to the original bytes.

        Raises:
            SecretError: They were encrypted with another key, or changed since.
        """
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed)
        except (InvalidToken, ValueError):
            raise SecretError(
                f"it was encrypted with another key than {_DESCRIPTIONS[self.descriptor.source]}, "
                "or it was changed; provide its own key, or restore it from a copy"
            ) from None


_DESCRIPTIONS: Mapping[KeyLocation, str] = {
    KeyLocation.ENVIRONMENT: f"the one in {KEY_VARIABLE}",
    KeyLocation.KEYRING: "the one in the keyring",
    KeyLocation.PASSPHRASE: "the one of this passphrase",
}


def new_cipher(source: KeyLocation, sources: KeySources) -> VaultCipher:
    """Read or create a key for a new vault file.

    Raises:
        SecretError: That source has no key.
    """
    match source:
        case KeyLocation.ENVIRONMENT:
            descriptor = KeyDescriptor(source=source)
        case KeyLocation.KEYRING:
            descriptor = KeyDescriptor(source=source, name=f"vault-key/{secrets.token_hex(8)}")
            _keyring(sources).set(str(descriptor.name), _encode(secrets.token_bytes(_KEY_BYTES)))
        case KeyLocation.PASSPHRASE:
            salt = _encode(secrets.token_bytes(_SALT_BYTES))
            sources = replace(sources, prompt=sources.prompt_new or sources.prompt)
            descriptor = KeyDescriptor(source=source, salt=salt, cost=_COST)
    return load_cipher(descriptor, sources)


def load_cipher(descriptor: KeyDescriptor, sources: KeySources) -> VaultCipher:
    """Load the key that a vault file describes.

    Raises:
        SecretError: It cannot be read.
    """
    from cryptography.fernet import Fernet

    match descriptor.source:
        case KeyLocation.ENVIRONMENT:
            key = _from_environment(sources)
        case KeyLocation.KEYRING:
            key = _from_keyring(descriptor, sources)
        case KeyLocation.PASSPHRASE:
            key = _from_passphrase(descriptor, sources)
    return VaultCipher(descriptor, Fernet(urlsafe_b64encode(key)))


def _from_environment(sources: KeySources) -> bytes:
    text = sources.environment.get(KEY_VARIABLE)
    if not text:
        raise SecretError(f"its key is expected in {KEY_VARIABLE}, which is not set; set it")
    key = _decode(text)
    if key is None or len(key) != _KEY_BYTES:
        raise SecretError(
            f"{KEY_VARIABLE}: expected {_KEY_BYTES} random bytes in URL-safe base64, as "
            "`openssl rand -base64 32 | tr +/ -_` prints them"
        )
    return key


def _from_keyring(descriptor: KeyDescriptor, sources: KeySources) -> bytes:
    key = _decode(_keyring(sources).get(descriptor.name or "") or "")
    if key is None or len(key) != _KEY_BYTES:
        raise SecretError("its key is expected in the keyring of this machine, which has none")
    return key


def _from_passphrase(descriptor: KeyDescriptor, sources: KeySources) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    salt, cost = _decode(descriptor.salt or ""), descriptor.cost or 0
    # A manipulated file must not be able to allocate all memory, nor to ask for a weak key.
    if not salt or cost & (cost - 1) or not _COST <= cost <= _MAX_COST:
        raise SecretError("its passphrase parameters are invalid; restore it from a copy")
    passphrase = _passphrase(sources)
    kdf = Scrypt(salt=salt, length=_KEY_BYTES, n=cost, r=_BLOCK_SIZE, p=1)
    return kdf.derive(passphrase.reveal().encode())


def _passphrase(sources: KeySources) -> Secret:
    text = sources.environment.get(PASSPHRASE_VARIABLE)
    if text:
        return Secret(text)
    if sources.prompt is None:
        raise SecretError(f"its passphrase is expected in {PASSPHRASE_VARIABLE}, which is not set")
    passphrase = sources.prompt()
    if not passphrase.reveal():
        raise SecretError("the passphrase is empty; enter one")
    return passphrase


def _keyring(sources: KeySources) -> Keyring:
    keyring = sources.keyring()
    if keyring is None:
        raise SecretError("its key is expected in the keyring, and this machine has none")
    return keyring


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()


def _decode(text: str) -> bytes | None:
    try:
        return urlsafe_b64decode(text.strip())
    except ValueError:
        return None
