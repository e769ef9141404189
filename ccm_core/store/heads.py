"""Heads: what the logs are after each run and each evaluation, stated and where it can be signed.

A statement is a leaf of the store's own log. It says that it is signed, or why it is not: so a
checkpoint that is missing is noticed, and a store without a key keeps evidence all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    insert,
    select,
)

from ccm_core.errors import IntegrityError
from ccm_core.ledger import note
from ccm_core.ledger.checkpoint import STORE_LOG, origin
from ccm_core.ledger.heads import HEADS
from ccm_core.ledger.keys import SigningKey, begin
from ccm_core.ledger.note import VerifierKey, encoded
from ccm_core.ledger.signing import Unsigned
from ccm_core.model import json
from ccm_core.store import ledger, tables
from ccm_core.store.leaves import SIGNING_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ccm_core.ledger.note import Signer
    from ccm_core.ledger.signing import Signers

_key = tables.signing_key.c
_checkpoint = tables.checkpoint.c


def state(connection: Connection, logs: Sequence[str], signers: Signers, at: datetime) -> None:
    """State the heads of logs in the store's own, and sign them and it.

    Args:
        connection: In whose transaction.
        logs: Those that were added to.
        signers: Who signs.
        at: When; noted where a key is used for the first time.
    """
    signer = _signer(connection, signers, at)
    heads = [(log, ledger.tree_of(connection, log)) for log in logs]
    leaf = {
        "leaf": HEADS,
        "heads": [
            {"log": log, "size": tree.size, "root": encoded(tree.root)} for log, tree in heads
        ],
        **({"unsigned": signer.why} if isinstance(signer, Unsigned) else {"signed": True}),
    }
    ledger.append(connection, STORE_LOG, [json.encode(leaf)])
    if not isinstance(signer, Unsigned):
        for log in (*logs, STORE_LOG):
            _sign(connection, log, signer)


def current_key(connection: Connection) -> VerifierKey | None:
    """Give the public key that heads are signed with."""
    text = connection.scalar(select(_key.key).order_by(_key.seq.desc()).limit(1))
    return None if text is None else VerifierKey.read(text)


def signing_keys(connection: Connection) -> Sequence[SigningKey]:
    """Give every key, the first one first.

    Raises:
        IntegrityError: A note of theirs is damaged.
    """
    found = connection.scalars(select(_key.note).order_by(_key.seq)).all()
    try:
        return [SigningKey.read(one) for one in found]
    except ValueError as error:
        raise IntegrityError(
            f"the note of a signing key is damaged: {error}. Restore the store from a backup."
        ) from error


def register(
    connection: Connection, signer: Signer, at: datetime, *, predecessor: Signer | None = None
) -> VerifierKey:
    """Let heads be signed with a key from here on.

    Args:
        connection: In whose transaction.
        signer: The key.
        at: When.
        predecessor: The key before it, where it is at hand: it signs that it hands over.
    """
    name = origin(ledger.identity(connection))
    key, before = VerifierKey(name, signer.public), current_key(connection)
    text = begin(name, signer, at, replaces=before, predecessor=predecessor)
    row = {"key": str(key), "note": text}
    connection.execute(insert(tables.signing_key).values(**row))
    ledger.append(connection, STORE_LOG, [SIGNING_KEY.line(row)])
    return key


def newest(connection: Connection, log: str = STORE_LOG) -> str | None:
    """Give the note of the newest signed head of a log."""
    statement = select(_checkpoint.note).where(_checkpoint.log == log)
    return connection.scalar(statement.order_by(_checkpoint.size.desc()).limit(1))


def _signer(connection: Connection, found: Signers, at: datetime) -> Signer | Unsigned:
    if isinstance(found, Unsigned):
        return found
    current = current_key(connection)
    if current is None:
        register(connection, found[0], at)
        return found[0]
    for signer in found:
        if signer.public == current.public:
            return signer
    return Unsigned(
        why=f"the vault has another signing key than {current}, with which this store is signed. "
        "Restore that vault, or run `ccm keys rotate --lost`"
    )


def _sign(connection: Connection, log: str, signer: Signer) -> None:
    head = ledger.head(connection, log)
    name = origin(ledger.identity(connection))
    text = note.sign(head.text, name, signer)
    connection.execute(insert(tables.checkpoint).values(log=log, size=head.size, note=text))
