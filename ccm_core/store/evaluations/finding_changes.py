"""Findings: which evaluations were tracked, and what each of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.evidence.storage_order import TOLERANCE
from ccm_core.model.finding.finding import (
    Finding,
    FindingChange,
    FindingChangeSet,
    FindingState,
)
from ccm_core.store.codec.bodies import decode_body, encode_body
from ccm_core.store.derived import line_roots, tracked_order
from ccm_core.store.evaluations import finding_acts, finding_table
from ccm_core.store.log import sign_heads
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import FINDING_CHANGES
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.ledger.signed_note import Signing
    from ccm_core.model.finding.act import FindingAct
    from ccm_core.store.sql.database import Database
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

_BEFORE_ALL = -(1 << 62)
_TOLERANCE = int(TOLERANCE.total_seconds() * 1_000_000)
_TRACKED = "SELECT 1 FROM finding_changes WHERE evaluation = :evaluation"


def _require_stated(transaction: Transaction) -> str | None:
    """Refuse findings that are not those that the last evaluation left; return their digest.

    Raises:
        IntegrityError: Somebody else changed them, or what the evaluation stored of them is gone.
    """
    query = "SELECT digest, document FROM finding_changes ORDER BY seq DESC LIMIT 1"
    row = transaction.row(query)
    if row is None:
        return None
    digest, document = row
    stated = decode_body(document, digest, FindingChangeSet, "the last changes of findings")
    if line_roots.findings_digest(transaction) != stated.findings:
        raise IntegrityError(
            "the findings are not those that the last evaluation left: somebody else changed them. "
            "Run `ccm verify`, and restore the store from a backup"
        )
    return stated.findings


class SqlFindingStore:
    """Changes of findings in a table; see ``FindingStore``."""

    def __init__(self, database: Database, signing: Signing) -> None:
        self._database = database
        self._signing = signing

    def untracked_evaluations(self) -> Sequence[str]:
        """List the digests of evaluations that are later than every one that was tracked."""
        # Of several evaluations of one moment the first that was stored counts.
        with self._database.reading() as transaction:
            return list(
                transaction.column(
                    tracked_order.UNTRACKED, before_all=_BEFORE_ALL, tolerance=_TOLERANCE
                )
            )

    def tracked_until(self, *, as_of: datetime | None = None) -> datetime | None:
        """Return the moment of the last evaluation that was tracked, by then."""
        with self._database.reading() as transaction:
            if as_of is None:
                moment = transaction.value(tracked_order.LAST)
            else:
                moment = transaction.value(
                    f"""
                    SELECT max(evaluated_at) FROM {tracked_order.COUNTING}
                    WHERE {tracked_order.COUNTS} AND evaluated_at <= :as_of
                    """,
                    as_of=microseconds(as_of),
                )
        return None if moment is None else instant(moment)

    def tracked_evaluation(self, moment: datetime) -> str | None:
        """Return the digest of the evaluation of a moment that was tracked; None: there is none."""
        query = "SELECT evaluation FROM finding_changes WHERE evaluated_at = :moment"
        with self._database.reading() as transaction:
            digest: str | None = transaction.value(query, moment=microseconds(moment))
        return digest

    def append(
        self,
        evaluation: str,
        changes: Sequence[FindingChange],
        findings: Iterable[Finding] = (),
        *,
        anew: bool = False,
    ) -> bool:
        """Store what an evaluation changed; return False where it was tracked already.

        Args:
            evaluation: Its digest.
            changes: What it changed.
            findings: The findings that are others now, as they are.
            anew: Whether they are all findings, because what was tracked for a later moment counts
                no more.

        Raises:
            StoreError: There is no such evaluation.
        """
        signers = self._signing()
        with self._database.writing() as transaction:
            query = "SELECT evaluated_at FROM evaluation WHERE digest = :digest"
            evaluated_at = transaction.value(query, digest=evaluation)
            if evaluated_at is None:
                raise StoreError(f"the store has no evaluation {evaluation}.")
            last = transaction.value(tracked_order.LAST)
            if last is not None and (last >= evaluated_at) is not anew:
                return False
            if anew and transaction.value(_TRACKED, evaluation=evaluation):
                return False
            before, others = _require_stated(transaction), tuple(findings)
            if anew:
                finding_table.clear(transaction)
            finding_table.write(transaction, others)
            # Nothing is another than what was just found to be as it was stated.
            unchanged = None if anew or others else before
            after = unchanged or line_roots.findings_digest(transaction)
            document = encode_body(FindingChangeSet(changes=tuple(changes), findings=after))
            row: dict[str, SqlValue] = {
                "evaluation": evaluation,
                "evaluated_at": evaluated_at,
                "changes": len(changes),
                "digest": document.digest,
                "document": document.content,
            }
            transaction.insert("finding_changes", row)
            append_leaves(transaction, STORE_LOG, [FINDING_CHANGES.line(row)])
            sign_heads.sign_heads(transaction, (), signers, instant(evaluated_at))
        return True

    def current(
        self, states: AbstractSet[FindingState] = frozenset(FindingState)
    ) -> Sequence[Finding]:
        """List the findings in some states as they are now, by id."""
        with self._database.reading() as transaction:
            _require_stated(transaction)
            return list(finding_table.in_states(transaction, states))

    def count(self) -> int:
        """Count all findings, those that were resolved too."""
        with self._database.reading() as transaction:
            return int(transaction.value("SELECT count(*) FROM finding"))

    def teams(self) -> frozenset[str]:
        """Return the teams of the source that own a resource of any finding."""
        with self._database.reading() as transaction:
            return frozenset(finding_table.teams(transaction))

    def by_id(self, ids: Iterable[str]) -> Sequence[Finding]:
        """List the findings of some ids as they are now."""
        names = tuple(ids)
        if not names:
            return ()
        with self._database.reading() as transaction:
            _require_stated(transaction)
            return list(finding_table.by_id(transaction, names))

    def append_act(self, act: FindingAct, *, revision: int | None = None) -> int:
        """Store what somebody did about a finding, with its leaf; return its number.

        Raises:
            UsageError: There is no such finding, or somebody did something else meanwhile.
        """
        signers = self._signing()
        with self._database.writing() as transaction:
            number = finding_acts.append(transaction, act, revision)
            sign_heads.sign_heads(transaction, (), signers, act.at)
        return number

    def acts(self, ids: Iterable[str] | None = None) -> Mapping[str, Sequence[FindingAct]]:
        """Return what was done about some findings, or about all, each in order."""
        with self._database.reading() as transaction:
            return finding_acts.of_findings(transaction, ids)

    def changes(self, *, as_of: datetime | None = None) -> Iterator[FindingChange]:
        """Yield changes in the order in which they happened."""
        condition = "" if as_of is None else "AND evaluated_at <= :as_of"
        with self._database.reading() as transaction:
            rows = transaction.rows(
                f"""
                SELECT digest, document, evaluation
                FROM {tracked_order.COUNTING}
                WHERE changes > 0 AND {tracked_order.COUNTS} {condition}
                ORDER BY evaluated_at
                """,
                as_of=None if as_of is None else microseconds(as_of),
            )
            for digest, document, evaluation in rows:
                label = f"changes of findings by evaluation {evaluation}"
                yield from decode_body(document, digest, FindingChangeSet, label).changes
