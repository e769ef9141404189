"""OCSF 1.8.0 Compliance Findings (class 2003), one event on each line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.work_item import WorkState
from ccm_core.report.content import phrases, uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.json_stream import blocks
from ccm_core.report.content.result_findings import result_findings
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.model.evaluation.result import Result, RuleResult
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.report.content.result_findings import ResultFinding

VERSION = "1.8.0"

_SEVERITIES = {
    Severity.INFORMATIONAL: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
_COMPLIANCE = {
    Status.PASS: (1, "Pass"),
    Status.FAIL: (3, "Fail"),
    # Nothing is known: neither a pass nor a warning.
    Status.INSUFFICIENT: (0, "Unknown"),
    Status.ERROR: (99, "Error"),
    Status.NOT_APPLICABLE: (99, "Not applicable"),
}


_IN_PROGRESS = {WorkState.ACKNOWLEDGED, WorkState.ACCEPTANCE_ASKED}


class OcsfReport(ReportFormat):
    """Every result of every rule, for a SIEM or a data lake."""

    name = "ocsf"
    extension = "ocsf.jsonl"
    figures = False
    complete = True

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield one JSON document on each line, with sorted keys; empty without results."""
        milliseconds = int(inputs.evaluation.evaluated_at.timestamp() * 1000)
        findings = result_findings(inputs)
        yield from blocks(
            json_codec.encode(_event(result, rule, inputs, milliseconds, findings.of(result)))
            + b"\n"
            for rule in inputs.evaluation.rules
            for result in rule.results
        )


def _event(
    result: Result,
    rule: RuleResult,
    inputs: ReportInput,
    at: int,
    finding: ResultFinding | None,
) -> JsonObject:
    severity_id, severity = _SEVERITIES[rule.severity]
    return (
        {
            "activity_id": 1,
            "activity_name": "Create",
            "category_uid": 2,
            "category_name": "Findings",
            "class_uid": 2003,
            "class_name": "Compliance Finding",
            "type_uid": 200301,
            "type_name": "Compliance Finding: Create",
            "time": at,
            "severity_id": severity_id,
            "severity": severity,
            "message": f"{plain(result.subject.title)}: {plain(result.reason)}",
            "metadata": {
                "version": VERSION,
                "product": {"name": "ccm", "vendor_name": "ccm", "version": inputs.host_version},
                "uid": uuids.uuid("ocsf", str(at), uuids.of_result(result)),
            },
            "finding_info": _finding(result, rule, at, finding),
            "compliance": _compliance(result, rule),
            "resources": [_resource(result)],
            "unmapped": _unmapped(result, rule, finding) | _scope(inputs),
        }
        | _state(result, finding)
        | _remediation(rule)
    )


def _finding(
    result: Result, rule: RuleResult, at: int, of_result: ResultFinding | None
) -> JsonObject:
    """Return the finding: what fails has the id of its own, other results are each for itself."""
    is_own = of_result is not None and not of_result.in_share
    finding: JsonObject = {
        "uid": of_result.id if of_result and is_own else uuids.of_result(result),
        "title": plain(rule.title),
        "desc": plain(rule.risk or "") or plain(rule.title),
        "created_time": at,
        "analytic": {"uid": rule.rule, "name": plain(rule.title), "type_id": 1, "type": "Rule"},
    }
    if of_result and is_own and of_result.item is not None:
        tracked = of_result.item.finding
        finding["first_seen_time"] = int(tracked.first_seen.timestamp() * 1000)
        finding["last_seen_time"] = int(tracked.last_seen.timestamp() * 1000)
    link = phrases.uri(result.subject.url)
    return finding | ({"src_url": link} if link else {})


def _compliance(result: Result, rule: RuleResult) -> JsonObject:
    status_id, status = _COMPLIANCE[result.status]
    controls = [f"{plain(control.framework)} {plain(control.id)}" for control in rule.controls]
    return {
        "control": rule.rule,
        "status_id": status_id,
        "status": status,
        "status_code": result.status.value,
        "status_details": [plain(result.reason)],
        "standards": sorted({plain(control.framework) for control in rule.controls}),
        "requirements": controls,
    }


def _state(result: Result, finding: ResultFinding | None) -> JsonObject:
    """Return the state of a finding: new, worked on, or suppressed by a waiver."""
    if result.status is Status.FAIL and result.waiver:
        return {"status_id": 3, "status": "Suppressed", "comment": f"Waiver {plain(result.waiver)}"}
    if result.status in (Status.PASS, Status.NOT_APPLICABLE):
        return {}
    item = finding.item if finding and not finding.in_share else None
    if item is not None and item.state in _IN_PROGRESS:
        return {"status_id": 2, "status": "In Progress"}
    return {"status_id": 1, "status": "New"}


def _resource(result: Result) -> JsonObject:
    subject = result.subject
    resource = {
        "uid": subject.key,
        "name": plain(subject.title),
        "type": subject.kind,
        "namespace": result.connection,
    }
    # The attribute ``owner`` is one user with an account; a team is neither.
    owners = {"name": "owner", "values": list(map(plain, subject.owners))}
    return resource | ({"tags": [owners]} if subject.owners else {})


def _unmapped(result: Result, rule: RuleResult, finding: ResultFinding | None) -> JsonObject:
    item = finding.item if finding and not finding.in_share else None
    work: JsonObject = {}
    if item is not None:
        work = {
            "state": item.state.value,
            "owners": list(map(plain, item.owner.names)),
            "finding_due_at": format_instant(item.due_at) if item.due_at else None,
            "overdue": item.is_overdue,
            "accepted_until": format_instant(item.accepted_until) if item.accepted_until else None,
            "tickets": [ticket.url for ticket in item.tickets],
        }
    return work | {
        "result": uuids.of_result(result),
        "finding": (finding.id or None) if finding else None,
        "counts_in_share": bool(finding and finding.in_share),
        "share_status": finding.share.value if finding and finding.share else None,
        "pack": rule.pack,
        "status": result.status.value,
        "waiver": result.waiver,
        "due_at": format_instant(result.due_at) if result.due_at else None,
        "evidence_digests": list(result.evidence_digests),
    }


def _scope(inputs: ReportInput) -> JsonObject:
    """Return which part of the evaluation is exported, where it is a part."""
    return {"scope": list(map(plain, inputs.scope))} if inputs.scope else {}


def _remediation(rule: RuleResult) -> JsonObject:
    link = phrases.uri(rule.remediation_url)
    if not rule.remediation and not link:
        return {}
    remediation = {"desc": plain(rule.remediation or "") or "See the reference."}
    return {"remediation": remediation | ({"references": [link]} if link else {})}
