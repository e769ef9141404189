"""What SQLite itself finds wrong with a file: pages, indexes, references and numbers of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.store.log.leaf_encoding import LEAF_FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.store.sql.transaction import Transaction

_NUMBERED = (
    *(form.table for form in LEAF_FORMS if form.number == "seq"),
    "log_entry",
    "checkpoint",
)
"""Tables whose rows SQLite numbers."""


def file_problems(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Yield what is wrong with the file."""
    for (message,) in transaction.rows("PRAGMA integrity_check(20)"):
        if message != "ok":
            yield VerificationProblem(label="the file", problem=str(message))
    for table, row, parent, _ in transaction.rows("PRAGMA foreign_key_check"):
        subject = "a row" if row is None else f"row {row}"
        yield VerificationProblem(
            label=f"table {table}",
            table=table,
            problem=f"{subject} refers to a row of {parent} that is not there",
        )
    yield from _numbers(transaction)


def _numbers(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Check that rows are numbered without a gap up to the last number that SQLite assigned."""
    assigned: dict[str, int] = dict(transaction.rows("SELECT name, seq FROM sqlite_sequence"))
    for table in _NUMBERED:
        last = assigned.get(table, 0)
        expected = (last, 1, last) if last else (0, None, None)
        for counted in transaction.rows(f"SELECT count(*), min(seq), max(seq) FROM {table}"):
            if counted != expected:
                count, first, newest = counted
                yield VerificationProblem(
                    label=f"table {table}",
                    table=table,
                    field="seq",
                    problem=f"its {count} rows are numbered {first} to {newest}, "
                    f"and {last} were stored",
                )
    for first, count in transaction.rows("SELECT min(id), count(*) FROM store"):
        if (first, count) != (1, 1):
            yield VerificationProblem(
                label="table store",
                table="store",
                field="id",
                problem=f"it has {count} rows from number {first}, and one was stored",
            )
