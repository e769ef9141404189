"""Findings: which evaluations were followed, and what each of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    func,
    insert,
    select,
)

from ccm_core.model import json
from ccm_core.model.finding import FindingChange
from ccm_core.store import tables
from ccm_core.store.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_evaluation = tables.evaluation.c
_followed = tables.followed.c
_change = tables.finding_change.c


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


def keep_changes(connection: Connection, digest: str, changes: Sequence[FindingChange]) -> bool:
    """Note that an evaluation was followed and what it changed; False where it was already."""
    seq, at = connection.execute(
        select(_evaluation.seq, _evaluation.evaluated_at).where(_evaluation.digest == digest)
    ).one()
    last = connection.scalar(select(func.max(_followed.evaluated_at)))
    if last is not None and last >= at:
        return False
    connection.execute(insert(tables.followed).values(evaluation=seq, evaluated_at=at))
    if changes:
        connection.execute(
            insert(tables.finding_change),
            [
                {"evaluation": seq, "finding": one.finding, "document": json.encode(one)}
                for one in changes
            ],
        )
    return True


def changes(
    connection: Connection, as_of: datetime | None, finding: str | None
) -> Iterator[FindingChange]:
    """Give changes in the order in which they happened."""
    statement = select(_change.document).join(
        tables.followed, _followed.evaluation == _change.evaluation
    )
    if as_of is not None:
        statement = statement.where(_followed.evaluated_at <= microseconds(as_of))
    if finding is not None:
        statement = statement.where(_change.finding == finding)
    for document in connection.scalars(statement.order_by(_followed.evaluated_at, _change.seq)):
        yield json.decode_as(document, FindingChange)
