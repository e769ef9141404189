"""Evaluations and what they were made with, as rows that hold documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.evaluation.result import Evaluation, EvaluationBasis
from ccm_core.store.codec.bodies import encode_body
from ccm_core.store.log import content_dictionaries
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.content_dictionaries import ACTS
from ccm_core.store.log.evaluation_frames import BASE_DOCUMENT, decode_evaluation
from ccm_core.store.log.leaf_encoding import DOCUMENT

if TYPE_CHECKING:
    from ccm_core.model.evaluation.evaluation_inputs import EvaluationAct
    from ccm_core.model.evidence.write_batch import EncodedBody
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction


def inputs_digest(transaction: Transaction, digest: str) -> str | None:
    """Return the digest of what an evaluation was made with; None: that was not stored."""
    row = transaction.row("SELECT inputs FROM evaluation WHERE digest = :digest", digest=digest)
    if row is None:
        raise no_evaluation(digest)
    (inputs,) = row
    return None if inputs is None else str(inputs)


def insert_document(transaction: Transaction, form: str, document: EncodedBody) -> str:
    """Store a document with its leaf, unless it is there, and return its digest."""
    query = "SELECT seq FROM document WHERE digest = :digest"
    if transaction.row(query, digest=document.digest) is None:
        row: dict[str, SqlValue] = {
            "digest": document.digest,
            "form": form,
            "document": document.content,
        }
        transaction.insert("document", row)
        append_leaves(transaction, STORE_LOG, [DOCUMENT.line(row)])
    return document.digest


def insert_act(transaction: Transaction, act: EvaluationAct, max_size: int) -> str:
    """Store an act, which repeats most of those before; return its digest.

    Raises:
        StoreError: It is too large to be read back.
    """
    compressor = content_dictionaries.compressor(transaction, ACTS, max_size)
    digest = insert_document(transaction, "act", encode_body(act, compressor))
    content_dictionaries.renew_documents(transaction, ACTS)
    return digest


def document_text(transaction: Transaction, digest: str) -> bytes:
    """Return a stored document, as it is compressed.

    Raises:
        IntegrityError: It is not there.
    """
    query = "SELECT document FROM document WHERE digest = :digest"
    document: bytes | None = transaction.value(query, digest=digest)
    if document is None:
        raise IntegrityError(
            f"the stored document {digest} is missing. Restore the store from a backup."
        )
    return document


def stored_evaluation(transaction: Transaction, digest: str) -> tuple[Evaluation, int]:
    """Return an evaluation as it is stored, and the position that it was made at.

    Raises:
        StoreError: There is none of that digest.
        IntegrityError: It is damaged.
    """
    query = f"""
        SELECT document, {BASE_DOCUMENT}, position FROM evaluation WHERE digest = :digest
        """
    row = transaction.row(query, digest=digest)
    if row is None:
        raise no_evaluation(digest)
    document, base, position = row
    return read_evaluation(digest, document, base), position


def stored_basis(transaction: Transaction, digest: str) -> EvaluationBasis:
    """Return what the checks of an evaluation rested on.

    Raises:
        StoreError: There is none of that digest.
        IntegrityError: It is damaged.
    """
    query = f"SELECT document, {BASE_DOCUMENT} FROM evaluation WHERE digest = :digest"
    row = transaction.row(query, digest=digest)
    if row is None:
        raise no_evaluation(digest)
    document, base = row
    return decode_evaluation(document, base, digest, EvaluationBasis, f"evaluation {digest}")


def read_evaluation(digest: str, document: bytes, base: bytes | None) -> Evaluation:
    """Decode an evaluation; ``base`` is the document that it is compressed with, if any."""
    return decode_evaluation(document, base, digest, Evaluation, f"evaluation {digest}")


def no_evaluation(digest: str) -> StoreError:
    """Return the error that a digest is of no stored evaluation."""
    return StoreError(f"the store has no evaluation {digest}.")
