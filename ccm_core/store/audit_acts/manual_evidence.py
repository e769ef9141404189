"""What people did about manual evidence, one row and one leaf for each act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.audit.manual_evidence import (
    ManualEvidence,
    ManualEvidenceAct,
    ManualEvidenceActKind,
    manual_evidence,
)
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.audit_acts import attached_files
from ccm_core.store.codec.bodies import decode_body, encode_body
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import MANUAL_EVIDENCE
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evidence.window import Window
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

_SELECT = "SELECT evidence, digest, document FROM manual_evidence"


def attach(transaction: Transaction, act: ManualEvidenceAct) -> None:
    """Store that a file was attached, and that it replaces the piece that it names.

    Raises:
        UsageError: That one is not there, or was replaced or withdrawn meanwhile.
    """
    statement = act.statement
    if statement is None:
        raise ValueError(f"{act.evidence} is attached without a statement")
    if statement.replaces:
        ended = ManualEvidenceAct(
            evidence=statement.replaces,
            number=2,
            kind=ManualEvidenceActKind.REPLACED,
            at=act.at,
            by=act.by,
            replaced_by=act.evidence,
        )
        end(transaction, ended)
    if list(_read(transaction, act.evidence)):
        raise UsageError(f"there is manual evidence {act.evidence} already; try again")
    _insert(transaction, act, statement.window)


def end(transaction: Transaction, act: ManualEvidenceAct) -> None:
    """Store that a piece was replaced or withdrawn.

    Raises:
        UsageError: It is not there, or one of both was done before.
    """
    before = sorted(_read(transaction, act.evidence), key=lambda one: one.number)
    attached = before[0].statement if before else None
    if attached is None:
        raise UsageError(
            f"there is no manual evidence {act.evidence}; `ccm evidence list --manual` lists it"
        )
    if len(before) > 1:
        last = before[-1]
        by = f" by {last.replaced_by}" if last.replaced_by else ""
        at = format_instant(last.at.replace(microsecond=0))
        hint = f"; act on {last.replaced_by}" if last.replaced_by else ""
        raise UsageError(
            f"{act.evidence} was {last.kind.value}{by} already ({last.by}, {at}){hint}"
        )
    _insert(transaction, act, attached.window)


def pieces(transaction: Transaction) -> Sequence[ManualEvidence]:
    """Return all pieces, in the order in which they were attached."""
    return manual_evidence(_read(transaction), attached_files.present(transaction))


def _insert(transaction: Transaction, act: ManualEvidenceAct, window: Window) -> None:
    document = encode_body(act)
    file = act.statement.file if act.statement else None
    row: dict[str, SqlValue] = {
        "evidence": act.evidence,
        "number": act.number,
        "since": microseconds(window.since),
        "until": microseconds(window.until),
        "at": microseconds(act.at),
        "kind": act.kind.value,
        "file": file.digest if file else None,
        "digest": document.digest,
        "document": document.content,
    }
    transaction.insert("manual_evidence", row)
    append_leaves(transaction, STORE_LOG, [MANUAL_EVIDENCE.line(row)])


def _read(transaction: Transaction, evidence: str | None = None) -> Iterator[ManualEvidenceAct]:
    if evidence is None:
        rows = transaction.rows(f"{_SELECT} ORDER BY seq")
    else:
        rows = transaction.rows(f"{_SELECT} WHERE evidence = :evidence", evidence=evidence)
    for name, digest, document in rows:
        yield decode_body(document, digest, ManualEvidenceAct, f"manual evidence {name}")
