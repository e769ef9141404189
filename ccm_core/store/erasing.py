"""Erasing: bodies are deleted, rows and leaves stay, and the ledger says what and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    delete,
    func,
    insert,
    select,
    update,
)

from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.erasure import Erased, Erasure
from ccm_core.store import heads, ledger, tables
from ccm_core.store.batches import batches
from ccm_core.store.instants import microseconds
from ccm_core.store.leaves import ERASED, ERASURE
from ccm_core.store.rows import insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from ccm_core.ledger.signing import Signers

_version, _head, _body = tables.version.c, tables.head.c, tables.body.c
_rejected, _collection = tables.rejected.c, tables.collection.c
_erased = tables.erased.c


def chosen(connection: Connection, erasure: Erasure) -> Erased:
    """Say what an erasure would delete."""
    return Erased(
        bodies=len(_bodies(connection, erasure)),
        rejected=len(_refused(connection, erasure)),
        beyond=_beyond(connection, erasure),
    )


def erase(connection: Connection, erasure: Erasure, signers: Signers) -> Erased:
    """Delete in the connection's transaction what was chosen, and write down that it was."""
    bodies, refused = _bodies(connection, erasure), _refused(connection, erasure)
    came_to = chosen(connection, erasure)
    digests = list(dict.fromkeys([*bodies, *refused]))
    ledger.append(connection, STORE_LOG, _noted(connection, erasure, digests))
    for batch in batches(bodies):
        connection.execute(delete(tables.body).where(_body.digest.in_(batch)))
    for batch in batches(refused):
        connection.execute(
            update(tables.rejected).where(_rejected.digest.in_(batch)).values(document=b"")
        )
    heads.state(connection, (), signers, erasure.erased_at)
    return came_to


def _noted(connection: Connection, erasure: Erasure, digests: Sequence[str]) -> Iterator[bytes]:
    before = erasure.kept_before
    row = {
        "id": erasure.id,
        "erased_at": microseconds(erasure.erased_at),
        "connection": erasure.connection,
        "kind": erasure.kind,
        "key": erasure.key,
        "kept_before": None if before is None else microseconds(before),
        "reason": erasure.reason,
    }
    inserted = connection.execute(
        insert(tables.erasure).values(**row).returning(tables.erasure.c.seq)
    )
    seq = int(inserted.scalar_one())
    yield ERASURE.line(row)
    # What was erased before, and was observed anew since, is noted already.
    known = {
        digest
        for batch in batches(digests)
        for digest in connection.scalars(select(_erased.digest).where(_erased.digest.in_(batch)))
    }
    new = [digest for digest in digests if digest not in known]
    rows = ((digest, seq) for digest in new)
    insert_rows(connection, insert(tables.erased), ("digest", "erasure"), rows)
    for digest in new:
        yield ERASED.line({"digest": digest}, erasure=erasure.id)


# -- what is chosen ---------------------------------------------------------------------------


def _bodies(connection: Connection, erasure: Erasure) -> Sequence[str]:
    statement = (
        select(_version.digest)
        .distinct()
        .join(tables.body, _body.digest == _version.digest)
        .where(*_versions(erasure))
        .order_by(_version.digest)
    )
    return list(connection.scalars(statement))


def _versions(erasure: Erasure) -> list[ColumnElement[bool]]:
    wanted = _narrowed(erasure, _version)
    if erasure.kept_before is not None:
        wanted.append(_version.kept_at < microseconds(erasure.kept_before))
    if erasure.spared:
        standing = select(_head.seq).where(_head.kind.in_(sorted(erasure.spared)))
        wanted.append(_version.seq.not_in(standing))
    return wanted


def _refused(connection: Connection, erasure: Erasure) -> Sequence[str]:
    wanted = _narrowed(erasure, _collection, key=_rejected.key)
    if erasure.kept_before is not None:
        wanted.append(_collection.ended_at < microseconds(erasure.kept_before))
    statement = (
        select(_rejected.digest)
        .distinct()
        .join(tables.collection, _collection.seq == _rejected.collection)
        .where(func.length(_rejected.document) > 0, *wanted)
        .order_by(_rejected.digest)
    )
    return list(connection.scalars(statement))


def _narrowed(erasure: Erasure, columns: Any, key: Any = None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if erasure.connection is not None:
        found.append(columns.connection == erasure.connection)
    if erasure.kind is not None:
        found.append(columns.kind == erasure.kind)
    if erasure.key is not None:
        found.append((columns.key if key is None else key) == erasure.key)
    return found


def _beyond(connection: Connection, erasure: Erasure) -> int:
    """Count the versions that were not chosen and lose their body all the same."""
    mine = _versions(erasure)
    same = select(_version.digest).join(tables.body, _body.digest == _version.digest).where(*mine)
    others = (
        select(func.count())
        .select_from(tables.version)
        .where(_version.digest.in_(same), _version.seq.not_in(select(_version.seq).where(*mine)))
    )
    return connection.scalar(others) or 0
