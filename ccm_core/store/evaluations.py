"""Evaluations: each kept once, by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    insert,
    select,
)

from ccm_core.model.result import Evaluation
from ccm_core.store import tables
from ccm_core.store.content import pack, unpack
from ccm_core.store.instants import microseconds

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_evaluation = tables.evaluation.c


def keep_evaluation(connection: Connection, evaluation: Evaluation) -> str:
    """Keep an evaluation unless it is there already; give its digest."""
    packed = pack(evaluation)
    known = select(_evaluation.seq).where(_evaluation.digest == packed.digest)
    if connection.scalar(known) is None:
        connection.execute(
            insert(tables.evaluation).values(
                digest=packed.digest,
                evaluated_at=microseconds(evaluation.evaluated_at),
                document=packed.document,
            )
        )
    return packed.digest


def latest_evaluation(connection: Connection, as_of: datetime | None) -> Evaluation | None:
    """Give the one that was kept last; with ``as_of``, the latest whose moment is not after it."""
    statement = select(_evaluation.digest, _evaluation.document)
    if as_of is not None:
        statement = statement.where(_evaluation.evaluated_at <= microseconds(as_of)).order_by(
            _evaluation.evaluated_at.desc()
        )
    row = connection.execute(statement.order_by(_evaluation.seq.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    digest, document = row
    return unpack(document, digest, Evaluation, f"evaluation {digest}")
