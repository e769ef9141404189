"""Ask to accept risks: entries of the waivers file, which count once they are approved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from ccm_core.app.acceptances.extent import (
    Overlap,
    covers_now,
    overlaps,
    refuse_too_much,
    refuse_unconfirmed,
)
from ccm_core.app.acceptances.request import (
    AcceptanceRequest,
    AcceptanceScope,
    CheckedRequest,
    checked_request,
)
from ccm_core.app.acceptances.waivers_file import WaiversFile, name_in_settings
from ccm_core.app.workspace import Workspace
from ccm_core.errors import UsageError
from ccm_core.findings.acceptance_cover import AcceptanceCover
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.finding import Finding
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import encode, plain
from ccm_core.pipeline.findings.act import acting_moment, acting_person
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAcceptance:
    """An entry of the waivers file, and what it covers now."""

    waiver: Waiver
    cover: AcceptanceCover
    overlaps: tuple[Overlap, ...] = ()
    """The older ones that cover some of the same findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptResult:
    """What was written."""

    path: str
    note: str
    """What was done to the settings, where they named no file."""
    asked: tuple[AskedAcceptance, ...]
    """One entry for each connection and set of checks."""
    warning: str
    """How much they cover, where that had to be confirmed; empty: little."""


def accept(workspace: Workspace, request: AcceptanceRequest) -> AcceptResult:
    """Write an acceptance of findings to the waivers file, and that it was asked for to the ledger.

    Raises:
        UsageError: There is something wrong with it, it covers much and that is not confirmed, or
            somebody did something else meanwhile; nothing was written then.
    """
    with workspace.write_store(create=False) as store:
        return accept_in_store(workspace, store, request)


def accept_in_store(
    workspace: Workspace, store: EvidenceStore, request: AcceptanceRequest
) -> AcceptResult:
    """Do the same with a store that is open for writing.

    Raises:
        UsageError: As :func:`accept`.
    """
    reader = FindingReader(store=store, policy=workspace.finding_policy, now=workspace.host.clock())
    findings = [reader.find(name) for name in dict.fromkeys(request.findings)]
    findings = list({finding.id: finding for finding in findings}.values())
    revisions = _revisions(store, findings)
    checked = checked_request(request, findings, workspace.settings.people, reader.now)
    by = acting_person(request.by, reader.policy)
    waivers = _waivers(request, checked, findings, reader.now)
    covers = covers_now(reader, waivers)
    refuse_too_much(covers)
    warning = refuse_unconfirmed(covers, is_confirmed=request.many)
    with store.lock_evaluating():
        # Later than an evaluation that has not read the entry: the request is news to it.
        at = acting_moment(store, workspace.host.clock())
        file = WaiversFile.of(workspace)
        _refuse_used_names(file, waivers)
        asked = _asked(reader, file, waivers, covers)
        for waiver in waivers:
            for finding in _findings_of(waiver, findings):
                act = FindingAct(
                    finding=finding.id,
                    kind=ActKind.ACCEPTANCE_ASKED,
                    at=at,
                    by=by,
                    text=waiver.reason,
                    waiver=waiver.id,
                    until=waiver.expires,
                )
                store.findings.append_act(act, revision=revisions[finding.id])
            WaiversFile.of(workspace).add(waiver)
        note = name_in_settings(workspace, file.path)
    return AcceptResult(path=str(file.path), note=note, asked=asked, warning=warning)


def _asked(
    reader: FindingReader,
    file: WaiversFile,
    waivers: Sequence[Waiver],
    covers: Sequence[AcceptanceCover],
) -> tuple[AskedAcceptance, ...]:
    current = [waiver for waiver in file.waivers if waiver.expires > reader.now]
    older = list(zip(current, covers_now(reader, current), strict=True))
    return tuple(
        AskedAcceptance(
            waiver=waiver, cover=cover, overlaps=tuple(overlaps(cover, older, reader.now))
        )
        for waiver, cover in zip(waivers, covers, strict=True)
    )


def _revisions(store: EvidenceStore, findings: Sequence[Finding]) -> Mapping[str, int]:
    acts = store.findings.acts([finding.id for finding in findings])
    return {finding.id: len(acts.get(finding.id, ())) for finding in findings}


def _waivers(
    request: AcceptanceRequest, checked: CheckedRequest, findings: Sequence[Finding], now: datetime
) -> Sequence[Waiver]:
    """Return one waiver for the findings of a connection that have the same failing checks.

    So it covers those checks of those findings, and no others of theirs.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.connection, _failing_rules(finding)].append(finding)
    if request.name and len(groups) > 1:
        raise UsageError(
            f"--id {request.name}: these findings need {len(groups)} acceptances, since their "
            "failing checks or connections differ; accept them one after the other"
        )
    return [
        _waiver(request, checked, connection, rules, some, now)
        for (connection, rules), some in groups.items()
    ]


def _waiver(
    request: AcceptanceRequest,
    checked: CheckedRequest,
    connection: str,
    rules: tuple[str, ...],
    findings: Sequence[Finding],
    now: datetime,
) -> Waiver:
    created = now.replace(microsecond=0)
    keys = tuple(dict.fromkeys(finding.subject.key for finding in findings))
    is_named = all(key and "*" not in key for key in keys)
    ids = tuple(finding.id for finding in findings)
    return Waiver(
        id=request.name or _name(request, ids, now),
        rules=rules,
        findings=ids if request.scope is AcceptanceScope.FINDING else (),
        subjects=keys if is_named and request.scope is not AcceptanceScope.RULE else (),
        connections=(connection,) if connection else (),
        reason=request.reason,
        owner=checked.owner.id,
        approver=checked.approver.id,
        created=created,
        expires=checked.expires,
    )


def _name(request: AcceptanceRequest, ids: Sequence[str], now: datetime) -> str:
    """Return an id that nobody used before: that of an acceptance which was withdrawn, neither."""
    content = encode([plain(request), list(ids), now.isoformat()])
    return f"RA-{now:%Y%m%d}-{digest(content)[-4:]}"


def _failing_rules(finding: Finding) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(check.rule for check in finding.checks if check.status is Status.FAIL)
    )


def _findings_of(waiver: Waiver, findings: Sequence[Finding]) -> Sequence[Finding]:
    return [
        finding
        for finding in findings
        if _failing_rules(finding) == waiver.rules
        and finding.connection in (waiver.connections or ("",))
    ]


def _refuse_used_names(file: WaiversFile, waivers: Sequence[Waiver]) -> None:
    used = {waiver.id for waiver in file.waivers}
    for waiver in waivers:
        if waiver.id in used:
            raise UsageError(f"{file.path} has a risk acceptance {waiver.id} already; name another")
