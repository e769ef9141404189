"""The exceptions of a period, each once, with management's responses."""

from __future__ import annotations

from datetime import UTC, datetime

from ccm_core.model.audit.exception_response import ExceptionName, ExceptionResponse
from ccm_core.model.audit.manual_evidence import ManualEvidence
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedException:
    """An item that failed a test in a period, whatever number of controls the test supports."""

    name: ExceptionName
    title: str
    """Of the item."""
    controls: tuple[str, ...]
    """As ``framework:id``: those of the assessed controls that the test supports."""
    first_seen: datetime
    last_seen: datetime
    evaluations: int
    waived: bool
    """Whether a risk acceptance covered it every time."""
    responses: tuple[ExceptionResponse, ...]
    """In their order; the last one counts, and it superseded the others."""

    @property
    def response(self) -> ExceptionResponse | None:
        """The response that counts."""
        return self.responses[-1] if self.responses else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodExceptions:
    """All exceptions of a period."""

    period: str
    ended: bool
    """Whether the period has ended."""
    exceptions: tuple[NotedException, ...]
    left_over: tuple[ExceptionResponse, ...]
    """Responses in this period to what is no exception of it, or not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleAdded:
    """What people added to the period: responses to its exceptions, and manual evidence for it."""

    exceptions: tuple[NotedException, ...] = ()
    left_over: tuple[ExceptionResponse, ...] = ()
    """Responses in this period to what is no exception of it any more."""
    evidence: tuple[ManualEvidence, ...] = ()
    """Pieces for any part of the period, those that do not count too."""
    moment: datetime
    """When it is asked whether they count: the last instant of the period that has elapsed."""

    def evidence_for(self, framework: str, number: str) -> tuple[ManualEvidence, ...]:
        """Return the manual evidence for one control."""
        control = f"{framework}:{number}"
        return tuple(piece for piece in self.evidence if control in piece.statement.controls)


NOTHING_ADDED = PeopleAdded(moment=datetime.min.replace(tzinfo=UTC))
"""Where nobody added anything."""
