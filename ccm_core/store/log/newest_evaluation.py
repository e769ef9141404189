"""The leaf of the evaluation that the next one builds on, proven under the newest signed head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.model import json_codec
from ccm_core.store.codec.compression import decompressed
from ccm_core.store.log.sign_heads import current_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.store.sql.transaction import Transaction

_NEWEST_FIRST = """
    SELECT first, leaves FROM log_entry WHERE log = :log ORDER BY first DESC
"""
_EDGE = "SELECT edge FROM log_entry WHERE log = :log AND first + count = :size"
_SIGNED = "SELECT size, note FROM checkpoint WHERE log = :log ORDER BY size DESC LIMIT 1"


def require_newest(transaction: Transaction, digest: str, act: str | None) -> None:
    """Check that the newest evaluation by change of the log is that of a row.

    The leaves since are hashed, and the tree over them compared with the newest signed head.

    Raises:
        IntegrityError: It is another one, or the log is not what was signed.
    """
    try:
        first, leaves = _since_newest(transaction)
        _compare(leaves, (digest, act))
        _compare_with_signed(transaction, first, leaves)
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"the newest evaluation {digest} is not the one that the ledger has ({error}). Run "
            "`ccm verify`, and restore the store from a backup."
        ) from error


def _compare(leaves: Sequence[bytes], stored: tuple[str, str | None]) -> None:
    newest = next(filter(None, map(_evaluation, reversed(leaves))), None)
    if newest != stored:
        raise ValueError(f"there it is {newest[0] if newest else 'none'}")


def _since_newest(transaction: Transaction) -> tuple[int, Sequence[bytes]]:
    """Return the leaves from the entry of the newest evaluation on, and the number of the first."""
    leaves: list[bytes] = []
    for first, content in transaction.rows(_NEWEST_FIRST, log=STORE_LOG):
        of_entry = decompressed(content).split(b"\n")
        leaves = [*of_entry, *leaves]
        if any(map(_evaluation, of_entry)):
            return int(first), leaves
    return 0, leaves


def _evaluation(leaf: bytes) -> tuple[str, str] | None:
    """Return the digests of an evaluation by change and of its act; None: the leaf is of none."""
    if b'"evaluation"' not in leaf:
        return None
    fields = json_codec.decode(leaf)
    if fields["leaf"] != "evaluation" or "act" not in fields:
        return None
    return str(fields["digest"]), str(fields["act"])


def _compare_with_signed(transaction: Transaction, first: int, leaves: Sequence[bytes]) -> None:
    signed = transaction.row(_SIGNED, log=STORE_LOG)
    if signed is None or signed[0] < first:
        return  # no key was at hand when it was stored, and `ccm verify` says so
    size, text = signed
    edge = transaction.value(_EDGE, log=STORE_LOG, size=first) if first else b""
    tree, note = MerkleTree(first, edge or b""), signed_note.read(text)
    tree.extend(map(leaf_hash, leaves[: size - first]))
    key = current_key(transaction)
    if key is None or not note.signed_by(key) or Checkpoint.read(note.text).root != tree.root:
        raise ValueError(f"and the signed head at {size} leaves is of another log")
