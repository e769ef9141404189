"""Up to which version an evaluation had rows and verdicts, and what it is compressed with.

No leaf has either column.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from ccm_core.ledger.verification_result import VerificationProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.store.sql.transaction import Transaction
    from ccm_core.store.verify.populations import LogPositions

_LAST_VERSION = """
    SELECT seq FROM version WHERE collection <= :collection
    ORDER BY collection DESC, seq DESC LIMIT 1
"""
_OUT_OF_ORDER = """
    SELECT seq, connection, kind, key, collection, before FROM (
        SELECT *, lag(collection) OVER (ORDER BY seq) AS before FROM version
    )
    WHERE collection < before
"""
_WITHOUT_BASE = """
    SELECT digest, base FROM evaluation
    WHERE base IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM evaluation AS other
        WHERE other.seq = evaluation.base AND other.base IS NULL AND other.seq < evaluation.seq
    )
"""


def _base_problems(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Yield the evaluations that name as their dictionary what cannot be one.

    Whether it is the one that they were compressed with shows when they are read.
    """
    for digest, base in transaction.rows(_WITHOUT_BASE):
        yield VerificationProblem(
            label=f"evaluation {digest}",
            table="evaluation",
            field="base",
            problem=f"it is {base!r}, and no evaluation of that number was stored whole before it",
        )


def position_problems(
    transaction: Transaction, positions: LogPositions
) -> Iterator[VerificationProblem]:
    """Yield the evaluations whose position is not that of the last version stored before them.

    The entries of all logs are numbered in the order in which they were stored, so those of
    collections before that of an evaluation say what there was.
    """
    yield from _out_of_order(transaction)
    yield from _base_problems(transaction)
    numbers: dict[str, int] = dict(transaction.rows("SELECT id, seq FROM collection"))
    stored = sorted((entry, numbers.get(name, 0)) for entry, name in positions.collected_in)
    entries = [entry for entry, _ in stored]
    newest = list(accumulate((number for _, number in stored), max, initial=0))
    for digest, position in transaction.rows("SELECT digest, position FROM evaluation"):
        entry = positions.evaluated_in.get(digest)
        if entry is None:  # its row is checked apart
            continue
        collection = newest[bisect_left(entries, entry)]
        expected = transaction.value(_LAST_VERSION, collection=collection) or 0
        if position != expected:
            yield VerificationProblem(
                label=f"evaluation {digest}",
                table="evaluation",
                field="position",
                problem=f"it is {position!r}, and the last version before it is {expected}",
            )


def _out_of_order(transaction: Transaction) -> Iterator[VerificationProblem]:
    for seq, connection, kind, key, collection, before in transaction.rows(_OUT_OF_ORDER):
        yield VerificationProblem(
            label=f"record {kind} {key!r} of {connection}",
            table="version",
            field="seq",
            problem=f"row {seq} is of collection {collection}, and the one before it of {before}",
        )
