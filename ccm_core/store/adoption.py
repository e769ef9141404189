"""Leaves for what an older ccm had kept: made once, when such a store is opened.

What they prove begins then: that nothing was changed before, nobody can say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select  # noqa: TID253 - this module is only imported once a store is opened

from ccm_core.ledger.signing import Unsigned
from ccm_core.store import heads, ledger, tables
from ccm_core.store.leaves import (
    COLLECTION,
    DOCUMENT,
    EVALUATION,
    MANIFEST,
    REJECTED,
    RUN,
    STORE,
    VERSION,
    Form,
)
from ccm_core.store.ledger import STORE_LOG

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sqlalchemy import Connection, Select, Table

_run, _collection = tables.run.c, tables.collection.c
_WHY = "these are the heads of what was kept before there was a ledger; it begins here"


def adopt(connection: Connection) -> None:
    """Append the leaves of every row, in the connection's transaction, and state the heads."""
    for form in (STORE, DOCUMENT, EVALUATION):
        ledger.append(connection, STORE_LOG, _lines(connection, form))
    names = list(connection.scalars(select(_run.connection).distinct().order_by(_run.connection)))
    for name in names:
        ledger.append(connection, name, _runs(connection, name))
        for seq, identity, run in connection.execute(
            select(_collection.seq, _collection.id, _run.id)
            .join(tables.run, _run.seq == _collection.run)
            .where(_collection.connection == name)
            .order_by(_collection.seq)
        ).all():
            ledger.append(connection, name, _collected(connection, seq, identity, run))
        ledger.append(connection, name, _manifests(connection, name))
    heads.state(connection, names, Unsigned(why=_WHY), datetime.fromtimestamp(0, UTC))


def _lines(connection: Connection, form: Form) -> Iterator[bytes]:
    table = tables.metadata.tables[form.table]
    order = table.c.seq if "seq" in table.c else table.c.id
    for row in connection.execute(select(table).order_by(order)).mappings():
        yield form.line(row)


def _runs(connection: Connection, name: str) -> Iterator[bytes]:
    rows = select(tables.run).where(_run.connection == name).order_by(_run.seq)
    for row in connection.execute(rows).mappings():
        yield RUN.line(row)


def _manifests(connection: Connection, name: str) -> Iterator[bytes]:
    manifest = tables.manifest
    rows = (
        select(manifest, _run.id.label("of"))
        .join(tables.run, _run.seq == manifest.c.run)
        .where(_run.connection == name)
        .order_by(manifest.c.seq)
    )
    for row in connection.execute(rows).mappings():
        yield MANIFEST.line(row, run=row["of"])


def _collected(connection: Connection, seq: int, identity: str, run: str) -> Iterator[bytes]:
    row = connection.execute(select(tables.collection).where(_collection.seq == seq))
    yield COLLECTION.line(row.mappings().one(), run=run)
    for form, table in ((VERSION, tables.version), (REJECTED, tables.rejected)):
        for one in connection.execute(_of(table, seq)).mappings():
            yield form.line(one, collection=identity)


def _of(table: Table, collection: int) -> Select[Any]:
    return select(table).where(table.c.collection == collection).order_by(table.c.seq)
