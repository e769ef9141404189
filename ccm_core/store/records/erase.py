"""Erasing: bodies are deleted, rows and leaves stay, and the ledger says what and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.evidence.erasure import Erased, Erasure
from ccm_core.store.log import checkpoints, ledger
from ccm_core.store.log.leaf_encoding import ERASED, ERASURE
from ccm_core.store.sql.columns import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccm_core.ledger.signers import Signers
    from ccm_core.store.sql.transaction import Transaction


def chosen(transaction: Transaction, erasure: Erasure) -> Erased:
    """Say what an erasure would delete."""
    return Erased(
        bodies=len(_digests(transaction, _bodies(erasure), erasure)),
        rejected=len(_digests(transaction, _refused(erasure), erasure)),
        beyond=_beyond(transaction, erasure),
    )


def erase(transaction: Transaction, erasure: Erasure, signers: Signers) -> Erased:
    """Delete what was chosen, and write down that it was."""
    bodies, refused = _bodies(erasure), _refused(erasure)
    came_to = chosen(transaction, erasure)
    found = (_digests(transaction, one, erasure) for one in (bodies, refused))
    digests = list(dict.fromkeys(digest for some in found for digest in some))
    ledger.append(transaction, STORE_LOG, _noted(transaction, erasure, digests))
    values = _values(erasure)
    transaction.execute(f"DELETE FROM body WHERE digest IN ({bodies})", **values)
    transaction.execute(
        f"UPDATE rejected SET document = :nothing WHERE digest IN ({refused})",
        nothing=b"",
        **values,
    )
    checkpoints.state(transaction, (), signers, erasure.erased_at)
    return came_to


def _noted(transaction: Transaction, erasure: Erasure, digests: Sequence[str]) -> Iterator[bytes]:
    before = erasure.kept_before
    row = {
        "id": erasure.id,
        "erased_at": microseconds(erasure.erased_at),
        "connection": erasure.connection,
        "kind": erasure.kind,
        "key": erasure.key,
        "kept_before": before and microseconds(before),
        "reason": erasure.reason,
    }
    seq = transaction.insert("erasure", row)
    yield ERASURE.line(row)
    # What was erased before, and was observed anew since, is noted already.
    noted = transaction.among("SELECT digest FROM erased WHERE digest IN (:among)", digests)
    known = {digest for (digest,) in noted}
    new = [digest for digest in digests if digest not in known]
    transaction.insert_rows("erased", ("digest", "erasure"), ((digest, seq) for digest in new))
    for digest in new:
        yield ERASED.line({"digest": digest}, erasure=erasure.id)


# -- what is chosen ---------------------------------------------------------------------------


def _digests(transaction: Transaction, statement: str, erasure: Erasure) -> Sequence[str]:
    return list(transaction.column(f"{statement} ORDER BY 1", **_values(erasure)))


def _bodies(erasure: Erasure) -> str:
    """Select the digests of the bodies that are chosen and there."""
    return f"""
        SELECT DISTINCT version.digest
        FROM version
        JOIN body ON body.digest = version.digest
        WHERE {_versions(erasure)}
    """


def _refused(erasure: Erasure) -> str:
    """Select the digests of what was refused, is chosen, and is there."""
    narrowed = {
        "collection.connection = :connection": erasure.connection,
        "collection.kind = :kind": erasure.kind,
        "rejected.key = :key": erasure.key,
        "collection.ended_at < :kept_before": erasure.kept_before,
    }
    return f"""
        SELECT DISTINCT rejected.digest
        FROM rejected
        JOIN collection ON collection.seq = rejected.collection
        WHERE {" AND ".join(["length(rejected.document) > 0", *_given(narrowed)])}
    """


def _versions(erasure: Erasure) -> str:
    """Say which versions are chosen."""
    spared = ", ".join(f":{name}" for name in _spared(erasure))
    narrowed = {
        "version.connection = :connection": erasure.connection,
        "version.kind = :kind": erasure.kind,
        "version.key = :key": erasure.key,
        "version.kept_at < :kept_before": erasure.kept_before,
        f"version.seq NOT IN (SELECT seq FROM head WHERE kind IN ({spared}))": spared or None,
    }
    return " AND ".join(["TRUE", *_given(narrowed)])


def _given(narrowed: Mapping[str, object]) -> Iterator[str]:
    return (condition for condition, value in narrowed.items() if value is not None)


def _values(erasure: Erasure) -> Mapping[str, Any]:
    """Give the values for which the conditions have names."""
    return {
        "connection": erasure.connection,
        "kind": erasure.kind,
        "key": erasure.key,
        "kept_before": erasure.kept_before and microseconds(erasure.kept_before),
        **_spared(erasure),
    }


def _spared(erasure: Erasure) -> Mapping[str, str]:
    return {f"spared_{place}": kind for place, kind in enumerate(sorted(erasure.spared))}


def _beyond(transaction: Transaction, erasure: Erasure) -> int:
    """Count the versions that were not chosen and lose their body all the same."""
    mine = f"SELECT version.seq FROM version WHERE {_versions(erasure)}"
    found = transaction.value(
        f"""
        SELECT count(*)
        FROM version
        WHERE digest IN ({_bodies(erasure)}) AND seq NOT IN ({mine})
        """,
        **_values(erasure),
    )
    return int(found)
