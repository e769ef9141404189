"""Attach manual evidence, replace it and withdraw it: nothing that was attached is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.app.audit.evidence_file import ReadFile, read_evidence_file
from ccm_core.app.audit.evidence_request import (
    CheckedEvidence,
    EvidenceRequest,
    checked_evidence,
    wrong_text,
)
from ccm_core.app.audit.named_evidence import evidence_named
from ccm_core.app.frameworks.catalogues import known_requirements
from ccm_core.app.workspace import Workspace
from ccm_core.errors import UsageError
from ccm_core.model.audit.manual_evidence import (
    ManualEvidence,
    ManualEvidenceAct,
    ManualEvidenceActKind,
    ManualEvidenceState,
    ManualEvidenceStatement,
)
from ccm_core.model.digest import digest
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.findings.act import acting_moment, acting_person
from ccm_core.sdk.timestamps import format_instant

_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedEvidence:
    """What was attached."""

    act: ManualEvidenceAct
    statement: ManualEvidenceStatement
    expired: bool
    """Whether it has expired already, and so does not count."""
    same_file: tuple[str, ...]
    """Ids of the other pieces that are the same file."""


def attach_evidence(workspace: Workspace, request: EvidenceRequest) -> AttachedEvidence:
    """Hash a file into the ledger, with what somebody states about it.

    Raises:
        UsageError: Something is wrong with the file or with what is stated, or the same file is
            attached to one of the controls for this period already.
    """
    checked, read = _checked(workspace, request)
    return _attach(workspace, request, checked, read, replaces=None)


def replace_evidence(workspace: Workspace, name: str, request: EvidenceRequest) -> AttachedEvidence:
    """Attach a file in place of another, which is kept; what is not stated stays as it was.

    Args:
        workspace: The settings, and where the store is.
        name: The id of the piece that is replaced, or the beginning of it.
        request: What is stated; an empty field is taken from that piece.

    Raises:
        UsageError: As for :func:`attach_evidence`; or there is no such piece, or it was replaced
            or withdrawn already.
    """
    with workspace.read_store() as store:
        before = evidence_named(store, name)
    statement = before.statement
    request = replace(
        request,
        controls=request.controls or statement.controls,
        period=request.period or statement.period,
        expires=request.expires or format_instant(statement.expires),
        title=request.title or statement.title,
    )
    checked, read = _checked(workspace, request)
    stated = (statement.file.digest, statement.controls, statement.window, statement.expires)
    if stated == (read.file.digest, checked.controls, checked.period.window, checked.expires):
        raise UsageError(
            f"{request.file} is the very file of {before.id}, and nothing else is stated about it; "
            "expected another file, or --control, --period or --expires"
        )
    return _attach(workspace, request, checked, read, replaces=before)


def withdraw_evidence(
    workspace: Workspace, name: str, reason: str, by: str | None
) -> ManualEvidenceAct:
    """State that a piece of manual evidence does not count any more; it is kept.

    Raises:
        UsageError: There is no such piece, it was ended already, or no reason is stated.
    """
    if mistakes := list(wrong_text("--reason", reason, needs="why it is withdrawn")):
        raise UsageError("\n".join(mistakes))
    person = acting_person(by, workspace.finding_policy)
    with workspace.write_store(create=False) as store:
        act = ManualEvidenceAct(
            evidence=evidence_named(store, name).id,
            number=2,
            kind=ManualEvidenceActKind.WITHDRAWN,
            at=acting_moment(store, workspace.host.clock()),
            by=person,
            reason=reason,
        )
        store.audit_acts.withdraw(act)
    return act


def _checked(workspace: Workspace, request: EvidenceRequest) -> tuple[CheckedEvidence, ReadFile]:
    """Check everything that can be told without the store; every mistake is listed."""
    mistakes, checked, read = list[str](), None, None
    try:
        acting_person(request.by, workspace.finding_policy)
    except UsageError as error:
        mistakes.append(f"--as: {error}")
    catalogues = known_requirements(workspace)
    try:
        checked = checked_evidence(request, catalogues, workspace.host.clock())
    except UsageError as error:
        mistakes.append(str(error))
    try:
        read = read_evidence_file(request.file, digest_only=request.digest_only)
    except UsageError as error:
        mistakes.append(str(error))
    if mistakes or checked is None or read is None:
        raise UsageError("\n".join(mistakes))
    return checked, read


def _attach(
    workspace: Workspace,
    request: EvidenceRequest,
    checked: CheckedEvidence,
    read: ReadFile,
    *,
    replaces: ManualEvidence | None,
) -> AttachedEvidence:
    statement = ManualEvidenceStatement(
        title=request.title or read.file.name,
        file=read.file,
        controls=checked.controls,
        period=checked.period.text,
        window=checked.period.window,
        expires=checked.expires,
        comment=request.comment,
        replaces=replaces.id if replaces else "",
    )
    with workspace.write_store(create=False) as store:
        at = acting_moment(store, workspace.host.clock())
        pieces = store.audit_acts.manual_evidence()
        same = [piece for piece in pieces if piece.statement.file.digest == read.file.digest]
        if replaces is None or replaces.ended is None:
            _refuse_repeated(statement, same, at)
        act = ManualEvidenceAct(
            evidence=_new_id(statement, at),
            number=1,
            kind=ManualEvidenceActKind.ATTACHED,
            at=at,
            by=acting_person(request.by, workspace.finding_policy),
            statement=statement,
        )
        store.audit_acts.attach(act, read.content)
    return AttachedEvidence(
        act=act,
        statement=statement,
        expired=statement.expires <= at,
        same_file=tuple(piece.id for piece in same if piece.id != statement.replaces),
    )


def _refuse_repeated(
    statement: ManualEvidenceStatement, same: Sequence[ManualEvidence], at: datetime
) -> None:
    for piece in same:
        controls = set(piece.statement.controls) & set(statement.controls)
        is_repeated = controls and piece.statement.window == statement.window
        is_current = piece.state_at(at) is ManualEvidenceState.CURRENT
        if is_repeated and is_current and piece.id != statement.replaces:
            raise UsageError(
                f"this file is attached already as {piece.id} to {', '.join(sorted(controls))} "
                f"for {piece.statement.period}, by {piece.by}; `ccm evidence replace {piece.id}` "
                "states something else about it"
            )


def _new_id(statement: ManualEvidenceStatement, at: datetime) -> str:
    letters = digest(encode([statement, at])).removeprefix("sha256:")[:_DIGITS]
    return f"ME-{at:%Y%m%d}-{letters}"
