"""Find the risk acceptance that somebody names, by its id or by a finding that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from ccm_core.app.acceptances.extent import covers_now
from ccm_core.app.acceptances.waivers_file import WaiversFile
from ccm_core.app.workspace import Workspace
from ccm_core.approvals.standing import approval_problem
from ccm_core.errors import UsageError
from ccm_core.findings.acceptance_cover import AcceptanceCover
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.finding import Finding
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.store.interface.evidence_store import EvidenceStore


def acceptance_named(workspace: Workspace, store: EvidenceStore, name: str) -> Waiver:
    """Return the acceptance of an id, or the one that is about a finding.

    Raises:
        UsageError: There is none, or there are several for the finding: all are named.
    """
    file = WaiversFile.of(workspace)
    for waiver in file.waivers:
        if waiver.id == name:
            return waiver
    _refuse_gone(store, name, file)
    reader = FindingReader(store=store, policy=workspace.finding_policy, now=workspace.host.clock())
    finding = _finding(reader, name, file)
    acts = store.findings.acts([finding.id]).get(finding.id, ())
    asked = {act.waiver: act for act in acts if act.kind is ActKind.ACCEPTANCE_ASKED}
    about = _about(reader, finding, file, asked.keys())
    if len(about) == 1:
        return about[0]
    if about:
        ids = ", ".join(f"{waiver.id} ({_state(waiver, reader)})" for waiver in about)
        raise UsageError(
            f"several risk acceptances are about finding {finding.id}: {ids}; name one of them"
        )
    if asked:
        raise _gone(list(asked.values())[-1], file)
    raise UsageError(
        f"no risk acceptance was asked for finding {finding.id}; `ccm findings accept` does"
    )


def findings_of(store: EvidenceStore, waiver: Waiver, cover: AcceptanceCover) -> Sequence[str]:
    """Return the findings that an acceptance is about: those it was asked for, or covers now."""
    if waiver.findings:
        return sorted(finding.id for finding in store.findings.by_id(waiver.findings))
    asked = [
        name
        for name, acts in store.findings.acts().items()
        if any(act.waiver == waiver.id for act in acts)
    ]
    return sorted(asked) or sorted(finding.id for finding in (*cover.whole, *cover.part))


def _about(
    reader: FindingReader, finding: Finding, file: WaiversFile, asked: AbstractSet[str]
) -> Sequence[Waiver]:
    """Return the acceptances that were asked for a finding, name it or cover it now.

    Those that have ended are left out where others have not.
    """
    covers = covers_now(reader, file.waivers)
    about = [
        waiver
        for waiver, cover in zip(file.waivers, covers, strict=True)
        if waiver.id in asked
        or finding.id in waiver.findings
        or finding.id in {other.id for other in (*cover.whole, *cover.part)}
    ]
    return [waiver for waiver in about if waiver.expires > reader.now] or about


def _state(waiver: Waiver, reader: FindingReader) -> str:
    if waiver.expires <= reader.now:
        return "ended"
    return "not approved" if approval_problem(waiver, reader.now) else "approved"


def _refuse_gone(store: EvidenceStore, name: str, file: WaiversFile) -> None:
    """Refuse the id of an acceptance that was asked for and has no entry any more."""
    acts = (act for some in store.findings.acts().values() for act in some)
    for act in acts:
        if act.kind is ActKind.ACCEPTANCE_ASKED and act.waiver == name:
            raise _gone(act, file)


def _gone(act: FindingAct, file: WaiversFile) -> UsageError:
    return UsageError(
        f"{act.waiver} was asked for, and its entry is not in {file.path} any more: it does not "
        "count once an evaluation has seen that; `ccm findings accept` asks anew"
    )


def _finding(reader: FindingReader, name: str, file: WaiversFile) -> Finding:
    try:
        return reader.find(name)
    except UsageError as error:
        ids = ", ".join(waiver.id for waiver in file.waivers) or "none"
        raise UsageError(f"{error}; risk acceptances in {file.path}: {ids}") from error
