"""Signing: the vault's keys, handed to the store as values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ccm_core.auth import signing_keys as keys
from ccm_core.auth.vault import Vault
from ccm_core.errors import SecretError, UsageError
from ccm_core.ledger.signed_note import Signer, Signers, Signing, Unsigned, VerifierKey
from ccm_core.store.interface.ledger import LedgerStore


def vault_signing(
    vault: Callable[[], Vault],
    clock: Callable[[], datetime],
    show_message: Callable[[str], None],
    store_key: Callable[[], VerifierKey | None],
) -> Signing:
    """Return a signer with the vault's key, which is made where neither it nor the store has one.

    A message says that a key was made, or why checkpoints are not signed. The vault is read for
    every checkpoint: a daemon must notice a key that was rotated, and a vault that opens later.

    Args:
        vault: Returns the vault.
        clock: Returns the current time.
        show_message: Receives each message once.
        store_key: Returns the key that the store is signed with; None: it has none yet.
    """
    shown_messages: set[str] = set()

    def show_once(text: str) -> None:
        if text not in shown_messages:
            shown_messages.add(text)
            show_message(text)

    def sign() -> Signers:
        try:
            return _keys(vault(), store_key, clock, show_once)
        except SecretError as error:
            show_once(f"the ledger's head is not signed: {error}")
            return Unsigned(why=str(error))

    return sign


def newest_key(ledger: LedgerStore) -> VerifierKey | None:
    """Return the key that a store is signed with; None: it has none yet.

    Raises:
        IntegrityError: The note of one of its keys is damaged.
    """
    return next((key.key for key in ledger.signing_keys()[-1:]), None)


def require_store_key(
    vault: Vault, stored: Sequence[Signer], store_key: VerifierKey | None
) -> None:
    """Refuse a vault that lacks the key of the store: another key would sign nothing of it.

    Args:
        vault: The vault.
        stored: The keys in it.
        store_key: The key that the store is signed with; None: it has none yet.

    Raises:
        SecretError: It lacks that key; the message says what to do.
    """
    if store_key is not None and store_key.public not in {key.public for key in stored}:
        raise SecretError(
            f"this store is signed with {store_key}, which the vault {vault.path} does not have: "
            "with another key nothing would be signed. Restore that vault; or, where the key is "
            "lost, replace it: `ccm keys rotate --lost`"
        )


def _keys(
    vault: Vault,
    store_key: Callable[[], VerifierKey | None],
    clock: Callable[[], datetime],
    show_message: Callable[[str], None],
) -> Sequence[Signer]:
    stored = keys.stored_keys(vault)  # before the store's: a rotated key is in the vault first
    require_store_key(vault, stored, store_key())
    if not stored:
        stored = keys.create_first_key(vault, clock())
        show_message(
            f"made a signing key and stored it in the vault {vault.path}; `ccm keys show` "
            "prints its public half, for whoever verifies"
        )
    return stored


def rotate_signing_key(
    vault: Vault, ledger: LedgerStore, at: datetime, *, lost: bool = False
) -> VerifierKey:
    """Replace the signing key. The old one signs the handover, unless it was lost.

    A key that was stolen is still in the vault: it does not sign either where it is given as lost.

    The new key is in the vault before the store names it, so that it survives being killed.

    Args:
        vault: Where keys are.
        ledger: The store's ledger.
        at: When.
        lost: Whether the old one is lost or stolen, so that nobody is to trust it.

    Raises:
        UsageError: There is no key to replace, or the vault lacks the store's and it is not lost.
        SecretError: The vault cannot be opened or written.
    """
    current = ledger.signing_keys()[-1:]
    if not current:
        raise UsageError("this store has no signing key yet; `ccm keys make` makes one")
    public = current[0].key.public
    old_key = next((stored for stored in keys.stored_keys(vault) if stored.public == public), None)
    if old_key is None and not lost:
        raise UsageError(
            f"the vault {vault.path} does not have {current[0].key}, so it cannot hand over. "
            "Restore that vault; or, where the key is lost, pass --lost: whoever verifies sees "
            "that the old key did not sign the handover"
        )
    if old_key is not None:
        keys.activate_key(vault, public, at)  # an earlier attempt may have left another successor
    new = keys.prepare_next_key(vault, at)
    key = ledger.rotate_key([new] if lost or old_key is None else [new, old_key], at)
    keys.activate_key(vault, new.public, at)
    return key
