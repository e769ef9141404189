"""What people added to a period, as its report shows it: responses and manual evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.approvals.response import SignatureState, signature_standing
from ccm_core.model.audit.exception_response import ExceptionName
from ccm_core.model.audit.manual_evidence import ManualEvidenceState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content.exception_responses import author_in_words, signature_in_words
from ccm_core.report.content.manual_evidence import file_in_words, last_day, state_in_words

if TYPE_CHECKING:
    from ccm_core.model.assurance import ControlException
    from ccm_core.model.audit.exception_response import ExceptionResponse
    from ccm_core.model.audit.manual_evidence import ManualEvidence
    from ccm_core.model.audit.noted_exception import PeopleAdded

_TONES = {
    SignatureState.VALID: "pass",
    SignatureState.INVALID: "fail",
    SignatureState.UNSIGNED: "insufficient",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownResponse:
    """A response, with whether its signature is valid."""

    exception: str
    rule: str
    title: str
    text: str
    author: str
    at: datetime
    signature: str
    """In words."""
    tone: str
    superseded: int
    """How many earlier responses it superseded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvidence:
    """A piece of manual evidence, with whether it counts at the end of the period."""

    id: str
    title: str
    controls: str
    state: str
    """In words."""
    tone: str
    period: str
    expires: str
    file: str
    digest: str
    comment: str
    author: str
    at: datetime


ExceptionKey = tuple[str, str, str, str]
"""Rule, connection, and kind and key of the item."""


def exception_key(exception: ControlException) -> ExceptionKey:
    """Return by what the response to an exception is looked up."""
    subject = exception.subject
    return exception.rule, exception.connection, subject.kind, subject.key


def exception_id(exception: ControlException) -> str:
    """Return the id by which people respond to an exception."""
    rule, connection, kind, key = exception_key(exception)
    return ExceptionName(rule=rule, connection=connection, kind=kind, key=key).id


def answered(
    exceptions: Iterable[ControlException], responses: Mapping[ExceptionKey, ShownResponse]
) -> str:
    """Return how many of some exceptions have a response: ``2 with management's response``."""
    number = sum(exception_key(exception) in responses for exception in exceptions)
    return f"{number:,} with management's response"


def shown_responses(people: PeopleAdded) -> Mapping[ExceptionKey, ShownResponse]:
    """Return the response that counts of each exception that has one."""
    return {
        (one.name.rule, one.name.connection, one.name.kind, one.name.key): shown_response(
            one.response, superseded=len(one.responses) - 1
        )
        for one in people.exceptions
        if one.response is not None
    }


def shown_response(response: ExceptionResponse, *, superseded: int = 0) -> ShownResponse:
    """Return a response with whether its signature is valid, verified now."""
    return ShownResponse(
        exception=response.exception.id,
        rule=response.exception.rule,
        title=response.title,
        text=response.text,
        author=author_in_words(response),
        at=response.at,
        signature=signature_in_words(response),
        tone=_TONES[signature_standing(response).state],
        superseded=superseded,
    )


def shown_evidence(people: PeopleAdded) -> Iterator[ShownEvidence]:
    """Yield each piece of manual evidence for the period, in the order of attaching."""
    for piece in people.evidence:
        yield _shown(piece, people.moment)


def evidence_of_control(
    people: PeopleAdded, framework: str, number: str
) -> tuple[ShownEvidence, ...]:
    """Return the manual evidence for one control."""
    return tuple(_shown(piece, people.moment) for piece in people.evidence_for(framework, number))


def _shown(piece: ManualEvidence, moment: datetime) -> ShownEvidence:
    statement = piece.statement
    counts = piece.state_at(moment) is ManualEvidenceState.CURRENT
    return ShownEvidence(
        id=piece.id,
        title=statement.title,
        controls=", ".join(statement.controls),
        state=state_in_words(piece, moment),
        tone="not_applicable" if counts else "insufficient",
        period=statement.period,
        expires=last_day(statement.expires),
        file=file_in_words(piece),
        digest=statement.file.digest,
        comment=statement.comment,
        author=piece.by,
        at=piece.at,
    )
