"""Checking indexes that have no leaf against the rows that say the same."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError
from ccm_core.ledger.population import bucket_of, bucket_root
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model import json_codec
from ccm_core.store.codec.compression import Decompressor
from ccm_core.store.log import content_dictionaries
from ccm_core.store.log.contents import contents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_ORPHANS = """
    SELECT digest FROM body
    WHERE digest NOT IN (SELECT digest FROM version WHERE digest IS NOT NULL)
"""
_DICTIONARIES = "SELECT seq, kind, bodies, content FROM dictionary ORDER BY seq"
_STORED = "SELECT connection, kind, key, seq, digest FROM current_version"
_EXPECTED = """
    SELECT connection, kind, key, seq, digest
    FROM version
    WHERE seq IN (SELECT max(seq) FROM version GROUP BY connection, kind, key)
"""
_BUCKETS = """
    SELECT connection, kind, bucket, records, root FROM population_bucket
    ORDER BY connection, kind, bucket
"""
_BY_BUCKET = """
    SELECT bucket, key, digest FROM current_version
    WHERE connection = :connection AND kind = :kind AND digest IS NOT NULL
    ORDER BY bucket
"""


def index_problems(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Yield what current versions, buckets and bodies say otherwise than the versions."""
    yield from _current_versions(transaction)
    yield from _buckets_of_keys(transaction)
    yield from _roots_of_buckets(transaction)
    yield from _dictionaries(transaction)
    for digest in transaction.column(_ORPHANS):
        yield VerificationProblem(
            label=f"body {digest}",
            table="body",
            field="digest",
            problem="no version names it: it was not added by ccm",
        )


def _dictionaries(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Yield the dictionaries that are not made of the bodies that they name."""
    for number, kind, bodies, frame in list(transaction.rows(_DICTIONARIES)):
        try:
            digests = json_codec.decode(bodies)
            stored = dict(contents(transaction, content_dictionaries.leaf_type(kind), digests))
            content = Decompressor().read(frame)
        except (CcmError, TypeError, ValueError) as error:
            problem = f"it cannot be compared with the bodies that it is made of ({error})"
        else:
            gone = [digest for digest, body in stored.items() if body is None]
            whole = content_dictionaries.made_of(filter(None, stored.values()))
            if not gone and whole == content:
                continue
            problem = (
                f"it holds {gone[0]}, which is not there" if gone else "its bodies make another"
            )
        yield VerificationProblem(
            label=f"dictionary {number}", table="dictionary", field="content", problem=problem
        )


def _current_versions(transaction: Transaction) -> Iterator[VerificationProblem]:
    for row in transaction.rows(f"{_EXPECTED} EXCEPT {_STORED}"):
        yield _head_problem(row, "it is not what its newest version says, or is not there")
    for row in transaction.rows(f"{_STORED} EXCEPT {_EXPECTED}"):
        yield _head_problem(row, "no newest version says so")


def _head_problem(row: Row, problem: str, field: str | None = None) -> VerificationProblem:
    connection, kind, key, *_ = row
    return VerificationProblem(
        label=f"head of {kind} {key!r} of {connection}",
        table="current_version",
        field=field,
        problem=problem,
    )


def _buckets_of_keys(transaction: Transaction) -> Iterator[VerificationProblem]:
    for row in transaction.rows("SELECT connection, kind, key, bucket FROM current_version"):
        *_, key, bucket = row
        expected = bucket_of(str(key))
        if bucket != expected:
            yield _head_problem(
                row, f"it is {bucket!r}, and {expected} is that of its key", "bucket"
            )


def _roots_of_buckets(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Yield the kept roots that are not those of the current versions."""
    rows = transaction.rows(_BUCKETS)
    for (connection, kind), kept in groupby(rows, key=lambda row: (row[0], row[1])):
        stored = {bucket: (records, root) for _, _, bucket, records, root in kept}
        current = transaction.rows(_BY_BUCKET, connection=connection, kind=kind)
        expected = {
            bucket: _root([(key, digest) for _, key, digest in pairs])
            for bucket, pairs in groupby(current, key=lambda row: row[0])
            if bucket in stored
        }
        for bucket, (records, root) in stored.items():
            number, computed = expected.get(bucket, (0, None))
            if (records, root) != (number, computed):
                yield VerificationProblem(
                    label=f"bucket {bucket} of {kind} of {connection}",
                    table="population_bucket",
                    field="records" if records != number else "root",
                    problem="it is not that of the current versions",
                )


def _root(pairs: list[tuple[str, str]]) -> tuple[int, bytes]:
    return len(pairs), bucket_root(pairs)
