"""Digests over the lines of the read model, which no leaf vouches for."""

from __future__ import annotations

from hashlib import sha256
from itertools import groupby, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_QUERIES = {
    "subject": """
        SELECT view, json_array(
            key, title, url, owners, occurred_at, final, partition_name
        ) FROM subject WHERE connection = :connection ORDER BY view, key
        """,
    "verdict": """
        SELECT pack || '/' || view, json_array(key, statuses, recheck_at) FROM verdict
        WHERE connection = :connection ORDER BY pack, view, key
        """,
    "trace": """
        SELECT view, json_array(name, key) FROM trace
        WHERE connection = :connection ORDER BY view, name, key
        """,
    "partition": """
        SELECT view, json_array(kind, key, name) FROM partition_member
        WHERE connection = :connection ORDER BY view, kind, key, name
        """,
}
_FINDINGS = """
    SELECT '', json_array(
        id, rule, connection, kind, key, title, url, owners, severity, state, reason, waiver,
        first_seen, last_seen, closed_at, opened
    ) FROM finding ORDER BY id
    """
"""Each line as JSON; SQLite encodes them in a tenth of the time."""
_TOGETHER = 1000


def line_roots(
    transaction: Transaction, connection: str, tables: Collection[str] = tuple(_QUERIES)
) -> Mapping[str, str]:
    """Return the digest of each list of lines: of a JSON array of them, sorted by their keys."""
    return {
        f"{table}/{name}": _digest(lines)
        for table, query in _QUERIES.items()
        if table in tables
        for name, lines in groupby(
            transaction.rows(query, connection=connection), key=lambda row: row[0]
        )
    }


def findings_digest(transaction: Transaction) -> str:
    """Return the digest of the list of all findings, made in the same way."""
    return _digest(transaction.rows(_FINDINGS))


def _digest(lines: Iterable[Row]) -> str:
    digest, separator, remaining = sha256(b"["), b"", iter(lines)
    while some := [text for _, text in islice(remaining, _TOGETHER)]:
        digest.update(separator + ",".join(some).encode("utf-8", "surrogateescape"))
        separator = b","
    digest.update(b"]")
    return f"sha256:{digest.hexdigest()}"
