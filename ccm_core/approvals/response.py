"""Responses to exceptions: the bytes that are signed, and whether a response is signed."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from ccm_core.approvals.proof import SignedStatement, proof_problem
from ccm_core.approvals.statement import MAX_BYTES
from ccm_core.model.audit.exception_response import ExceptionResponse
from ccm_core.model.evaluation.waiver import Approval, ApprovalMethod
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject, decode, encode
from ccm_core.sdk.timestamps import format_instant, parse_instant

NAMESPACE = "ccm-response@ccm-core"
"""What a signature is for: one that approves a risk acceptance is no response."""
FORMAT = "ccm-response/v1"


class SignatureState(StrEnum):
    """Whether a response is signed."""

    VALID = "valid"
    INVALID = "invalid"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureStanding:
    """Whether a response is signed, and why its signature does not count."""

    state: SignatureState
    problem: str = ""


def response_statement(response: ExceptionResponse, signature: Approval) -> bytes:
    """Return what is signed: JSON with sorted keys, UTF-8, no white space, and no line feed."""
    name, window = response.exception, response.window
    return encode(
        {
            "format": FORMAT,
            "exception": {
                "id": name.id,
                "rule": name.rule,
                "connection": name.connection,
                "kind": name.kind,
                "key": name.key,
            },
            "period": {
                "since": format_instant(window.since),
                "until": format_instant(window.until),
            },
            "number": response.number,
            "response": response.text,
            "signature": {
                "by": signature.by,
                "at": format_instant(signature.at),
                "method": signature.method.value,
            },
        }
    )


def signature_standing(response: ExceptionResponse) -> SignatureStanding:
    """Return whether a response is signed by whom it names, from what it holds itself alone."""
    signature = response.signature
    if signature is None:
        return SignatureStanding(state=SignatureState.UNSIGNED)
    if signature.by != response.by or response.authority.approver != response.by:
        problem: str | None = f"it is of {response.by}, and {signature.by} signed it"
    else:
        statement = SignedStatement(
            content=response_statement(response, signature), namespace=NAMESPACE, verb="signed"
        )
        problem = proof_problem(statement, signature, response.authority)
    if problem is None:
        return SignatureStanding(state=SignatureState.VALID)
    return SignatureStanding(state=SignatureState.INVALID, problem=problem)


def with_statement(response: ExceptionResponse, statement: bytes) -> ExceptionResponse:
    """Return a response as it was printed to be signed, without a proof.

    Args:
        response: What would be stored now.
        statement: What was printed and signed.

    Raises:
        ValueError: It is no such statement, or is about something else than the response.
    """
    stated, signature = _stated(statement)
    signed = replace(response, text=str(stated["response"]), signature=signature)
    expected = decode(response_statement(signed, signature))
    differences = [
        f"{key}: expected {_named(expected[key])}, got {_named(stated.get(key))}"
        for key in sorted(expected)
        if stated.get(key) != expected[key]
    ]
    if differences:
        raise ValueError(f"it is about something else than this ({'; '.join(differences)})")
    return signed


def _named(value: object) -> str:
    """Return the id of an exception, and other values as they are."""
    return str(value.get("id", value) if isinstance(value, dict) else value)


def _stated(statement: bytes) -> tuple[JsonObject, Approval]:
    if len(statement) > MAX_BYTES:
        raise ValueError(f"it has {len(statement):,} bytes; expected what --print writes")
    try:
        document = decode(statement)
        stated = document["signature"]
        is_ours = document["format"] == FORMAT and isinstance(document["response"], str)
        signature = Approval(
            by=str(stated["by"]),
            at=parse_instant(stated["at"]),
            method=ApprovalMethod(stated["method"]),
            proof="",
        )
    except (ValueError, KeyError, TypeError):
        raise ValueError("it is not what --print writes") from None
    if not is_ours:
        raise ValueError("it is not what --print writes")
    return document, signature
