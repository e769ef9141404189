"""Evaluations and what they were made with: each document kept once, by digest."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evaluation.result import Evaluation, KeptEvaluation, Outline
from ccm_core.store.codec.bodies import pack, packed, unpack, verified
from ccm_core.store.log import checkpoints, ledger
from ccm_core.store.log.leaf_encoding import DOCUMENT, EVALUATION
from ccm_core.store.log.ledger import STORE_LOG
from ccm_core.store.sql.columns import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.ledger.signers import Signers
    from ccm_core.model.evidence.write_batch import Packed
    from ccm_core.store.sql.transaction import Transaction

_SEQ = "SELECT seq FROM evaluation WHERE digest = :digest"


def keep_evaluation(
    transaction: Transaction,
    evaluation: Evaluation,
    basis: EvaluationInputs | None,
    packs: Sequence[bytes],
    signers: Signers,
) -> str:
    """Keep an evaluation unless it is there already, and state the head; give its digest."""
    kept = pack(evaluation)
    if transaction.row(_SEQ, digest=kept.digest) is None:
        for text in packs:
            _keep_document(transaction, "pack", packed(text))
        row = {
            "digest": kept.digest,
            "evaluated_at": microseconds(evaluation.evaluated_at),
            "basis": _keep_document(transaction, "basis", pack(basis)) if basis else None,
            "document": kept.content,
        }
        transaction.insert("evaluation", row)
        ledger.append(transaction, STORE_LOG, [EVALUATION.line(row)])
        checkpoints.state(transaction, (), signers, evaluation.evaluated_at)
    return kept.digest


def latest_evaluation(transaction: Transaction, as_of: datetime | None) -> KeptEvaluation | None:
    """Give the one that was kept last; with ``as_of``, the latest whose moment is not after it."""
    if as_of is None:
        wanted = "ORDER BY seq DESC"
    else:
        wanted = "WHERE evaluated_at <= :as_of ORDER BY evaluated_at DESC, seq DESC"
    row = transaction.row(
        f"SELECT digest, document FROM evaluation {wanted} LIMIT 1",
        as_of=as_of and microseconds(as_of),
    )
    if row is None:
        return None
    digest, document = row
    return KeptEvaluation(digest=digest, evaluation=_read(digest, document))


def evaluations(
    transaction: Transaction, since: datetime | None, until: datetime | None
) -> Iterator[tuple[str, Evaluation]]:
    """Give evaluations with their digests by their own moment, those of one moment as kept."""
    later = "" if since is None else "AND evaluated_at >= :since"
    earlier = "" if until is None else "AND evaluated_at < :until"
    rows = transaction.rows(
        f"""
        SELECT digest, document
        FROM evaluation
        WHERE TRUE {later} {earlier}
        ORDER BY evaluated_at, seq
        """,
        since=since and microseconds(since),
        until=until and microseconds(until),
    )
    for digest, document in rows:
        yield digest, _read(digest, document)


def outlines(transaction: Transaction, since: datetime, until: datetime) -> Iterator[Outline]:
    """Give how the rules stood at the end of each UTC day, ``since <= moment < until``."""
    moments = transaction.rows(
        """
        SELECT seq, evaluated_at
        FROM evaluation
        WHERE evaluated_at >= :since AND evaluated_at < :until
        ORDER BY evaluated_at, seq
        """,
        since=microseconds(since),
        until=microseconds(until),
    )
    last = {instant(at).astimezone(UTC).date(): seq for seq, at in moments}
    for seq in last.values():
        rows = transaction.rows("SELECT digest, document FROM evaluation WHERE seq = :seq", seq=seq)
        for digest, document in rows:
            yield unpack(document, digest, Outline, f"evaluation {digest}")


def evaluation(transaction: Transaction, digest: str) -> Evaluation:
    """Give an evaluation by its digest.

    Raises:
        StoreError: There is none.
    """
    document = transaction.value(
        "SELECT document FROM evaluation WHERE digest = :digest", digest=digest
    )
    if document is None:
        raise StoreError(f"there is no evaluation {digest}")
    return _read(digest, document)


def basis(transaction: Transaction, digest: str) -> EvaluationInputs | None:
    """Give what an evaluation was made with; None where that was not kept.

    Raises:
        StoreError: There is no such evaluation.
    """
    named = basis_kept_as(transaction, digest)
    if named is None:
        return None
    return unpack(
        _stored(transaction, named), named, EvaluationInputs, f"basis of evaluation {digest}"
    )


def basis_kept_as(transaction: Transaction, digest: str) -> str | None:
    """Give the digest under which the basis of an evaluation is kept; None where it was not.

    Raises:
        StoreError: There is no such evaluation.
    """
    row = transaction.row("SELECT basis FROM evaluation WHERE digest = :digest", digest=digest)
    if row is None:
        raise StoreError(f"the store holds no evaluation {digest}.")
    (named,) = row
    return None if named is None else str(named)


def document(transaction: Transaction, digest: str) -> bytes:
    """Give the bytes of a kept document.

    Raises:
        IntegrityError: It is gone, or is not what was kept.
    """
    try:
        return verified(_stored(transaction, digest), digest)
    except ValueError as error:
        raise IntegrityError(
            f"the stored document {digest} is not what was kept: {error}. Restore the store from "
            "a backup."
        ) from error


def _keep_document(transaction: Transaction, form: str, kept: Packed) -> str:
    known = transaction.row("SELECT seq FROM document WHERE digest = :digest", digest=kept.digest)
    if known is None:
        row = {"digest": kept.digest, "form": form, "document": kept.content}
        transaction.insert("document", row)
        ledger.append(transaction, STORE_LOG, [DOCUMENT.line(row)])
    return kept.digest


def _stored(transaction: Transaction, digest: str) -> bytes:
    found: bytes | None = transaction.value(
        "SELECT document FROM document WHERE digest = :digest", digest=digest
    )
    if found is None:
        raise IntegrityError(
            f"the stored document {digest} is not there. Restore the store from a backup."
        )
    return found


def _read(digest: str, document: bytes) -> Evaluation:
    return unpack(document, digest, Evaluation, f"evaluation {digest}")
