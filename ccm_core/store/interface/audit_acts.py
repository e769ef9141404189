"""What people add for an audit: manual evidence, and responses to exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.audit.exception_response import ExceptionResponse
    from ccm_core.model.audit.manual_evidence import ManualEvidence, ManualEvidenceAct
    from ccm_core.model.audit.validation import Validation
    from ccm_core.model.evidence.write_batch import EncodedBody


class AuditActStore(Protocol):
    """Stores each act once, as a row and a leaf; none is ever changed."""

    def attach(self, act: ManualEvidenceAct, content: EncodedBody | None) -> None:
        """Store a piece of manual evidence, and that it replaces the one that it names.

        Args:
            act: Who attaches what.
            content: The bytes of the file; None: its digest alone is stored.

        Raises:
            UsageError: What it replaces is not there, or was replaced or withdrawn meanwhile; or
                the file was erased by order.
        """

    def withdraw(self, act: ManualEvidenceAct) -> None:
        """Store that a piece of manual evidence was withdrawn.

        Raises:
            UsageError: It is not there, or was replaced or withdrawn already.
        """

    def manual_evidence(self) -> Sequence[ManualEvidence]:
        """List all pieces, those that do not count any more too, in the order of attaching.

        Raises:
            IntegrityError: One is not what was stored.
        """

    def file(self, digest: str) -> bytes | None:
        """Return the bytes of an attached file; None: they are not there.

        Raises:
            IntegrityError: They are not those that were stored.
        """

    def respond(self, response: ExceptionResponse) -> None:
        """Store a response to an exception.

        Raises:
            UsageError: Its number is not the next one: somebody else responded meanwhile.
        """

    def responses(self) -> Sequence[ExceptionResponse]:
        """List all responses, in the order in which they were stored.

        Raises:
            IntegrityError: One is not what was stored.
        """

    def record_validations(self, outcomes: Sequence[Validation]) -> None:
        """Store what validated the method of packs: outcomes of their tests and mutations."""

    def validations(self) -> Sequence[tuple[str, Validation]]:
        """List all such outcomes with their digests, in the order in which they were stored.

        Raises:
            IntegrityError: One is not what was stored.
        """
