"""Management's responses to exceptions, in words and as documents."""

from __future__ import annotations

from ccm_core.approvals.response import SignatureState, signature_standing
from ccm_core.approvals.ssh_signature import SshSignature
from ccm_core.model.audit.exception_response import ExceptionResponse
from ccm_core.model.audit.noted_exception import NotedException
from ccm_core.model.evaluation.waiver import ApprovalMethod
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import format_instant


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


def response_document(response: ExceptionResponse) -> JsonObject:
    """Return a response as a document for programs, without the proof itself."""
    standing, signature = signature_standing(response), response.signature
    return {
        "exception": response.exception.id,
        "period": response.period,
        "number": response.number,
        "text": response.text,
        "by": response.by,
        "name": response.name,
        "role": response.role,
        "at": format_instant(response.at),
        "signature": {
            "state": standing.state.value,
            "problem": standing.problem or None,
            "method": signature.method.value if signature else None,
            "at": format_instant(signature.at) if signature else None,
        },
    }


def exception_document(exception: NotedException) -> JsonObject:
    """Return an exception with its responses as a document for programs."""
    name, response = exception.name, exception.response
    return {
        "id": name.id,
        "rule": name.rule,
        "connection": name.connection,
        "subject": {"kind": name.kind, "key": name.key, "title": exception.title},
        "controls": list(exception.controls),
        "first_seen": format_instant(exception.first_seen),
        "last_seen": format_instant(exception.last_seen),
        "evaluations": exception.evaluations,
        "risk_accepted": exception.waived,
        "response": response_document(response) if response else None,
        "superseded_responses": [response_document(one) for one in exception.responses[:-1]],
    }
