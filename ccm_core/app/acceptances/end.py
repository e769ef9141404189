"""Refuse what was asked for, withdraw what was approved: the entry goes, the ledger keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from ccm_core.app.acceptances.extent import covers_now
from ccm_core.app.acceptances.named import acceptance_named, findings_of
from ccm_core.app.acceptances.waivers_file import WaiversFile
from ccm_core.app.workspace import Workspace
from ccm_core.approvals.standing import approval_problem
from ccm_core.errors import UsageError
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.statement_text import has_words
from ccm_core.pipeline.findings.act import acting_moment, acting_person
from ccm_core.pipeline.findings.work_items import FindingReader


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedAcceptance:
    """An acceptance that does not count any more."""

    waiver: str
    findings: Sequence[str]
    by: str
    path: str


def end_acceptance(
    workspace: Workspace, name: str, kind: ActKind, reason: str, by: str | None
) -> EndedAcceptance:
    """Remove an acceptance from the waivers file, and record who did it and why.

    Args:
        workspace: The settings.
        name: The id of the acceptance, or of a finding that it was asked for.
        kind: Refused, of what nobody approved; or withdrawn.
        reason: Why, in words.
        by: The id of a person; None: whoever is logged in.

    Raises:
        UsageError: There is none, it is approved and was to be refused, no reason is stated, or
            somebody did something else meanwhile.
    """
    if not has_words(reason):
        raise UsageError(f"--reason {reason!r}: expected why, in words; its owner reads it")
    with workspace.write_store(create=False) as store:
        reader = FindingReader(
            store=store, policy=workspace.finding_policy, now=workspace.host.clock()
        )
        actor = acting_person(by, reader.policy)
        waiver = acceptance_named(workspace, store, name)
        is_approved = waiver.approval is not None and approval_problem(waiver, reader.now) is None
        if kind is ActKind.ACCEPTANCE_REFUSED and is_approved:
            raise UsageError(
                f"{waiver.id} is approved already; `ccm findings withdraw {waiver.id}` ends it"
            )
        (cover,) = covers_now(reader, [waiver])
        findings = findings_of(store, waiver, cover)
        acts = store.findings.acts(findings)
        with store.lock_evaluating():
            at = acting_moment(store, workspace.host.clock())
            file = WaiversFile.of(workspace)
            if file.waivers[file.index(waiver.id)] != waiver:
                raise UsageError(f"{waiver.id} was changed in the meantime; look at it again")
            for finding in findings:
                act = FindingAct(
                    finding=finding,
                    kind=kind,
                    at=at,
                    by=actor,
                    text=reason,
                    waiver=waiver.id,
                )
                store.findings.append_act(act, revision=len(acts.get(finding, ())))
            file.remove(waiver.id)
    return EndedAcceptance(waiver=waiver.id, findings=findings, by=actor, path=str(file.path))
