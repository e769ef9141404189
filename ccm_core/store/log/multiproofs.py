"""Excerpts of the ledger, and the kept bytes that their leaves speak of: what bundles hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import Checkpoint
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.multiproof import Excerpt, multiproof
from ccm_core.model import json_codec
from ccm_core.store.codec.bodies import verified
from ccm_core.store.codec.compression import Decompressor
from ccm_core.store.log import checkpoints, ledger
from ccm_core.store.sql.batches import batches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.sql.transaction import Transaction

CONTENTS = {
    "version": "SELECT digest, content FROM body WHERE digest IN (:among)",
    "collection": "SELECT digest, document FROM collection WHERE digest IN (:among)",
    "manifest": "SELECT digest, document FROM manifest WHERE digest IN (:among)",
    "rejected": "SELECT digest, document FROM rejected WHERE digest IN (:among)",
    "evaluation": "SELECT digest, document FROM evaluation WHERE digest IN (:among)",
    "document": "SELECT digest, document FROM document WHERE digest IN (:among)",
}
"""How the bytes are found that a form of leaf speaks of by their digest."""


def excerpt(
    transaction: Transaction,
    log: str,
    choose: Callable[[Iterator[tuple[int, JsonObject]]], Collection[int]],
) -> Excerpt | None:
    """Give leaves of a log with what proves them; None where no head of it was ever signed.

    Args:
        transaction: On the database.
        log: A connection's name, or the store's own log.
        choose: Is shown the leaves with their indexes, in order, and names those it wants.

    Raises:
        IntegrityError: The ledger is damaged; ``ccm verify`` says where.
    """
    signed = checkpoints.newest(transaction, log)
    if signed is None:
        return None
    try:
        size = Checkpoint.read(signed_note.read(signed).text).size
        lines = ledger.leaves(transaction, log, size)
        wanted = sorted(choose((at, json_codec.decode(one)) for at, one in enumerate(lines)))
        return Excerpt(
            log=log,
            checkpoint=signed,
            size=size,
            leaves=_taken(ledger.leaves(transaction, log, size), wanted),
            hashes=tuple(
                multiproof(map(leaf_hash, ledger.leaves(transaction, log, size)), size, wanted)
            ),
        )
    except ValueError as error:
        raise IntegrityError(
            f"the ledger of {log} is damaged ({error}). Run `ccm verify`, which says where."
        ) from error


def contents(
    transaction: Transaction, form: str, digests: Iterable[str]
) -> Iterator[tuple[str, bytes | None]]:
    """Give the kept bytes of some digests in their order; None for what is not there any more.

    Args:
        transaction: On the database.
        form: Of the leaves that speak of them; a key of :data:`CONTENTS`.
        digests: Which.

    Raises:
        IntegrityError: Bytes do not have their digest.
    """
    decompressor = Decompressor()
    for batch in batches(digests):
        found: dict[str, bytes] = dict(transaction.among(CONTENTS[form], batch))
        for digest in batch:
            yield (
                digest,
                _bytes(form, digest, found[digest], decompressor) if digest in found else None,
            )


def _taken(lines: Iterable[bytes], wanted: Iterable[int]) -> dict[int, bytes]:
    chosen = set(wanted)
    return {at: line for at, line in enumerate(lines) if at in chosen}


def _bytes(form: str, digest: str, content: bytes, decompressor: Decompressor) -> bytes:
    try:
        return verified(content, digest, decompressor)
    except ValueError as error:
        raise IntegrityError(
            f"what is stored of the {form} {digest} is not what was kept: {error}. Restore the "
            "store from a backup."
        ) from error
