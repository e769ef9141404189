"""HeadVerifier: what the logs are after each run and each evaluation, stated and where it can be signed.

A statement is a leaf of the store's own log. It says that it is signed, or why it is not: so a
checkpoint that is missing is noticed, and a store without a key keeps evidence all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import HEADS, STORE_LOG, origin
from ccm_core.ledger.key_history import SigningKey, begin
from ccm_core.ledger.signed_note import VerifierKey, encoded
from ccm_core.ledger.signers import Unsigned
from ccm_core.model import json_codec
from ccm_core.store.log import ledger
from ccm_core.store.log.leaf_encoding import SIGNING_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ccm_core.ledger.signed_note import Signer
    from ccm_core.ledger.signers import Signers
    from ccm_core.store.sql.transaction import Transaction


def state(transaction: Transaction, logs: Sequence[str], signers: Signers, at: datetime) -> None:
    """State the heads of logs in the store's own, and sign them and it.

    Args:
        transaction: Where they are kept.
        logs: Those that were added to.
        signers: Who signs.
        at: When; noted where a key is used for the first time.
    """
    signer = _signer(transaction, signers, at)
    heads = [(log, ledger.tree_of(transaction, log)) for log in logs]
    leaf = {
        "leaf": HEADS,
        "heads": [
            {"log": log, "size": tree.size, "root": encoded(tree.root)} for log, tree in heads
        ],
        **({"unsigned": signer.why} if isinstance(signer, Unsigned) else {"signed": True}),
    }
    ledger.append(transaction, STORE_LOG, [json_codec.encode(leaf)])
    if not isinstance(signer, Unsigned):
        for log in (*logs, STORE_LOG):
            _sign(transaction, log, signer)


def current_key(transaction: Transaction) -> VerifierKey | None:
    """Give the public key that heads are signed with."""
    text = transaction.value("SELECT key FROM signing_key ORDER BY seq DESC LIMIT 1")
    return None if text is None else VerifierKey.read(text)


def signing_keys(transaction: Transaction) -> Sequence[SigningKey]:
    """Give every key, the first one first.

    Raises:
        IntegrityError: A note of theirs is damaged.
    """
    found = list(transaction.column("SELECT note FROM signing_key ORDER BY seq"))
    try:
        return [SigningKey.read(one) for one in found]
    except ValueError as error:
        raise IntegrityError(
            f"the note of a signing key is damaged: {error}. Restore the store from a backup."
        ) from error


def register(
    transaction: Transaction, signer: Signer, at: datetime, *, predecessor: Signer | None = None
) -> VerifierKey:
    """Let heads be signed with a key from here on.

    Args:
        transaction: Where they are kept.
        signer: The key.
        at: When.
        predecessor: The key before it, where it is at hand: it signs that it hands over.
    """
    name = origin(ledger.identity(transaction))
    key, before = VerifierKey(name, signer.public), current_key(transaction)
    text = begin(name, signer, at, replaces=before, predecessor=predecessor)
    row = {"key": str(key), "note": text}
    transaction.insert("signing_key", row)
    ledger.append(transaction, STORE_LOG, [SIGNING_KEY.line(row)])
    return key


def newest(transaction: Transaction, log: str = STORE_LOG) -> str | None:
    """Give the note of the newest signed head of a log."""
    query = "SELECT note FROM checkpoint WHERE log = :log ORDER BY size DESC LIMIT 1"
    text: str | None = transaction.value(query, log=log)
    return text


def _signer(transaction: Transaction, found: Signers, at: datetime) -> Signer | Unsigned:
    if isinstance(found, Unsigned):
        return found
    current = current_key(transaction)
    if current is None:
        register(transaction, found[0], at)
        return found[0]
    for signer in found:
        if signer.public == current.public:
            return signer
    return Unsigned(
        why=f"the vault has another signing key than {current}, with which this store is signed. "
        "Restore that vault, or run `ccm keys rotate --lost`"
    )


def _sign(transaction: Transaction, log: str, signer: Signer) -> None:
    head = ledger.head(transaction, log)
    name = origin(ledger.identity(transaction))
    text = signed_note.sign(head.text, name, signer)
    transaction.insert("checkpoint", {"log": log, "size": head.size, "note": text})
