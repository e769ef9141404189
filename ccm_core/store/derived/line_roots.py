"""Digests over the lines of the read model, which no leaf vouches for."""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import groupby, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_QUERIES = {
    "subject": """
        SELECT view, key, title, url, owners, occurred_at, final, partition_name FROM subject
        WHERE connection = :connection ORDER BY view, key
        """,
    "verdict": """
        SELECT pack || '/' || view, key, statuses, recheck_at FROM verdict
        WHERE connection = :connection ORDER BY pack, view, key
        """,
    "trace": """
        SELECT view, name, key FROM trace
        WHERE connection = :connection ORDER BY view, name, key
        """,
    "partition": """
        SELECT view, kind, key, name FROM partition_member
        WHERE connection = :connection ORDER BY view, kind, key, name
        """,
}
_TOGETHER = 1000
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def line_roots(transaction: Transaction, connection: str) -> Mapping[str, str]:
    """Return the digest of each list of lines: of a JSON array of them, sorted by their keys."""
    return {
        f"{table}/{name}": _digest(lines)
        for table, query in _QUERIES.items()
        for name, lines in groupby(
            transaction.rows(query, connection=connection), key=lambda row: row[0]
        )
    }


def _digest(lines: Iterable[Row]) -> str:
    digest, separator = sha256(b"["), ""
    for text in _texts(iter(lines)):
        digest.update(f"{separator}{text}".encode("utf-8", "surrogatepass"))
        separator = ","
    digest.update(b"]")
    return f"sha256:{digest.hexdigest()}"


def _texts(lines: Iterator[Row]) -> Iterator[str]:
    while some := list(islice(lines, _TOGETHER)):
        yield _ENCODER.encode([row[1:] for row in some])[1:-1]
