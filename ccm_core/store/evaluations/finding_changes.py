"""Findings: which evaluations were followed, and what each of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import StoreError
from ccm_core.model.evaluation.finding import FindingChange, Followed
from ccm_core.store.codec.bodies import pack, unpack
from ccm_core.store.log import checkpoints, ledger
from ccm_core.store.log.leaf_encoding import FOLLOWED
from ccm_core.store.sql.columns import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.ledger.signers import Signers
    from ccm_core.store.sql.transaction import Transaction

_BEFORE_ALL = -(1 << 62)


def unfollowed(transaction: Transaction) -> Sequence[str]:
    """Give the digests of evaluations that are later than every one that was followed."""
    # Of several evaluations of one moment the first that was kept counts.
    found = transaction.column(
        """
        SELECT digest
        FROM evaluation
        WHERE seq IN (
            SELECT min(seq)
            FROM evaluation
            WHERE evaluated_at > (SELECT coalesce(max(evaluated_at), :before_all) FROM followed)
            GROUP BY evaluated_at
        )
        ORDER BY evaluated_at
        """,
        before_all=_BEFORE_ALL,
    )
    return list(found)


def followed_at(transaction: Transaction, as_of: datetime | None) -> datetime | None:
    """Give the moment of the last evaluation that was followed, by then."""
    known = "" if as_of is None else "WHERE evaluated_at <= :as_of"
    found = transaction.value(
        f"SELECT max(evaluated_at) FROM followed {known}", as_of=as_of and microseconds(as_of)
    )
    return None if found is None else instant(found)


def keep_changes(
    transaction: Transaction, digest: str, changes: Sequence[FindingChange], signers: Signers
) -> bool:
    """SignedNote that an evaluation was followed and what it changed; False where it was already.

    Raises:
        StoreError: There is no such evaluation.
    """
    at = transaction.value(
        "SELECT evaluated_at FROM evaluation WHERE digest = :digest", digest=digest
    )
    if at is None:
        raise StoreError(f"there is no evaluation {digest}")
    last = transaction.value("SELECT max(evaluated_at) FROM followed")
    if last is not None and last >= at:
        return False
    kept = pack(Followed(changes=tuple(changes)))
    row = {
        "evaluation": digest,
        "evaluated_at": at,
        "changes": len(changes),
        "digest": kept.digest,
        "document": kept.content,
    }
    transaction.insert("followed", row)
    ledger.append(transaction, ledger.STORE_LOG, [FOLLOWED.line(row)])
    checkpoints.state(transaction, (), signers, instant(at))
    return True


def changes(transaction: Transaction, as_of: datetime | None) -> Iterator[FindingChange]:
    """Give changes in the order in which they happened."""
    known = "" if as_of is None else "AND evaluated_at <= :as_of"
    rows = transaction.rows(
        f"""
        SELECT digest, document, evaluation
        FROM followed
        WHERE changes > 0 {known}
        ORDER BY evaluated_at
        """,
        as_of=as_of and microseconds(as_of),
    )
    for digest, document, evaluation in rows:
        name = f"changes of findings by evaluation {evaluation}"
        yield from unpack(document, digest, Followed, name).changes
