"""Beginning anew: what an evaluation left unfinished, or nobody vouches for, is not built on."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.derived import derived_log
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import RUN
from ccm_core.store.records import append
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

_STATED = "SELECT position FROM evaluation WHERE act IS NOT NULL ORDER BY seq DESC LIMIT 1"
_UNSTATED = """
    SELECT EXISTS (SELECT 1 FROM version WHERE +connection = :log AND seq > :position)
        OR EXISTS (SELECT 1 FROM deriving WHERE connection = :connection)
"""
_CURRENT = """
    SELECT kind, key FROM current_version
    WHERE connection = :log AND digest IS NOT NULL ORDER BY kind, key
"""
LINES = ("subject", "verdict", "trace", "partition_member")


def is_unstated(transaction: Transaction, connection: str) -> bool:
    """Return whether rows, verdicts or lines were changed since the newest evaluation.

    An evaluation was killed then, or refused as stale, or something was erased.
    """
    return changed_after(transaction, connection, transaction.value(_STATED) or 0)


def changed_after(transaction: Transaction, connection: str, position: int) -> bool:
    """Return whether rows, verdicts or lines are not those of a position any more."""
    log = derived_log(connection)
    changed = transaction.value(_UNSTATED, log=log, connection=connection, position=position)
    return bool(changed)


def begin(transaction: Transaction, connection: str) -> None:
    """Note that what is there is changed; :func:`end` is called when an evaluation states it."""
    names = [(connection,)]
    transaction.insert_many("deriving", ("connection",), names, on_conflict="DO NOTHING")


def end(transaction: Transaction, connection: str) -> None:
    """Note that an evaluation states what is there."""
    transaction.execute(
        "DELETE FROM deriving WHERE connection = :connection", connection=connection
    )


def clear(transaction: Transaction, connection: str, at: datetime) -> None:
    """Let all rows and verdicts of a connection vanish, and delete its lines."""
    begin(transaction, connection)
    keys: dict[str, list[str]] = {}
    for kind, key in transaction.rows(_CURRENT, log=derived_log(connection)):
        keys.setdefault(kind, []).append(key)
    vanish(transaction, connection, keys, at)
    for table in LINES:
        transaction.execute(
            f"DELETE FROM {table} WHERE connection = :connection", connection=connection
        )


def vanish(
    transaction: Transaction, connection: str, keys: Mapping[str, Sequence[str]], at: datetime
) -> None:
    """Store that records of derived kinds have vanished, in a run of their own.

    Args:
        transaction: It writes.
        connection: Whose rows and verdicts.
        keys: By derived kind; nothing is stored where there are none.
        at: The moment.
    """
    if not any(keys.values()):
        return
    log, run = derived_log(connection), uuid.uuid4().hex
    row: dict[str, SqlValue] = {
        "id": run,
        "connection": log,
        "connector": "ccm",
        "started_at": microseconds(at),
    }
    transaction.insert("run", row)
    append_leaves(transaction, log, [RUN.line(row)])
    for number, (kind, of_kind) in enumerate(sorted(keys.items()), start=1):
        collection = Collection(
            id=f"{run}-{number}",
            run=run,
            connection=log,
            kind=kind,
            version=1,
            started_at=at,
            ended_at=at,
            outcome=Outcome.COMPLETE,
        )
        if of_kind:
            append.append(transaction, WriteBatch(collection=collection, vanished=of_kind))
