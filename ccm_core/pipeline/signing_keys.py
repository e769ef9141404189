"""Signing: the vault's keys, handed to the store as values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ccm_core.auth import signing_keys as keys
from ccm_core.auth.vault import Vault
from ccm_core.errors import SecretError, UsageError
from ccm_core.ledger.signed_note import Signer, VerifierKey
from ccm_core.ledger.signers import Signing, Unsigned
from ccm_core.store.interface.ledger import LedgerStore


def vault_signing(
    vault: Callable[[], Vault], clock: Callable[[], datetime], show_message: Callable[[str], None]
) -> Signing:
    """Sign with the vault's key; make it where there is none, and tell that or why nobody signs.

    The vault is looked at for every head: a daemon must notice a key that was rotated, and a vault
    that opens at last.

    Args:
        vault: Gives the vault.
        clock: Says when a key is made.
        show_message: Is told what a person should know, each thing once.
    """
    shown_messages: set[str] = set()

    def tell(text: str) -> None:
        if text not in shown_messages:
            shown_messages.add(text)
            show_message(text)

    return lambda: _keys(vault(), clock, tell)


def _keys(
    vault: Vault, clock: Callable[[], datetime], show_message: Callable[[str], None]
) -> Sequence[Signer] | Unsigned:
    try:
        stored = keys.stored_keys(vault)
        if not stored:
            stored = keys.create_first_key(vault, clock())
            show_message(
                f"made a signing key and kept it in the vault {vault.path}; `ccm keys show` prints "
                "its public half, for whoever verifies"
            )
    except SecretError as error:
        show_message(f"the ledger's head is not signed: {error}")
        return Unsigned(why=str(error))
    return stored


def rotate_signing_key(
    vault: Vault, ledger: LedgerStore, at: datetime, *, lost: bool = False
) -> VerifierKey:
    """Replace the signing key. The old one signs that it hands over, unless it was lost.

    The new key is in the vault before the store names it, so that no kill leaves it nowhere.

    Args:
        vault: Where keys are.
        store: Whose key is replaced.
        at: When.
        lost: Whether the old one is not to be had any more.

    Raises:
        UsageError: There is no key to be replaced, or it is not the store's and not called lost.
        SecretError: The vault cannot be opened or written.
    """
    current = ledger.signing_keys()[-1:]
    if not current:
        raise UsageError("this store has no signing key yet; `ccm keys make` makes one")
    public = current[0].key.public
    old_key = next((key_ for key_ in keys.stored_keys(vault) if key_.public == public), None)
    if old_key is None and not lost:
        raise UsageError(
            f"the vault {vault.path} does not have {current[0].key}, so it cannot hand over. "
            "Restore that vault; or, where the key is lost, say so with --lost: whoever verifies "
            "is told that it did not hand over"
        )
    if old_key is not None:
        keys.activate_key(vault, public, at)  # an earlier attempt may have left another successor
    new = keys.prepare_next_key(vault, at)
    key = ledger.rotate_key([new] if old_key is None else [new, old_key], at)
    keys.activate_key(vault, new.public, at)
    return key
