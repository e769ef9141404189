"""Private signing keys: created here, stored in the vault, and never exported."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.errors import SecretError
from ccm_core.sdk.secret import Secret

if TYPE_CHECKING:
    from ccm_core.auth.vault import Vault

ENTRY = "@ledger"
"""The name of the vault's entry. No connection has such a name."""

_CURRENT, _NEXT = "ed25519", "ed25519_next"


class Ed25519Key:
    """A signing key. Its representation contains no key material."""

    def __init__(self, encoded: Secret) -> None:
        """Load the 32 bytes that the vault stores, in base64.

        Raises:
            SecretError: They are not a key.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        try:
            data = b64decode(encoded.reveal(), validate=True)
            self._key = Ed25519PrivateKey.from_private_bytes(data)
        except ValueError:
            raise SecretError(
                f"the vault's entry {ENTRY!r} is not a signing key; restore the vault from a copy"
            ) from None

    @property
    def public(self) -> bytes:
        """The public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return the signature of some bytes."""
        return self._key.sign(data)


def ephemeral_key() -> Ed25519Key:
    """Create a key that is stored nowhere."""
    return Ed25519Key(_new_key())


def stored_keys(vault: Vault) -> Sequence[Ed25519Key]:
    """Return the keys in the vault: the current one, and its successor where one is prepared.

    Raises:
        SecretError: The vault cannot be opened.
    """
    entry = _entry(vault)
    if entry is None:
        return ()
    return [Ed25519Key(entry.secrets[name]) for name in (_CURRENT, _NEXT) if name in entry.secrets]


def create_first_key(vault: Vault, at: datetime) -> Sequence[Ed25519Key]:
    """Create the first key, unless another process was faster; return the keys in the vault.

    Raises:
        SecretError: It cannot be stored.
    """
    with vault.lock(ENTRY):
        if _entry(vault) is None:
            vault.write(ENTRY, VaultEntry(secrets={_CURRENT: _new_key()}, entered_at=at))
        return stored_keys(vault)


def prepare_next_key(vault: Vault, at: datetime) -> Ed25519Key:
    """Create a successor and store it beside the current key, before anything is signed with it.

    Raises:
        SecretError: It cannot be stored.
    """
    with vault.lock(ENTRY):
        entry, successor = _entry(vault), _new_key()
        current = {} if entry is None else {_CURRENT: entry.secrets[_CURRENT]}
        vault.write(ENTRY, VaultEntry(secrets={**current, _NEXT: successor}, entered_at=at))
    return Ed25519Key(successor)


def activate_key(vault: Vault, public: bytes, at: datetime) -> None:
    """Remove every key but the one that the store is signed with.

    Raises:
        SecretError: It is missing, or the vault cannot be written.
    """
    with vault.lock(ENTRY):
        entry = _entry(vault)
        for encoded in () if entry is None else entry.secrets.values():
            if Ed25519Key(encoded).public == public:
                vault.write(ENTRY, VaultEntry(secrets={_CURRENT: encoded}, entered_at=at))
                return
    raise SecretError("the vault does not have the key that the store is signed with")


def _entry(vault: Vault) -> VaultEntry | None:
    return vault.read(ENTRY) if ENTRY in vault.names() else None


def _new_key() -> Secret:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Secret(b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode("ascii"))
