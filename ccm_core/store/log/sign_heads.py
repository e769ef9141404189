"""Heads: what the logs are after each run and each evaluation, stated and where possible signed.

A statement is a leaf of the store's own log. It says that it is signed, or why it is not: so a
checkpoint that is missing is noticed, and a store without a key stores evidence all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import HEADS, STORE_LOG, origin
from ccm_core.ledger.key_history import SigningKey, key_note
from ccm_core.ledger.signed_note import Unsigned, VerifierKey, encoded
from ccm_core.model import json_codec
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import SIGNING_KEY
from ccm_core.store.log.read import head, store_identity, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.ledger.signed_note import Signer, Signers
    from ccm_core.store.sql.transaction import Transaction


def sign_heads(
    transaction: Transaction, logs: Sequence[str], signers: Signers, at: datetime
) -> None:
    """State the heads of logs in the store's own, and sign them and it.

    With a key at hand, heads that no key signed before are stated again and signed as well: so the
    newest signed head of the store's own log proves what is in all others.

    Args:
        transaction: Where they are stored.
        logs: Those that were appended to.
        signers: Who signs.
        at: When; recorded where a key is used for the first time.
    """
    signer = _signer(transaction, signers, at)
    if not isinstance(signer, Unsigned):
        logs = sorted({*logs, *_unsigned_logs(transaction)})
    trees = [(log, tree_of(transaction, log)) for log in logs]
    leaf = {
        "leaf": HEADS,
        "heads": [
            {"log": log, "size": tree.size, "root": encoded(tree.root)} for log, tree in trees
        ],
        **({"unsigned": signer.why} if isinstance(signer, Unsigned) else {"signed": True}),
    }
    append_leaves(transaction, STORE_LOG, [json_codec.encode(leaf)])
    if not isinstance(signer, Unsigned):
        for log in (*logs, STORE_LOG):
            _sign(transaction, log, signer)


def current_key(transaction: Transaction) -> VerifierKey | None:
    """Return the public key that heads are signed with."""
    text = transaction.value("SELECT key FROM signing_key ORDER BY seq DESC LIMIT 1")
    return None if text is None else VerifierKey.read(text)


def signing_keys(transaction: Transaction) -> Sequence[SigningKey]:
    """List every key, the first one first.

    Raises:
        IntegrityError: A note of theirs is damaged.
    """
    notes = list(transaction.column("SELECT note FROM signing_key ORDER BY seq"))
    try:
        return [SigningKey.read(note) for note in notes]
    except ValueError as error:
        raise IntegrityError(
            f"the note of a signing key is damaged: {error}. Restore the store from a backup."
        ) from error


def register_key(
    transaction: Transaction, signer: Signer, at: datetime, *, predecessor: Signer | None = None
) -> VerifierKey:
    """Sign heads with a key from here on.

    Args:
        transaction: Where they are stored.
        signer: The key.
        at: When.
        predecessor: The key before it, where it is at hand: it signs that it hands over.
    """
    name = origin(store_identity(transaction))
    key, before = VerifierKey(name, signer.public), current_key(transaction)
    note = key_note(name, signer, at, replaces=before, predecessor=predecessor)
    row = {"key": str(key), "note": note}
    transaction.insert("signing_key", row)
    append_leaves(transaction, STORE_LOG, [SIGNING_KEY.line(row)])
    return key


def newest_signed_head(transaction: Transaction, log: str = STORE_LOG) -> str | None:
    """Return the note of the newest signed head of a log."""
    query = "SELECT note FROM checkpoint WHERE log = :log ORDER BY size DESC LIMIT 1"
    note: str | None = transaction.value(query, log=log)
    return note


def _signer(transaction: Transaction, signers: Signers, at: datetime) -> Signer | Unsigned:
    if isinstance(signers, Unsigned):
        return signers
    current = current_key(transaction)
    if current is None:
        register_key(transaction, signers[0], at)
        return signers[0]
    for signer in signers:
        if signer.public == current.public:
            return signer
    return Unsigned(
        why=f"the vault has another signing key than {current}, with which this store is signed. "
        "Restore that vault, or run `ccm keys rotate --lost`"
    )


def _unsigned_logs(transaction: Transaction) -> Iterator[str]:
    """Yield the logs of connections that have grown since their newest signed head."""
    query = """
        SELECT log, (SELECT max(size) FROM checkpoint WHERE checkpoint.log = log_entry.log)
        FROM log_entry
        GROUP BY log
        HAVING log <> :store
        """
    for log, signed in list(transaction.rows(query, store=STORE_LOG)):
        if tree_of(transaction, log).size > (signed or 0):
            yield log


def _sign(transaction: Transaction, log: str, signer: Signer) -> None:
    checkpoint = head(transaction, log)
    name = origin(store_identity(transaction))
    note = signed_note.sign(checkpoint.text, name, signer)
    transaction.insert("checkpoint", {"log": log, "size": checkpoint.size, "note": note})
