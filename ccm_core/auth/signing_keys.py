"""The private halves of signing keys: made here, kept in the vault, and given to nobody."""

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
    """A key that signs. Prints nothing of itself."""

    def __init__(self, kept: Secret) -> None:
        """Take the 32 bytes that the vault keeps, in base64.

        Raises:
            SecretError: They are no key.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        try:
            data = b64decode(kept.reveal(), validate=True)
            self._key = Ed25519PrivateKey.from_private_bytes(data)
        except ValueError:
            raise SecretError(
                f"what the vault has of {ENTRY!r} is no signing key; restore the vault from a copy"
            ) from None

    @property
    def public(self) -> bytes:
        """The public half."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Give the signature of some bytes."""
        return self._key.sign(data)


def ephemeral_key() -> Ed25519Key:
    """Make a key that is kept nowhere."""
    return Ed25519Key(_fresh())


def held(vault: Vault) -> Sequence[Ed25519Key]:
    """Give the keys that the vault has: the current one, and its successor where one is prepared.

    Raises:
        SecretError: The vault cannot be opened.
    """
    entry = _entry(vault)
    if entry is None:
        return ()
    return [Ed25519Key(entry.secrets[name]) for name in (_CURRENT, _NEXT) if name in entry.secrets]


def make(vault: Vault, at: datetime) -> Sequence[Ed25519Key]:
    """Make the first key, unless another process was quicker; give what the vault has.

    Raises:
        SecretError: It cannot be kept.
    """
    with vault.lock(ENTRY):
        if _entry(vault) is None:
            vault.write(ENTRY, VaultEntry(secrets={_CURRENT: _fresh()}, entered_at=at))
        return held(vault)


def prepare(vault: Vault, at: datetime) -> Ed25519Key:
    """Make a successor and keep it beside the current key, before anything is signed with it.

    Raises:
        SecretError: It cannot be kept.
    """
    with vault.lock(ENTRY):
        entry, successor = _entry(vault), _fresh()
        current = {} if entry is None else {_CURRENT: entry.secrets[_CURRENT]}
        vault.write(ENTRY, VaultEntry(secrets={**current, _NEXT: successor}, entered_at=at))
    return Ed25519Key(successor)


def settle(vault: Vault, public: bytes, at: datetime) -> None:
    """Forget every key but the one that the store is signed with.

    Raises:
        SecretError: It is not there, or the vault cannot be written.
    """
    with vault.lock(ENTRY):
        entry = _entry(vault)
        for kept in () if entry is None else entry.secrets.values():
            if Ed25519Key(kept).public == public:
                vault.write(ENTRY, VaultEntry(secrets={_CURRENT: kept}, entered_at=at))
                return
    raise SecretError("the vault does not have the key that the store is signed with")


def _entry(vault: Vault) -> VaultEntry | None:
    return vault.read(ENTRY) if ENTRY in vault.names() else None


def _fresh() -> Secret:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Secret(b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode("ascii"))
