"""Digests over the lines of the read model, which no leaf vouches for."""

from __future__ import annotations

from hashlib import sha256
from itertools import groupby, islice
from typing import TYPE_CHECKING

from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_SUBJECT = "json_array(key, title, url, owners, occurred_at, final, partition_name, shown)"
_OF_VIEW = f"""
    SELECT
        {_SUBJECT}, final = 0 OR occurred_at IS NULL OR occurred_at >= :since,
        substr(key, 1, instr(key, ':') - 1), shown
    FROM subject WHERE connection = :connection AND view = :view ORDER BY key
"""
_QUERIES = {
    "subject": f"""
        SELECT view, {_SUBJECT} FROM subject
        WHERE connection = :connection {{}} ORDER BY view, key
        """,
    "verdict": """
        SELECT pack || '/' || view, json_array(key, statuses, recheck_at) FROM verdict
        WHERE connection = :connection {} ORDER BY pack, view, key
        """,
    "trace": """
        SELECT view, json_array(name, key) FROM trace
        WHERE connection = :connection {} ORDER BY view, name, key
        """,
    "partition": """
        SELECT view, json_array(kind, key, name) FROM partition_member
        WHERE connection = :connection {} ORDER BY view, kind, key, name
        """,
}
_FINDINGS = """
    SELECT '', json_array(
        id, connection, kind, key, title, url, owners, state, severity, checks, reason,
        first_seen, opened_at, last_seen, occurred_at, closed_at, opened, follows
    ) FROM finding ORDER BY id
    """
"""Each line as JSON; SQLite encodes them in a tenth of the time."""
_TOGETHER = 1000
_EMPTY = f"sha256:{sha256(b'[]').hexdigest()}"


def line_roots(
    transaction: Transaction, connection: str, tables: Collection[str] = tuple(_QUERIES)
) -> Mapping[str, str]:
    """Return the digest of each list of lines: of a JSON array of them, sorted by their keys."""
    return {
        f"{table}/{name}": _digest(lines)
        for table, query in _QUERIES.items()
        if table in tables
        for name, lines in groupby(
            transaction.rows(query.format(""), connection=connection), key=lambda row: row[0]
        )
    }


def some_line_roots(
    transaction: Transaction, connection: str, names: Iterable[str]
) -> Mapping[str, str]:
    """Return the digests of some lists of lines by their names; without those that are empty."""
    roots: dict[str, str] = {}
    for name in names:
        table, _, of_table = name.partition("/")
        pack, _, view = of_table.rpartition("/")
        condition = "AND view = :view" + (" AND pack = :pack" if pack else "")
        lines = transaction.rows(
            _QUERIES[table].format(condition), connection=connection, view=view, pack=pack
        )
        root = _digest(lines)
        if root != _EMPTY:
            roots[name] = root
    return roots


def findings_digest(transaction: Transaction) -> str:
    """Return the digest of the list of all findings, made in the same way."""
    return _digest(transaction.rows(_FINDINGS))


def subject_lines(
    transaction: Transaction, connection: str, view: str, since: datetime
) -> Iterator[Row]:
    """Yield the lines of all subjects of a view as they are hashed, with what reports show.

    Each with whether it counts, which what is final and occurred before the period does not; the
    kind of its subject; and the fields that are shown.
    """
    return transaction.rows(_OF_VIEW, connection=connection, view=view, since=microseconds(since))


class ListDigest:
    """The digest of a JSON array of lines, each of which is JSON."""

    def __init__(self) -> None:
        """Begin an empty array."""
        self._digest, self._separator = sha256(b"["), b""

    def add(self, lines: Sequence[str]) -> None:
        """Add the next lines."""
        text = ",".join(lines).encode("utf-8", "surrogateescape")
        self._digest.update(self._separator + text)
        self._separator = b","

    @property
    def root(self) -> str | None:
        """The digest; None: there are no lines."""
        if not self._separator:
            return None
        digest = self._digest.copy()
        digest.update(b"]")
        return f"sha256:{digest.hexdigest()}"


def _digest(lines: Iterable[Row]) -> str:
    digest, remaining = ListDigest(), iter(lines)
    while some := [text for _, text in islice(remaining, _TOGETHER)]:
        digest.add(some)
    return digest.root or _EMPTY
