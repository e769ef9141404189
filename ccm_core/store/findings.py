"""Findings: which evaluations were followed, and what each of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    func,
    insert,
    select,
)

from ccm_core.model.finding import FindingChange, Followed
from ccm_core.store import heads, ledger, tables
from ccm_core.store.content import pack, unpack
from ccm_core.store.instants import instant, microseconds
from ccm_core.store.leaves import FOLLOWED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ccm_core.ledger.signing import Signers

_evaluation = tables.evaluation.c
_followed = tables.followed.c


def unfollowed(connection: Connection) -> Sequence[str]:
    """Give the digests of evaluations that are later than every one that was followed."""
    last = select(func.coalesce(func.max(_followed.evaluated_at), -(1 << 62))).scalar_subquery()
    # Of several evaluations of one moment the first that was kept counts.
    first = (
        select(func.min(_evaluation.seq))
        .where(_evaluation.evaluated_at > last)
        .group_by(_evaluation.evaluated_at)
    )
    statement = (
        select(_evaluation.digest)
        .where(_evaluation.seq.in_(first))
        .order_by(_evaluation.evaluated_at)
    )
    return connection.scalars(statement).all()


def followed_at(connection: Connection, as_of: datetime | None) -> datetime | None:
    """Give the moment of the last evaluation that was followed, by then."""
    statement = select(func.max(_followed.evaluated_at))
    if as_of is not None:
        statement = statement.where(_followed.evaluated_at <= microseconds(as_of))
    found = connection.scalar(statement)
    return None if found is None else instant(found)


def keep_changes(
    connection: Connection, digest: str, changes: Sequence[FindingChange], signers: Signers
) -> bool:
    """Note that an evaluation was followed and what it changed; False where it was already."""
    at = connection.execute(
        select(_evaluation.evaluated_at).where(_evaluation.digest == digest)
    ).scalar_one()
    last = connection.scalar(select(func.max(_followed.evaluated_at)))
    if last is not None and last >= at:
        return False
    kept = pack(Followed(changes=tuple(changes)))
    row = {
        "evaluation": digest,
        "evaluated_at": at,
        "changes": len(changes),
        "digest": kept.digest,
        "document": kept.content,
    }
    connection.execute(insert(tables.followed).values(**row))
    ledger.append(connection, ledger.STORE_LOG, [FOLLOWED.line(row)])
    heads.state(connection, (), signers, instant(at))
    return True


def changes(connection: Connection, as_of: datetime | None) -> Iterator[FindingChange]:
    """Give changes in the order in which they happened."""
    statement = select(_followed.digest, _followed.document, _followed.evaluation)
    statement = statement.where(_followed.changes > 0).order_by(_followed.evaluated_at)
    if as_of is not None:
        statement = statement.where(_followed.evaluated_at <= microseconds(as_of))
    for digest, document, evaluation in connection.execute(statement):
        name = f"changes of findings by evaluation {evaluation}"
        yield from unpack(document, digest, Followed, name).changes
