"""Approve risk acceptances: sign the entry, verify the signature, write both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ccm_core.app.acceptances.extent import covers_now
from ccm_core.app.acceptances.named import acceptance_named, findings_of
from ccm_core.app.acceptances.waivers_file import WaiversFile
from ccm_core.app.workspace import Workspace
from ccm_core.approvals.people import find_person
from ccm_core.approvals.standing import approval_problem
from ccm_core.approvals.statement import (
    MAX_BYTES,
    approval_statement,
    stated_approval,
    waiver_entry,
)
from ccm_core.errors import UsageError
from ccm_core.findings.acceptance_cover import AcceptanceCover
from ccm_core.model.evaluation.waiver import Approval, ApprovalMethod, Waiver
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.policy import Person
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.findings.act import acting_moment
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingApproval:
    """An acceptance that somebody is about to approve."""

    waiver: Waiver
    approval: Approval
    """Without its proof."""
    approver: Person
    cover: AcceptanceCover
    revisions: Mapping[str, int]
    """How many acts there are of each finding that it is about."""

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return approval_statement(self.waiver, self.approval)


def pending_approval(
    workspace: Workspace,
    store: EvidenceStore,
    name: str,
    stated: Approval | None = None,
    method: ApprovalMethod = ApprovalMethod.SSH,
) -> PendingApproval:
    """Return the acceptance to be approved, by its id or by a finding that it was asked for.

    Args:
        workspace: The settings.
        store: Where findings are.
        name: The id of an acceptance or of a finding, or the beginning of a finding's.
        stated: Who approves when and how, as it was printed before; None: the approver, now.
        method: How, where nothing was printed.

    Raises:
        UsageError: There is none, it counts already, it has ended, or nobody could approve it.
    """
    reader = _reader(workspace, store)
    waiver = acceptance_named(workspace, store, name)
    people = workspace.settings.people
    approver = find_person(people, waiver.approver)
    if approver is None:
        raise UsageError(
            f"{waiver.id} names {waiver.approver} as its approver, who is not in `people` of the "
            "settings; add them there, or accept the risk anew with another approver"
        )
    at = reader.now.replace(microsecond=0)
    approval = stated or Approval(by=approver.id, at=at, method=method, proof="")
    _refuse(waiver, approver, reader.now)
    (cover,) = covers_now(reader, [waiver])
    findings = findings_of(store, waiver, cover)
    acts = store.findings.acts(findings)
    return PendingApproval(
        waiver=waiver,
        approval=approval,
        approver=approver,
        cover=cover,
        revisions={finding: len(acts.get(finding, ())) for finding in findings},
    )


def read_statement(workspace: Workspace, name: str, path: Path) -> tuple[str, Approval]:
    """Return the acceptance and the approval that a printed statement is about.

    Raises:
        UsageError: It is none, or the acceptance was changed since it was printed.
    """
    try:
        with path.open("rb") as file:
            entry, approval = stated_approval(file.read(MAX_BYTES + 1))
    except OSError as cause:
        raise UsageError(
            f"{path} cannot be read: {cause.strerror}; expected what `ccm findings approve {name} "
            "--print` printed and was signed (--statement FILE)"
        ) from cause
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error
    file_now = WaiversFile.of(workspace)
    waiver = file_now.waivers[file_now.index(str(entry.get("id")))]
    current = waiver_entry(waiver)
    changed = [key for key in {**entry, **current} if entry.get(key) != current.get(key)]
    if changed:
        raise UsageError(
            f"{waiver.id} was changed since this was printed ({', '.join(changed)}): what was "
            "signed is not what stands there now; print and sign it again"
        )
    return waiver.id, approval


def approve(
    workspace: Workspace, store: EvidenceStore, pending: PendingApproval, proof: str
) -> Sequence[str]:
    """Write the approval of an acceptance, once its proof is verified; return the findings.

    Raises:
        UsageError: The proof does not count, the acceptance was changed meanwhile, or somebody
            did something else about its findings; nothing was written then.
    """
    reader = _reader(workspace, store)
    waiver, approval = pending.waiver, replace(pending.approval, proof=proof)
    problem = approval_problem(replace(waiver, approval=approval), reader.now)
    if problem is not None:
        raise UsageError(f"{waiver.id} is not approved: {problem}. Nothing was written")
    with store.lock_evaluating():
        at = acting_moment(store, workspace.host.clock())
        file = WaiversFile.of(workspace)
        if file.waivers[file.index(waiver.id)] != waiver:
            raise UsageError(
                f"{waiver.id} was changed while it was signed, and nothing was written: what was "
                "signed is not what stands there now; look at it and approve it again"
            )
        for name, revision in pending.revisions.items():
            act = FindingAct(
                finding=name,
                kind=ActKind.ACCEPTANCE_APPROVED,
                at=at,
                by=approval.by,
                waiver=waiver.id,
                until=waiver.expires,
            )
            store.findings.append_act(act, revision=revision)
        file.approve(waiver.id, approval)
    return list(pending.revisions)


def _reader(workspace: Workspace, store: EvidenceStore) -> FindingReader:
    return FindingReader(store=store, policy=workspace.finding_policy, now=workspace.host.clock())


def _refuse(waiver: Waiver, approver: Person, now: datetime) -> None:
    if waiver.approval is not None and approval_problem(waiver, now) is None:
        at = format_instant(waiver.approval.at)
        raise UsageError(f"{waiver.id} is approved already, by {waiver.approval.by} at {at}")
    if waiver.expires <= now:
        raise UsageError(f"{waiver.id} ended on {format_instant(waiver.expires)}; accept it anew")
    if waiver.authority.owner == approver.id:
        raise UsageError(f"{waiver.id}: {approver.id} owns it and may not approve it")
    if not waiver.authority.owner:
        raise UsageError(
            f"{waiver.id}: its owner {waiver.owner} is not in `people` of the settings: nobody "
            "would answer for it; add them there, or accept the risk anew"
        )
