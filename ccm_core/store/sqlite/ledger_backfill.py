"""Leaves for what an older ccm had kept: made once, when such a store is opened.

What they prove begins then: that nothing was changed before, nobody can say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ccm_core.ledger.signers import Unsigned
from ccm_core.store.log import checkpoints, ledger
from ccm_core.store.log.leaf_encoding import (
    COLLECTION,
    DOCUMENT,
    EVALUATION,
    MANIFEST,
    REJECTED,
    RUN,
    STORE,
    VERSION,
    LeafForm,
)
from ccm_core.store.log.ledger import STORE_LOG
from ccm_core.store.records import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.store.sql.transaction import Transaction

_WHY = "these are the heads of what was kept before there was a ledger; it begins here"


def adopt(transaction: Transaction) -> None:
    """Append the leaves of every row, and state the heads."""
    for form in (STORE, DOCUMENT, EVALUATION):
        ledger.append(transaction, STORE_LOG, _lines(transaction, form))
    names = runs.connections(transaction)
    for name in names:
        ledger.append(transaction, name, _runs(transaction, name))
        for seq, identity, run in list(_collections(transaction, name)):
            ledger.append(transaction, name, _collected(transaction, seq, identity, run))
        ledger.append(transaction, name, _manifests(transaction, name))
    checkpoints.state(transaction, names, Unsigned(why=_WHY), datetime.fromtimestamp(0, UTC))


def _lines(transaction: Transaction, form: LeafForm) -> Iterator[bytes]:
    for row in transaction.mappings(f"SELECT * FROM {form.table} ORDER BY {form.number}"):
        yield form.line(row)


def _runs(transaction: Transaction, name: str) -> Iterator[bytes]:
    rows = transaction.mappings(
        "SELECT * FROM run WHERE connection = :name ORDER BY seq", name=name
    )
    for row in rows:
        yield RUN.line(row)


def _manifests(transaction: Transaction, name: str) -> Iterator[bytes]:
    rows = transaction.mappings(
        """
        SELECT manifest.digest, manifest.ended_at, run.id AS run_id
        FROM manifest
        JOIN run ON run.seq = manifest.run
        WHERE run.connection = :name
        ORDER BY manifest.seq
        """,
        name=name,
    )
    for row in rows:
        yield MANIFEST.line(row, run=row["run_id"])


def _collections(transaction: Transaction, name: str) -> Iterator[tuple[int, str, str]]:
    rows = transaction.rows(
        """
        SELECT collection.seq, collection.id, run.id
        FROM collection
        JOIN run ON run.seq = collection.run
        WHERE collection.connection = :name
        ORDER BY collection.seq
        """,
        name=name,
    )
    return ((seq, identity, run) for seq, identity, run in rows)


def _collected(transaction: Transaction, seq: int, identity: str, run: str) -> Iterator[bytes]:
    for row in transaction.mappings("SELECT * FROM collection WHERE seq = :seq", seq=seq):
        yield COLLECTION.line(row, run=run)
    for form in (VERSION, REJECTED):
        statement = f"SELECT * FROM {form.table} WHERE collection = :seq ORDER BY seq"
        for row in transaction.mappings(statement, seq=seq):
            yield form.line(row, collection=identity)
