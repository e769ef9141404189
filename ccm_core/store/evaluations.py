"""Evaluations and what they were made with: each document kept once, by digest."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    insert,
    select,
)

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.model.basis import Basis
from ccm_core.model.json import digest as digest_of
from ccm_core.model.json import encode
from ccm_core.model.result import Evaluation, Outline
from ccm_core.store import heads, ledger, tables
from ccm_core.store.content import pack, packed, unpack, verified
from ccm_core.store.instants import instant, microseconds
from ccm_core.store.leaves import DOCUMENT, EVALUATION
from ccm_core.store.ledger import STORE_LOG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ccm_core.ledger.signing import Signers
    from ccm_core.model.harvest import Packed

_evaluation = tables.evaluation.c
_document = tables.document.c


def keep_evaluation(
    connection: Connection,
    evaluation: Evaluation,
    basis: Basis | None,
    packs: Sequence[bytes],
    signers: Signers,
) -> str:
    """Keep an evaluation unless it is there already, and state the head; give its digest."""
    kept = pack(evaluation)
    known = select(_evaluation.seq).where(_evaluation.digest == kept.digest)
    if connection.scalar(known) is None:
        for text in packs:
            _keep_document(connection, "pack", packed(text))
        row = {
            "digest": kept.digest,
            "evaluated_at": microseconds(evaluation.evaluated_at),
            "basis": _keep_document(connection, "basis", pack(basis)) if basis else None,
            "document": kept.content,
        }
        connection.execute(insert(tables.evaluation).values(**row))
        ledger.append(connection, STORE_LOG, [EVALUATION.line(row)])
        heads.state(connection, (), signers, evaluation.evaluated_at)
    return kept.digest


def latest_evaluation(connection: Connection, as_of: datetime | None) -> Evaluation | None:
    """Give the one that was kept last; with ``as_of``, the latest whose moment is not after it."""
    statement = select(_evaluation.digest, _evaluation.document)
    if as_of is not None:
        statement = statement.where(_evaluation.evaluated_at <= microseconds(as_of)).order_by(
            _evaluation.evaluated_at.desc()
        )
    row = connection.execute(statement.order_by(_evaluation.seq.desc()).limit(1)).one_or_none()
    return None if row is None else _read(*row)


def kept_as(connection: Connection, evaluation: Evaluation) -> str | None:
    """Give the digest under which an evaluation is kept; None where it is not.

    An evaluation that another version kept is not the same bytes when it is written again. Only
    then are those of its moment read and compared.
    """
    written = digest_of(encode(evaluation))
    if connection.scalar(select(_evaluation.seq).where(_evaluation.digest == written)) is not None:
        return written
    statement = select(_evaluation.digest, _evaluation.document).where(
        _evaluation.evaluated_at == microseconds(evaluation.evaluated_at)
    )
    for digest, document in connection.execute(statement.order_by(_evaluation.seq)):
        if _read(digest, document) == evaluation:
            return str(digest)
    return None


def evaluations(
    connection: Connection, since: datetime | None, until: datetime | None
) -> Iterator[tuple[str, Evaluation]]:
    """Give evaluations with their digests by their own moment, those of one moment as kept."""
    statement = select(_evaluation.digest, _evaluation.document)
    if since is not None:
        statement = statement.where(_evaluation.evaluated_at >= microseconds(since))
    if until is not None:
        statement = statement.where(_evaluation.evaluated_at < microseconds(until))
    rows = connection.execute(
        statement.order_by(_evaluation.evaluated_at, _evaluation.seq),
        execution_options={"yield_per": 20},
    )
    for digest, document in rows:
        yield digest, _read(digest, document)


def outlines(connection: Connection, since: datetime, until: datetime) -> Iterator[Outline]:
    """Give how the rules stood at the end of each UTC day, ``since <= moment < until``."""
    within = select(_evaluation.seq, _evaluation.evaluated_at).where(
        _evaluation.evaluated_at >= microseconds(since),
        _evaluation.evaluated_at < microseconds(until),
    )
    moments = connection.execute(within.order_by(_evaluation.evaluated_at, _evaluation.seq))
    last = {instant(at).astimezone(UTC).date(): seq for seq, at in moments}
    for seq in last.values():
        found = select(_evaluation.digest, _evaluation.document).where(_evaluation.seq == seq)
        digest, document = connection.execute(found).one()
        yield unpack(document, digest, Outline, f"evaluation {digest}")


def evaluation(connection: Connection, digest: str) -> Evaluation:
    """Give an evaluation by its digest.

    Raises:
        StoreError: There is none.
    """
    statement = select(_evaluation.document).where(_evaluation.digest == digest)
    document = connection.scalar(statement)
    if document is None:
        raise StoreError(f"there is no evaluation {digest}")
    return _read(digest, document)


def basis(connection: Connection, digest: str) -> Basis | None:
    """Give what an evaluation was made with; None where that was not kept.

    Raises:
        StoreError: There is no such evaluation.
    """
    named = basis_kept_as(connection, digest)
    if named is None:
        return None
    return unpack(_stored(connection, named), named, Basis, f"basis of evaluation {digest}")


def basis_kept_as(connection: Connection, digest: str) -> str | None:
    """Give the digest under which the basis of an evaluation is kept; None where it was not.

    Raises:
        StoreError: There is no such evaluation.
    """
    row = connection.execute(select(_evaluation.basis).where(_evaluation.digest == digest)).first()
    if row is None:
        raise StoreError(f"the store holds no evaluation {digest}.")
    return None if row.basis is None else str(row.basis)


def document(connection: Connection, digest: str) -> bytes:
    """Give the bytes of a kept document.

    Raises:
        IntegrityError: It is gone, or is not what was kept.
    """
    try:
        return verified(_stored(connection, digest), digest)
    except ValueError as error:
        raise IntegrityError(
            f"the stored document {digest} is not what was kept: {error}. Restore the store from "
            "a backup."
        ) from error


def _keep_document(connection: Connection, form: str, kept: Packed) -> str:
    known = select(_document.seq).where(_document.digest == kept.digest)
    if connection.scalar(known) is None:
        row = {"digest": kept.digest, "form": form, "document": kept.content}
        connection.execute(insert(tables.document).values(**row))
        ledger.append(connection, STORE_LOG, [DOCUMENT.line(row)])
    return kept.digest


def _stored(connection: Connection, digest: str) -> bytes:
    found = connection.scalar(select(_document.document).where(_document.digest == digest))
    if found is None:
        raise IntegrityError(
            f"the stored document {digest} is not there. Restore the store from a backup."
        )
    return bytes(found)


def _read(digest: str, document: bytes) -> Evaluation:
    return unpack(document, digest, Evaluation, f"evaluation {digest}")
