"""Manual evidence and responses to exceptions in tables; see ``AuditActStore``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.store.audit_acts import (
    attached_files,
    exception_responses,
    manual_evidence,
    validations,
)
from ccm_core.store.log import sign_heads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.ledger.signed_note import Signing
    from ccm_core.model.audit.exception_response import ExceptionResponse
    from ccm_core.model.audit.manual_evidence import ManualEvidence, ManualEvidenceAct
    from ccm_core.model.audit.validation import Validation
    from ccm_core.model.evidence.write_batch import EncodedBody
    from ccm_core.store.sql.database import Database


class SqlAuditActStore:
    """Acts of people for an audit; see ``AuditActStore``."""

    def __init__(self, database: Database, signing: Signing) -> None:
        self._database = database
        self._signing = signing

    def attach(self, act: ManualEvidenceAct, content: EncodedBody | None) -> None:
        """Store a piece of manual evidence, with its file.

        Raises:
            UsageError: What it replaces does not count any more, or the file was erased by order.
        """
        signers = self._signing()
        with self._database.writing() as transaction:
            if content is not None:
                attached_files.append(transaction, content)
            manual_evidence.attach(transaction, act)
            sign_heads.sign_heads(transaction, (), signers, act.at)

    def withdraw(self, act: ManualEvidenceAct) -> None:
        """Store that a piece was withdrawn.

        Raises:
            UsageError: It is not there, or was replaced or withdrawn already.
        """
        signers = self._signing()
        with self._database.writing() as transaction:
            manual_evidence.end(transaction, act)
            sign_heads.sign_heads(transaction, (), signers, act.at)

    def manual_evidence(self) -> Sequence[ManualEvidence]:
        """List all pieces."""
        with self._database.reading() as transaction:
            return manual_evidence.pieces(transaction)

    def file(self, digest: str) -> bytes | None:
        """Return the bytes of an attached file; None: they are not there."""
        with self._database.reading() as transaction:
            return attached_files.read(transaction, digest)

    def respond(self, response: ExceptionResponse) -> None:
        """Store a response to an exception.

        Raises:
            UsageError: Somebody else responded meanwhile.
        """
        signers = self._signing()
        with self._database.writing() as transaction:
            exception_responses.append(transaction, response)
            sign_heads.sign_heads(transaction, (), signers, response.at)

    def responses(self) -> Sequence[ExceptionResponse]:
        """List all responses."""
        with self._database.reading() as transaction:
            return list(exception_responses.read(transaction))

    def record_validations(self, outcomes: Sequence[Validation]) -> None:
        """Store what validated the method of packs."""
        signers = self._signing()
        with self._database.writing() as transaction:
            for outcome in outcomes:
                validations.append(transaction, outcome)
            if outcomes:
                sign_heads.sign_heads(transaction, (), signers, outcomes[-1].at)

    def validations(self) -> Sequence[tuple[str, Validation]]:
        """List all outcomes with their digests."""
        with self._database.reading() as transaction:
            return list(validations.read(transaction))
