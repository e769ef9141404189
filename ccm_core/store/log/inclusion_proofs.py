"""Leaves with what proves them against the newest signed head of their log."""

from __future__ import annotations

from array import array
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import Checkpoint
from ccm_core.ledger.inclusion_proof import inclusion_proofs
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.multiproof import ProvenLeaves, multiproof
from ccm_core.ledger.tlog_proof import LeafProof
from ccm_core.model import json_codec
from ccm_core.store.log.read import leaves
from ccm_core.store.log.sign_heads import newest_signed_head

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.sql.transaction import Transaction


def prove(
    transaction: Transaction, log: str, select: Callable[[JsonObject], bool]
) -> Sequence[tuple[bytes, LeafProof]]:
    """List the selected leaves, each with its proof; none where no head is signed.

    Raises:
        IntegrityError: The ledger is damaged; ``ccm verify`` says where.
    """
    signed = newest_signed_head(transaction, log)
    if signed is None:
        return ()
    with damage_of(log):
        size = _size(signed)
        selected = {
            index: leaf
            for index, leaf in enumerate(leaves(transaction, log, size))
            if select(json_codec.decode(leaf))
        }
        proofs = inclusion_proofs(map(leaf_hash, leaves(transaction, log, size)), selected, size)
    return [
        (leaf, LeafProof(index=index, hashes=proofs[index], checkpoint=signed))
        for index, leaf in selected.items()
    ]


def prove_together(
    transaction: Transaction,
    log: str,
    choose: Callable[[Iterator[tuple[int, JsonObject]]], Collection[int]],
) -> ProvenLeaves | None:
    """Return leaves of a log with what proves them together; None where no head is signed.

    Args:
        transaction: On the database.
        log: A connection's name, or the store's own log.
        choose: Reads the leaves with their indexes, in order, and returns the indexes to prove.

    Raises:
        IntegrityError: The ledger is damaged; ``ccm verify`` says where.
    """
    signed = newest_signed_head(transaction, log)
    if signed is None:
        return None
    with damage_of(log):
        size = _size(signed)
        lines = leaves(transaction, log, size)
        chosen = choose((at, json_codec.decode(line)) for at, line in enumerate(lines))
        indexes = array("q", sorted(chosen))
        hashes = map(leaf_hash, leaves(transaction, log, size))
        lengths = array("q", map(_length, selected_lines(transaction, log, indexes)))
        return ProvenLeaves(
            log=log,
            checkpoint=signed,
            size=size,
            indexes=indexes,
            leaf_bytes=sum(lengths),
            longest=max(lengths, default=0),
            hashes=tuple(multiproof(hashes, size, indexes)),
        )


def _length(selected: tuple[int, bytes]) -> int:
    return len(selected[1])


def _size(signed: str) -> int:
    return Checkpoint.read(signed_note.read(signed).text).size


def selected_lines(
    transaction: Transaction, log: str, indexes: Iterable[int]
) -> Iterator[tuple[int, bytes]]:
    """Yield some leaves of a log with their indexes, which ascend.

    Raises:
        IntegrityError: The ledger is damaged; ``ccm verify`` says where.
    """
    remaining = iter(indexes)
    following = next(remaining, None)
    with damage_of(log):
        for index, line in enumerate(leaves(transaction, log)):
            if following is None:
                return
            if index == following:
                yield index, line
                following = next(remaining, None)


@contextmanager
def damage_of(log: str) -> Iterator[None]:
    """Raise what a damaged ledger raises as an ``IntegrityError``."""
    try:
        yield
    except ValueError as error:
        raise IntegrityError(
            f"the ledger of {log} is damaged ({error}). Run `ccm verify`, which says where."
        ) from error
