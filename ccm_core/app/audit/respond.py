"""Management's responses to the exceptions of a period: found, signed, verified, stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ccm_core.app.audit.evidence_request import wrong_text
from ccm_core.app.rule_sets import authorities, compile_configured_packs
from ccm_core.app.workspace import Workspace
from ccm_core.approvals.people import find_person
from ccm_core.approvals.response import (
    SignatureState,
    response_statement,
    signature_standing,
    with_statement,
)
from ccm_core.approvals.statement import MAX_BYTES
from ccm_core.assurance.noted_exceptions import noted_exceptions
from ccm_core.documents import suggest
from ccm_core.errors import UsageError
from ccm_core.model.audit.exception_response import ExceptionResponse
from ccm_core.model.audit.noted_exception import NotedException, PeriodExceptions
from ccm_core.model.evaluation.waiver import Approval, ApprovalMethod
from ccm_core.model.finding.policy import Person
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.period import Period
from ccm_core.pipeline.assurance import assess_period
from ccm_core.pipeline.findings.act import acting_moment, acting_person
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface.evidence_store import EvidenceStore

_NO_PEOPLE = (
    "the settings have no `people`: list who may respond to exceptions, each with an id, a role "
    "and ssh_keys"
)
_NO_KEYS = (
    "has neither ssh_keys nor oidc in `people` of the settings: nothing could prove who responds; "
    "add a public key, or use --unsigned, which reports show"
)
_SHORTEST = 4
"""Characters of an id that name an exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRequest:
    """What somebody answers to which exception."""

    exception: str
    """Its id, or the beginning of it."""
    period: Period
    text: str
    by: str | None
    """The id, name or address of a person; None: whoever is logged in."""
    signs: bool
    """Whether it is to be signed."""
    method: ApprovalMethod = ApprovalMethod.SSH


def period_exceptions(
    workspace: Workspace,
    store: EvidenceStore,
    period: Period,
    controls: Sequence[tuple[str, str]] = (),
) -> PeriodExceptions:
    """Return the exceptions of a period, of some controls or of all, with the responses.

    Raises:
        UsageError: The period has not begun, or a control that no pack supports is named.
    """
    assurance = assess_period(
        workspace.host,
        workspace.connections(secrets=False),
        store,
        compile_configured_packs(workspace),
        period,
        controls,
    )
    return noted_exceptions(assurance, store.audit_acts.responses())


def exception_named(noted: PeriodExceptions, name: str) -> NotedException:
    """Return the exception of an id, or of the beginning of one.

    Raises:
        UsageError: There is none in this period, or there are several.
    """
    begins = name.casefold().removeprefix("ex-")
    found = [
        exception
        for exception in noted.exceptions
        if len(begins) >= _SHORTEST
        and exception.name.id.casefold().removeprefix("ex-").startswith(begins)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(exception.name.id for exception in found[:10])
        raise UsageError(f"{name!r} begins the ids of {len(found)} exceptions: {ids}")
    if not noted.exceptions:
        raise UsageError(f"no exceptions are noted in {noted.period}: there is nothing to answer")
    message = suggest("exception", name, [one.name.id for one in noted.exceptions])
    raise UsageError(
        f"{message}; `ccm exceptions list --period {noted.period}` lists those of the period"
    )


def pending_response(
    workspace: Workspace, store: EvidenceStore, request: ResponseRequest, stated: Path | None = None
) -> ExceptionResponse:
    """Return a response that is about to be signed: without its proof; where unsigned, as it is.

    Args:
        workspace: The settings.
        store: Where evaluations and responses are.
        request: What is answered.
        stated: The file of what was printed before, and signed elsewhere; None: it is signed now.

    Raises:
        UsageError: There is no such person or exception, the response says nothing, or nothing
            could prove who signs it.
    """
    person, mistakes = _person(workspace, request)
    if stated is None:
        mistakes += wrong_text("--response", request.text, needs="what management answers")
    if mistakes or person is None:
        raise UsageError("\n".join(mistakes))
    noted = period_exceptions(workspace, store, request.period)
    exception = exception_named(noted, request.exception)
    at = acting_moment(store, workspace.host.clock())
    response = ExceptionResponse(
        exception=exception.name,
        title=exception.title,
        period=request.period.text,
        window=request.period.window,
        number=len(exception.responses) + 1,
        text=request.text,
        by=person.id,
        name=person.name,
        role=person.role,
        at=at,
        signature=None,
        authority=authorities(workspace).of_person(person),
    )
    if stated is not None:
        return _as_stated(response, stated)
    if not request.signs:
        return response
    moment = workspace.host.clock().replace(microsecond=0)
    signature = Approval(by=person.id, at=moment, method=request.method, proof="")
    return replace(response, signature=signature)


def statement_of(response: ExceptionResponse) -> bytes:
    """Return what is signed of a response that is to be signed."""
    if response.signature is None:
        raise ValueError("this response is not to be signed")
    return response_statement(response, response.signature)


def respond(
    workspace: Workspace, response: ExceptionResponse, proof: str | None
) -> ExceptionResponse:
    """Store a response, once its signature is verified.

    Args:
        workspace: The settings.
        response: As :func:`pending_response` returned it.
        proof: The signature or the ID token; None: it is not signed.

    Raises:
        UsageError: The proof does not count, or somebody responded meanwhile; nothing was stored.
    """
    if response.signature is not None and proof is not None:
        response = replace(response, signature=replace(response.signature, proof=proof))
        standing = signature_standing(response)
        if standing.state is not SignatureState.VALID:
            raise UsageError(
                f"the response to {response.exception.id} is not signed: {standing.problem}. "
                "Nothing was stored"
            )
    with workspace.write_store(create=False) as store:
        now = workspace.host.clock()
        if response.signature is not None and response.signature.at > now:
            raise UsageError(
                f"it is signed as of {format_instant(response.signature.at)}, which is later than "
                "now: the clocks differ. Nothing was stored"
            )
        response = replace(response, at=acting_moment(store, now))
        store.audit_acts.respond(response)
    return response


def _person(workspace: Workspace, request: ResponseRequest) -> tuple[Person | None, list[str]]:
    people = workspace.settings.people
    if not people:
        return None, [_NO_PEOPLE]
    name = request.by if request.by is not None else acting_person(None, workspace.finding_policy)
    person = find_person(people, name)
    if person is None:
        return None, [f"--as: {suggest('person', name, sorted(people))}; see `people`"]
    if request.signs and not (person.ssh_keys or person.oidc):
        return person, [f"{person.id} {_NO_KEYS}"]
    return person, []


def _as_stated(response: ExceptionResponse, path: Path) -> ExceptionResponse:
    try:
        with path.open("rb") as file:
            return with_statement(response, file.read(MAX_BYTES + 1))
    except OSError as cause:
        raise UsageError(
            f"{path} cannot be read: {cause.strerror}; expected what `ccm exceptions respond "
            "--print` printed and was signed (--statement FILE)"
        ) from cause
    except ValueError as error:
        raise UsageError(f"{path}: {error}; print and sign it again") from error
