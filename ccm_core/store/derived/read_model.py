"""The read model: a line for each subject of a view, and what each pack says of it.

Everything here is derived from rows and verdicts in the transaction that keeps them, and can be
made again from them. Reports, lists and counts read it through indexes bounded by the period.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import ALWAYS, SubjectCount, SubjectLine, VerdictLine
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evaluation.derived import DerivedBatch
    from ccm_core.store.sql.driver import Row, SqlValue
    from ccm_core.store.sql.transaction import Transaction

DAY = 86_400_000_000
"""Microseconds."""

_SUBJECT = (
    *("connection", "view", "key", "title", "url", "owners", "occurred_at", "final"),
    *("partition_name", "shown"),
)
_VERDICT = ("connection", "pack", "view", "key", "statuses", "recheck_at")
_TRACE = ("connection", "view", "name", "key")

_IN_PERIOD = """
    (subject.final = 0 OR subject.occurred_at IS NULL OR subject.occurred_at >= :since)
"""
"""What is final and occurred before the period is not evaluated."""


def update(transaction: Transaction, batch: DerivedBatch) -> None:
    """Change the lines of one partition."""
    connection = batch.connection
    for view, keys in batch.removed_subjects.items():
        _remove(transaction, "subject", connection, keys, view=view)
        _remove(transaction, "trace", connection, keys, view=view)
    for (pack, view), keys in batch.removed_verdicts.items():
        _remove(transaction, "verdict", connection, keys, view=view, pack=pack)
    transaction.insert_many(
        "subject",
        _SUBJECT,
        (_subject_row(connection, line) for line in batch.subjects),
        on_conflict=_replacing(_SUBJECT, 3),
    )
    for view in sorted({line.view for line in batch.subjects}):
        keys = [line.key for line in batch.subjects if line.view == view]
        _remove(transaction, "trace", connection, keys, view=view)
    transaction.insert_many(
        "trace",
        _TRACE,
        (
            (connection, line.view, name, line.key)
            for line in batch.subjects
            for name in sorted(set(line.trace))
        ),
    )
    transaction.insert_many(
        "verdict",
        _VERDICT,
        (_verdict_row(connection, line) for line in batch.verdicts),
        on_conflict=_replacing(_VERDICT, 4),
    )


def subjects_in(
    transaction: Transaction, connection: str, view: str, partitions: Iterable[str]
) -> AbstractSet[str]:
    """Return the keys of the subjects of some partitions."""
    query = """
        SELECT key FROM subject
        WHERE connection = :connection AND view = :view AND partition_name IN (:values)
        """
    rows = transaction.rows_in(query, sorted(set(partitions)), connection=connection, view=view)
    return frozenset(key for (key,) in rows)


def partitions_of(
    transaction: Transaction, connection: str, view: str, keys: Iterable[str]
) -> AbstractSet[str]:
    """Return the partitions of some subjects."""
    query = """
        SELECT partition_name FROM subject
        WHERE connection = :connection AND view = :view AND key IN (:values)
        """
    rows = transaction.rows_in(query, sorted(set(keys)), connection=connection, view=view)
    return frozenset(name for (name,) in rows)


def status_counts(
    transaction: Transaction, connection: str, pack: str, view: str, since: datetime
) -> Sequence[SubjectCount]:
    """Count the subjects of a period by what a pack says of them, and by day."""
    rows = transaction.rows(
        f"""
        SELECT verdict.statuses, subject.occurred_at / {DAY} AS day, count(*),
            subject.key LIKE 'connection:%' AS whole,
            subject.occurred_at IS NULL OR subject.occurred_at >= :since AS in_period
        FROM subject JOIN verdict
            ON verdict.connection = subject.connection AND verdict.pack = :pack
            AND verdict.view = subject.view AND verdict.key = subject.key
        WHERE subject.connection = :connection AND subject.view = :view AND {_IN_PERIOD}
        GROUP BY verdict.statuses, day, whole, in_period
        ORDER BY verdict.statuses, day
        """,
        connection=connection,
        pack=pack,
        view=view,
        since=microseconds(since),
    )
    return [
        SubjectCount(
            statuses=text, day=day, subjects=count, whole=bool(whole), in_period=bool(in_period)
        )
        for text, day, count, whole, in_period in rows
    ]


def derived_from(
    transaction: Transaction, connection: str, view: str, names: Iterable[str]
) -> AbstractSet[str]:
    """Return the subjects that were derived from records outside their partition."""
    query = """
        SELECT key FROM trace
        WHERE connection = :connection AND view = :view AND name IN (:values)
        """
    rows = transaction.rows_in(query, sorted(set(names)), connection=connection, view=view)
    return frozenset(key for (key,) in rows)


def subjects(
    transaction: Transaction, connection: str, view: str, *, since: datetime | None = None
) -> Iterator[SubjectLine]:
    """Yield the lines of a view's subjects, of a period or all, sorted by key; without traces."""
    period = "" if since is None else f"AND {_IN_PERIOD}"
    rows = transaction.rows(
        f"""
        SELECT {", ".join(_SUBJECT)} FROM subject
        WHERE connection = :connection AND view = :view {period}
        ORDER BY key
        """,
        connection=connection,
        view=view,
        since=None if since is None else microseconds(since),
    )
    return map(_subject, rows)


def count_subjects(transaction: Transaction, connection: str, view: str, since: datetime) -> int:
    """Count the subjects of a period."""
    query = f"""
        SELECT count(*) FROM subject
        WHERE connection = :connection AND view = :view AND {_IN_PERIOD}
        """
    number = transaction.value(query, connection=connection, view=view, since=microseconds(since))
    return int(number)


def keys_to_judge(
    transaction: Transaction,
    connection: str,
    pack: str,
    view: str,
    *,
    since: datetime,
    until: datetime | None,
) -> AbstractSet[str]:
    """Return the subjects of a period without a verdict, and those to look at again by a moment.

    Args:
        transaction: Sees one state of the store.
        connection: Whose.
        pack: Whose rules.
        view: Over what.
        since: When the period begins.
        until: The moment; None: all subjects of the period.
    """
    query = f"""
        SELECT subject.key FROM subject LEFT JOIN verdict
            ON verdict.connection = subject.connection AND verdict.pack = :pack
            AND verdict.view = subject.view AND verdict.key = subject.key
        WHERE subject.connection = :connection AND subject.view = :view AND {_IN_PERIOD}
            AND (:until IS NULL OR verdict.key IS NULL OR verdict.recheck_at <= :until)
        """
    return frozenset(
        transaction.column(
            query,
            connection=connection,
            pack=pack,
            view=view,
            since=microseconds(since),
            until=None if until is None else microseconds(until),
        )
    )


def verdicts(
    transaction: Transaction,
    connection: str,
    pack: str,
    view: str,
    keys: AbstractSet[str] | None = None,
) -> Iterator[VerdictLine]:
    """Yield what a pack says of a view's subjects, or of some of them, sorted by key."""
    query = f"""
        SELECT {", ".join(_VERDICT)} FROM verdict
        WHERE connection = :connection AND pack = :pack AND view = :view {{}}
        ORDER BY key
        """
    parameters = {"connection": connection, "pack": pack, "view": view}
    if keys is None:
        return map(_verdict, transaction.rows(query.format(""), **parameters))
    some = query.format("AND key IN (:values)")
    return map(_verdict, transaction.rows_in(some, sorted(keys), **parameters))


def _remove(
    transaction: Transaction, table: str, connection: str, keys: Sequence[str], **other: str
) -> None:
    condition = " AND ".join(f"{name} = :{name}" for name in other)
    statement = f"""
        DELETE FROM {table} WHERE connection = :connection AND {condition} AND key IN (:values)
        """
    for _ in transaction.rows_in(statement, keys, connection=connection, **other):
        pass


def _replacing(columns: Sequence[str], key_length: int) -> str:
    key, values = columns[:key_length], columns[key_length:]
    updates = ", ".join(f"{name} = excluded.{name}" for name in values)
    return f"({', '.join(key)}) DO UPDATE SET {updates}"


def _subject_row(connection: str, line: SubjectLine) -> tuple[SqlValue, ...]:
    occurred_at = None if line.occurred_at is None else microseconds(line.occurred_at)
    owners = json.dumps(line.owners, ensure_ascii=False)
    key = (connection, line.view, line.key)
    shown = json_codec.encode(line.shown).decode()
    return (*key, line.title, line.url, owners, occurred_at, int(line.final), line.partition, shown)


def _subject(row: Row) -> SubjectLine:
    _, view, key, title, url, owners, occurred_at, final, partition, shown = row
    return SubjectLine(
        view=view,
        key=key,
        title=title,
        url=url,
        owners=tuple(json.loads(owners)),
        occurred_at=None if occurred_at is None else instant(occurred_at),
        final=bool(final),
        partition=partition,
        shown=json.loads(shown),
    )


def _verdict_row(connection: str, line: VerdictLine) -> tuple[SqlValue, ...]:
    at = line.recheck_at
    recheck_at = None if at is None else 0 if at == ALWAYS else microseconds(at)
    return (connection, line.pack, line.view, line.key, line.statuses, recheck_at)


def _verdict(row: Row) -> VerdictLine:
    _, pack, view, key, statuses, at = row
    recheck_at = None if at is None else ALWAYS if at == 0 else instant(at)
    return VerdictLine(pack=pack, view=view, key=key, statuses=statuses, recheck_at=recheck_at)
