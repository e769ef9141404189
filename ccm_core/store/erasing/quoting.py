"""Which rows and verdicts quote records: their bodies are erased with those of the records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import (
    ROWS,
    VERDICTS,
    derived_log,
    is_derived,
    rows_kind,
)
from ccm_core.store.codec.bodies import verified
from ccm_core.store.log import content_dictionaries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from ccm_core.store.codec.compression import Decompressor
    from ccm_core.store.sql.transaction import Transaction

_BODIES = """
    SELECT version.seq, version.kind, version.key, version.digest, body.content
    FROM version JOIN body ON body.digest = version.digest
    WHERE version.connection = :log AND version.kind >= :prefix AND version.kind < :until
    ORDER BY version.kind, version.key
"""
_RECORDS = "SELECT DISTINCT connection, kind, key FROM version WHERE digest IN (:values)"
_READ = """
    SELECT digest FROM version
    WHERE connection = :connection AND kind = :kind AND key = :key AND seq < :seq
        AND digest IS NOT NULL
    ORDER BY seq DESC LIMIT 1
"""


_ELSEWHERE = """
    SELECT DISTINCT digest FROM version WHERE connection <> :log AND digest IN (:values)
"""


@dataclass(slots=True)
class Quotes:
    """The bodies of rows and verdicts that quote some records."""

    rows: set[str] = field(default_factory=set)
    verdicts: set[str] = field(default_factory=set)
    connections: set[str] = field(default_factory=set)
    """Those that have them."""


def quotes(
    transaction: Transaction, digests: AbstractSet[str], *, whole: str | None = None
) -> Quotes:
    """Return the rows that were made from bodies of records, and the verdicts on their subjects.

    A row quotes the version of each of its names that was the newest when it was stored. A verdict
    that has no reasons, or that subjects have which were made from other records, quotes nothing:
    it is spared. All rows and verdicts of the connections are read, one at a time.

    Args:
        transaction: Sees one state of the store.
        digests: Those of the bodies of records.
        whole: A connection all of whose rows and verdicts are to be returned.
    """
    names: dict[str, set[str]] = {}
    for connection, kind, key in transaction.rows_in(_RECORDS, sorted(digests)):
        if not is_derived(connection):
            names.setdefault(connection, set()).add(f"{kind}:{key}")
    found = Quotes()
    for connection in sorted({*names, *([whole] if whole is not None else [])}):
        search = _Search(transaction, connection, names.get(connection, set()), digests)
        before = len(found.rows), len(found.verdicts)
        search.add(found, whole=connection == whole)
        if before != (len(found.rows), len(found.verdicts)):
            found.connections.add(connection)
    return found


@dataclass(slots=True)
class _Search:
    transaction: Transaction
    connection: str
    names: AbstractSet[str]
    digests: AbstractSet[str]
    _decompressor: Decompressor = field(init=False)

    def __post_init__(self) -> None:
        """Read contents with the dictionaries that they name."""
        self._decompressor = content_dictionaries.reader(self.transaction)

    def add(self, found: Quotes, *, whole: bool) -> None:
        """Add the rows and verdicts of one connection."""
        subjects: set[tuple[str, str]] = set()
        for seq, kind, key, digest, body in self._bodies(ROWS):
            if whole or self._quotes(seq, body.get("names", ())):
                found.rows.add(digest)
                subjects.add((kind, key))
        quoting: set[str] = set()
        others: set[str] = set()
        for seq, kind, key, digest, body in self._bodies(VERDICTS):
            view = kind.removeprefix(VERDICTS).partition("/")[2]
            looked_up = [name for verdict in body.values() for name in verdict.get("looked_up", ())]
            concerned = whole or (rows_kind(view), key) in subjects
            if not concerned and not self._quotes(seq, looked_up):
                others.add(digest)
            elif _has_reasons(body):
                quoting.add(digest)
        found.verdicts |= quoting - others - set(self._elsewhere(quoting))

    def _elsewhere(self, digests: AbstractSet[str]) -> Iterator[str]:
        """Yield the bodies that another connection has as well."""
        log = derived_log(self.connection)
        return (digest for (digest,) in self.transaction.rows_in(_ELSEWHERE, digests, log=log))

    def _bodies(self, prefix: str) -> Iterator[tuple[int, str, str, str, Mapping[str, Any]]]:
        """Yield bodies with their versions; what is damaged quotes nothing that can be read."""
        until = f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}"
        rows = self.transaction.rows(
            _BODIES, log=derived_log(self.connection), prefix=prefix, until=until
        )
        for seq, kind, key, digest, content in rows:
            try:
                body = json_codec.decode(verified(content, digest, self._decompressor))
            except ValueError:
                continue
            yield seq, kind, key, digest, body

    def _quotes(self, seq: int, names: Iterable[str]) -> bool:
        return any(self._read(seq, name) in self.digests for name in names if name in self.names)

    def _read(self, seq: int, name: str) -> str | None:
        """Return the digest of the record that a row or verdict was made from."""
        kind, _, key = name.partition(":")
        digest: str | None = self.transaction.value(
            _READ, connection=self.connection, kind=kind, key=key, seq=seq
        )
        return digest


def _has_reasons(verdict: Mapping[str, Any]) -> bool:
    return any(of_rule.get("reason") for of_rule in verdict.values())
