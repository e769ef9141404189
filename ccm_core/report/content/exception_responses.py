"""Management's responses to exceptions, in words and as documents."""

from __future__ import annotations

from datetime import datetime

from ccm_core.approvals.response import SignatureState, signature_standing
from ccm_core.approvals.ssh_signature import SshSignature
from ccm_core.model.audit.exception_response import ExceptionResponse
from ccm_core.model.audit.noted_exception import NotedException, PeriodExceptions
from ccm_core.model.evaluation.waiver import ApprovalMethod
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.timestamps import format_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSignature:
    """Whether a response is signed, as programs read it."""

    state: SignatureState
    problem: str | None
    method: ApprovalMethod | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseDocument:
    """A response, as programs read it."""

    exception: str
    period: str
    number: int
    text: str
    by: str
    name: str
    role: str
    at: datetime
    signature: ResponseSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionSubject:
    """The item of an exception, as programs read it."""

    kind: str
    key: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionDocument:
    """An exception with its responses, as programs read it."""

    id: str
    rule: str
    connection: str
    subject: ExceptionSubject
    controls: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    evaluations: int
    risk_accepted: bool
    response: ResponseDocument | None
    superseded_responses: tuple[ResponseDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionsDocument:
    """What ``ccm exceptions list --output json`` prints."""

    document: str = "ccm.exceptions/v1"
    period: str
    ended: bool
    exceptions: tuple[ExceptionDocument, ...]
    left_over: tuple[ResponseDocument, ...]


def signature_in_words(response: ExceptionResponse) -> str:
    """Return whether a response is signed: verified now, from what was stored with it alone."""
    standing, signature = signature_standing(response), response.signature
    match standing.state:
        case SignatureState.UNSIGNED:
            return "not signed"
        case SignatureState.INVALID:
            return f"signature INVALID: {standing.problem}"
        case SignatureState.VALID if signature and signature.method is ApprovalMethod.SSH:
            return f"signature valid, key {SshSignature.read(signature.proof).key.fingerprint}"
        case _:
            return "signature valid, by ID token"


def author_in_words(response: ExceptionResponse) -> str:
    """Return who responded: their name, role and id as the settings had them then."""
    facts = [fact for fact in (response.role, response.by) if fact != response.name]
    named = response.name or response.by
    others = ", ".join(fact for fact in facts if fact and fact != named)
    return f"{named} ({others})" if others else named


def response_line(response: ExceptionResponse) -> str:
    """Return who responded when, and whether it is signed."""
    at = format_instant(response.at.replace(microsecond=0))
    return f"{author_in_words(response)}, {at}, {signature_in_words(response)}"


def response_document(response: ExceptionResponse) -> ResponseDocument:
    """Return a response as a document for programs, without the proof itself."""
    standing, signature = signature_standing(response), response.signature
    return ResponseDocument(
        exception=response.exception.id,
        period=response.period,
        number=response.number,
        text=response.text,
        by=response.by,
        name=response.name,
        role=response.role,
        at=response.at,
        signature=ResponseSignature(
            state=standing.state,
            problem=standing.problem or None,
            method=signature.method if signature else None,
            at=signature.at if signature else None,
        ),
    )


def exception_document(exception: NotedException) -> ExceptionDocument:
    """Return an exception with its responses as a document for programs."""
    name, response = exception.name, exception.response
    return ExceptionDocument(
        id=name.id,
        rule=name.rule,
        connection=name.connection,
        subject=ExceptionSubject(kind=name.kind, key=name.key, title=exception.title),
        controls=exception.controls,
        first_seen=exception.first_seen,
        last_seen=exception.last_seen,
        evaluations=exception.evaluations,
        risk_accepted=exception.waived,
        response=response_document(response) if response else None,
        superseded_responses=tuple(map(response_document, exception.responses[:-1])),
    )


def exceptions_document(noted: PeriodExceptions) -> ExceptionsDocument:
    """Return the exceptions of a period as a document for programs."""
    return ExceptionsDocument(
        period=noted.period,
        ended=noted.ended,
        exceptions=tuple(map(exception_document, noted.exceptions)),
        left_over=tuple(map(response_document, noted.left_over)),
    )
