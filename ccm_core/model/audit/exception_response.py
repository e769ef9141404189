"""Management's responses to the exceptions of a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ccm_core.model.digest import digest
from ccm_core.model.evaluation.waiver import Approval, ApprovalAuthority
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import encode

_DIGITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionName:
    """What an exception is about: a test, and an item of a connection that failed it."""

    rule: str
    connection: str
    kind: str
    """Of the item."""
    key: str

    @property
    def id(self) -> str:
        """The same in every period."""
        name = encode([self.rule, self.connection, self.kind, self.key])
        return f"EX-{digest(name).removeprefix('sha256:')[:_DIGITS]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionResponse:
    """What management answers to an exception of a period: an entry of the ledger."""

    exception: ExceptionName
    title: str
    """What the item was called then."""
    period: str
    """As it was written, such as ``2026-Q3``."""
    window: Window
    """The same as instants."""
    number: int
    """Counts the responses to the exception in this period; the last one counts."""
    text: str
    by: str
    """The id of a person of the settings."""
    name: str
    """What they were called in the settings then."""
    role: str
    at: datetime
    """When it was stored."""
    signature: Approval | None
    """None: it was not signed."""
    authority: ApprovalAuthority
    """Their keys in the settings then, so that the signature can be verified from this alone."""


ResponsesByException = Mapping[str, Sequence[ExceptionResponse]]
"""By id of the exception; the last one counts, and the others were superseded."""


def responses_of(
    responses: Iterable[ExceptionResponse], window: Window
) -> dict[str, list[ExceptionResponse]]:
    """Return the responses to exceptions of exactly one period, by id, in their order."""
    chosen: dict[str, list[ExceptionResponse]] = {}
    for response in sorted(responses, key=lambda one: one.number):
        if response.window == window:
            chosen.setdefault(response.exception.id, []).append(response)
    return chosen
