"""The exceptions of a period, each once, with management's responses."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.audit.exception_response import ExceptionName, ExceptionResponse
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
