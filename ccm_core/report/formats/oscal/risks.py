"""Findings as OSCAL risks: what became of each, by when it is due, and who accepted it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.model.finding.work_item import WorkState
from ccm_core.report.content import uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.result_findings import by_finding
from ccm_core.report.formats.oscal.tokens import line, props
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccm_core.model.finding.work_item import WorkItem
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.report.content.result_findings import FindingResults, ResultFindings
    from ccm_core.report.formats.oscal.tokens import Ids
    from ccm_core.report.types import ReportInput

_FAILING = frozenset({Status.FAIL})
_STATUSES = MappingProxyType(
    {
        WorkState.ACKNOWLEDGED: "investigating",
        WorkState.ACCEPTANCE_ASKED: "deviation-requested",
        WorkState.ACCEPTED: "deviation-approved",
    }
)
"""What is none of these is open."""


def risks(inputs: ReportInput, findings: ResultFindings, ids: Ids) -> Iterator[JsonObject]:
    """Yield a risk for each finding that fails; its id is the finding's in every document."""
    for group in by_finding(inputs, findings, _FAILING):
        if group.finding is not None:
            yield _risk(group, group.finding.id, group.finding.item, ids)


def risks_by_rule(inputs: ReportInput, findings: ResultFindings) -> Mapping[str, list[str]]:
    """Return the ids of the risks of each rule."""
    by_rule: dict[str, dict[str, None]] = {}
    for group in by_finding(inputs, findings, _FAILING):
        for _, rule, _ in group.checks:
            if group.finding is not None:
                by_rule.setdefault(rule.rule, {})[uuids.of_finding(group.finding.id)] = None
    return {rule: [*names] for rule, names in by_rule.items()}


def _risk(group: FindingResults, name: str, item: WorkItem | None, ids: Ids) -> JsonObject:
    _, rule, _ = group.checks[0]
    content: JsonObject = {
        "uuid": uuids.of_finding(name),
        "title": line(rule.title),
        "description": line("; ".join(dict.fromkeys(_reasons(group)))),
        "statement": plain(rule.risk or "") or "The pack states no risk.",
        "status": _status(group, item),
        "props": props(_facts(group, name, item)),
        "related-observations": [
            {"observation-uuid": ids.result(result)} for result in group.failing
        ],
    }
    if item is not None and item.due_at is not None:
        content["deadline"] = format_instant(item.due_at)
    if rule.remediation:
        content["remediations"] = [
            {
                "uuid": uuids.uuid("remediation", name),
                "lifecycle": "recommendation",
                "title": "Remediation",
                "description": plain(rule.remediation),
            }
        ]
    return content


def _reasons(group: FindingResults) -> Iterator[str]:
    return (f"{plain(result.subject.title)}: {plain(result.reason)}" for result in group.failing)


def _status(group: FindingResults, item: WorkItem | None) -> str:
    if group.is_accepted:
        return "deviation-approved"
    return "open" if item is None else _STATUSES.get(item.state, "open")


def _facts(group: FindingResults, name: str, item: WorkItem | None) -> dict[str, str | None]:
    _, rule, _ = group.checks[0]
    waivers = sorted({result.waiver for result in group.failing if result.waiver})
    facts: dict[str, str | None] = {
        "finding": name,
        "rule": rule.rule,
        "pack": rule.pack,
        "severity": rule.severity.value,
        "waivers": ", ".join(waivers) if waivers else None,
    }
    if item is None:
        return facts
    return facts | {
        "state": item.state.value,
        "owner": ", ".join(item.owner.names) or None,
        "first-seen": format_instant(item.finding.first_seen),
        "accepted-until": format_instant(item.accepted_until) if item.accepted_until else None,
        "tickets": ", ".join(ticket.url for ticket in item.tickets) or None,
    }
