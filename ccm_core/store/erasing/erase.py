"""Erasing: bodies are deleted, rows and leaves stay, and the ledger says what and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.evaluation.derived import DERIVED, derived_log
from ccm_core.model.evidence.erasure import Erasure, ErasureResult
from ccm_core.store.derived import anew
from ccm_core.store.erasing import attached_files
from ccm_core.store.erasing.dictionaries import remove_erased
from ccm_core.store.erasing.quoting import Quotes, quotes
from ccm_core.store.log import sign_heads
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import ERASED, ERASURE
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccm_core.ledger.signed_note import Signing
    from ccm_core.store.sql.database import Database
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction


_ORDERS = """
    SELECT DISTINCT erasure.id, erasure.connection, erasure.kind, erasure.key,
        erasure.stored_before, erasure.reason, erasure.erased_at
    FROM version
    JOIN erased ON erased.digest = version.digest
    JOIN erasure ON erasure.seq = erased.erasure
    WHERE version.connection = :connection AND version.kind = :kind AND version.key = :key
    ORDER BY erasure.seq DESC
"""


class SqlErasureStore:
    """Erasing from tables; see ``ErasureStore``."""

    def __init__(self, database: Database, signing: Signing) -> None:
        self._database = database
        self._signing = signing

    def preview(self, erasure: Erasure) -> ErasureResult:
        """Count what an erasure would delete."""
        with self._database.reading() as transaction:
            if erasure.manual_evidence is not None:
                return attached_files.count(transaction, erasure.manual_evidence)
            return _count(transaction, erasure, _quotes(transaction, erasure))

    def erase(self, erasure: Erasure) -> ErasureResult:
        """Delete what is selected, and record that it was."""
        if erasure.manual_evidence is not None:
            return self._erase_file(erasure, erasure.manual_evidence)
        signers = self._signing()
        with self._database.writing() as transaction:
            quotes = _quotes(transaction, erasure)
            erased = _count(transaction, erasure, quotes)
            _record(transaction, erasure, _selected(transaction, erasure, quotes))
            _delete(transaction, erasure, quotes)
            for connection in sorted(quotes.connections):
                anew.clear(transaction, connection, erasure.erased_at)
            logs = [derived_log(connection) for connection in sorted(quotes.connections)]
            sign_heads.sign_heads(transaction, logs, signers, erasure.erased_at)
        self._database.purge()
        return erased

    def _erase_file(self, erasure: Erasure, evidence: str) -> ErasureResult:
        signers = self._signing()
        with self._database.writing() as transaction:
            erased = attached_files.count(transaction, evidence)
            digests = attached_files.stored_files(transaction, evidence)
            _record(transaction, erasure, digests)
            attached_files.delete(transaction, digests)
            sign_heads.sign_heads(transaction, (), signers, erasure.erased_at)
        self._database.purge()
        return erased

    def orders(self, connection: str, kind: str, key: str) -> Sequence[Erasure]:
        """List the orders by which bodies of an object were erased, the last one first."""
        with self._database.reading() as transaction:
            rows = transaction.rows(_ORDERS, connection=connection, kind=kind, key=key)
            return [
                Erasure(
                    id=name,
                    connection=of_connection,
                    kind=of_kind,
                    key=of_key,
                    stored_before=None if before is None else instant(before),
                    reason=reason,
                    erased_at=instant(at),
                )
                for name, of_connection, of_kind, of_key, before, reason, at in rows
            ]


def _quotes(transaction: Transaction, erasure: Erasure) -> Quotes:
    """Return the rows and verdicts that were made from what is erased."""
    narrowed = (erasure.kind, erasure.key, erasure.stored_before) != (None, None, None)
    digests = frozenset(_digests(transaction, _bodies(erasure), erasure))
    return quotes(transaction, digests, whole=None if narrowed else erasure.connection)


def _count(transaction: Transaction, erasure: Erasure, quoted: Quotes) -> ErasureResult:
    return ErasureResult(
        rows=len(quoted.rows),
        verdicts=len(quoted.verdicts),
        bodies=len(_digests(transaction, _bodies(erasure), erasure)),
        rejected=len(_digests(transaction, _rejected(erasure), erasure)),
        shared_versions=_shared_versions(transaction, erasure),
    )


def _selected(transaction: Transaction, erasure: Erasure, quoted: Quotes) -> Sequence[str]:
    queries = (_bodies(erasure), _rejected(erasure))
    selected = (digest for query in queries for digest in _digests(transaction, query, erasure))
    return list(dict.fromkeys([*selected, *sorted(quoted.rows | quoted.verdicts)]))


def _record(transaction: Transaction, erasure: Erasure, digests: Sequence[str]) -> None:
    """Insert the order and what it erases, then append their leaves."""
    row = _row(erasure)
    seq = transaction.insert("erasure", row)
    # What was erased before, and was observed anew since, is recorded already.
    recorded = {
        digest
        for (digest,) in transaction.rows_in(
            "SELECT digest FROM erased WHERE digest IN (:values)", digests
        )
    }
    new = [digest for digest in digests if digest not in recorded]
    transaction.insert_many("erased", ("digest", "erasure"), ((digest, seq) for digest in new))
    leaves = [ERASURE.line(row)]
    leaves += [ERASED.line({"digest": digest}, erasure=erasure.id) for digest in new]
    append_leaves(transaction, STORE_LOG, leaves)


def _row(erasure: Erasure) -> dict[str, SqlValue]:
    before = erasure.stored_before
    return {
        "id": erasure.id,
        "erased_at": microseconds(erasure.erased_at),
        "connection": erasure.connection,
        "kind": erasure.kind,
        "key": erasure.key,
        "manual_evidence": erasure.manual_evidence,
        "stored_before": None if before is None else microseconds(before),
        "reason": erasure.reason,
    }


def _delete(transaction: Transaction, erasure: Erasure, quoted: Quotes) -> None:
    parameters = _parameters(erasure)
    derived = sorted(quoted.rows | quoted.verdicts)
    for _ in transaction.rows_in("DELETE FROM body WHERE digest IN (:values)", derived):
        pass
    transaction.execute(f"DELETE FROM body WHERE digest IN ({_bodies(erasure)})", **parameters)
    remove_erased(transaction)
    transaction.execute(
        f"UPDATE rejected SET document = :empty WHERE digest IN ({_rejected(erasure)})",
        empty=b"",
        **parameters,
    )


# -- what is selected -------------------------------------------------------------------------


def _digests(transaction: Transaction, query: str, erasure: Erasure) -> Sequence[str]:
    return list(transaction.column(f"{query} ORDER BY 1", **_parameters(erasure)))


def _bodies(erasure: Erasure) -> str:
    """Return the query for the digests of stored bodies that are selected."""
    return f"""
        SELECT DISTINCT version.digest
        FROM version
        JOIN body ON body.digest = version.digest
        WHERE {_versions(erasure)}
    """


def _rejected(erasure: Erasure) -> str:
    """Return the query for the digests of stored rejected objects that are selected."""
    conditions = {
        "collection.connection = :connection": erasure.connection,
        "collection.kind = :kind": erasure.kind,
        "rejected.key = :key": erasure.key,
        "collection.ended_at < :stored_before": erasure.stored_before,
    }
    return f"""
        SELECT DISTINCT rejected.digest
        FROM rejected
        JOIN collection ON collection.seq = rejected.collection
        WHERE {" AND ".join(["length(rejected.document) > 0", *_applicable(conditions)])}
    """


def _versions(erasure: Erasure) -> str:
    """Return the condition that selects versions."""
    spared = ", ".join(f":{name}" for name in _spared(erasure))
    # Rows and verdicts are erased with the records that they quote, and not by themselves.
    evidence = f"version.connection NOT LIKE '%{DERIVED}'"
    conditions = {
        "version.connection = :connection": erasure.connection,
        "version.kind = :kind": erasure.kind,
        "version.key = :key": erasure.key,
        "version.stored_at < :stored_before": erasure.stored_before,
        f"version.seq NOT IN (SELECT seq FROM current_version WHERE kind IN ({spared}))": spared
        or None,
    }
    return " AND ".join([evidence, *_applicable(conditions)])


def _applicable(conditions: Mapping[str, object]) -> Iterator[str]:
    return (condition for condition, value in conditions.items() if value is not None)


def _parameters(erasure: Erasure) -> Mapping[str, SqlValue]:
    """Return the values of the parameters that the conditions name."""
    before = erasure.stored_before
    return {
        "connection": erasure.connection,
        "kind": erasure.kind,
        "key": erasure.key,
        "stored_before": None if before is None else microseconds(before),
        **_spared(erasure),
    }


def _spared(erasure: Erasure) -> Mapping[str, str]:
    return {f"spared_{index}": kind for index, kind in enumerate(sorted(erasure.excluded_kinds))}


def _shared_versions(transaction: Transaction, erasure: Erasure) -> int:
    """Count the versions that were not selected and lose their body all the same."""
    selected = f"SELECT version.seq FROM version WHERE {_versions(erasure)}"
    count = transaction.value(
        f"""
        SELECT count(*)
        FROM version
        WHERE digest IN ({_bodies(erasure)}) AND seq NOT IN ({selected})
            AND version.connection NOT LIKE '%{DERIVED}'
        """,
        **_parameters(erasure),
    )
    return int(count)
