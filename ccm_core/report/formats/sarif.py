"""SARIF 2.1.0: failing and inconclusive results, for code hosts and dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ccm_core.model.evaluation.result import POPULATION, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.work_item import WorkState
from ccm_core.report.content import phrases, uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.json_stream import Fields, Rows, blocks, json_pieces
from ccm_core.report.content.result_findings import by_finding, result_findings
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.model.evaluation.result import KindSufficiency, Result, RuleResult
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.report.content.result_findings import FindingResults

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
INFORMATION = "https://pypi.org/project/ccm-core/"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFORMATIONAL: "note",
}
_REPORTED = frozenset({Status.FAIL, Status.INSUFFICIENT, Status.ERROR})


class SarifReport(ReportFormat):
    """One run with a result for each finding, so that its identity is the finding's.

    What fails is kind ``fail``; what is inconclusive is kind ``open`` (3.27.9).
    """

    name = "sarif"
    extension = "sarif"
    figures = False
    complete = True

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield one SARIF log with sorted keys, ended by a line feed."""
        yield from blocks(json_pieces(_log(inputs)))
        yield b"\n"


def _log(inputs: ReportInput) -> Fields:
    evaluation = inputs.evaluation
    run = {
        "tool": {"driver": _driver(inputs)},
        "automationDetails": {
            "id": "ccm/",
            "guid": uuids.uuid("sarif", uuids.of_evaluation(evaluation)),
        },
        "columnKind": "unicodeCodePoints",
        "invocations": Rows([_invocation(inputs)]),
        "results": Rows(map(_result, by_finding(inputs, result_findings(inputs), _REPORTED))),
    }
    return Fields({"$schema": SCHEMA, "version": "2.1.0", "runs": Rows([Fields(run)])})


def _driver(inputs: ReportInput) -> JsonObject:
    return {
        "name": "ccm",
        "version": inputs.host_version,
        "informationUri": INFORMATION,
        "rules": [_rule(rule) for rule in inputs.evaluation.rules],
    }


def _rule(rule: RuleResult) -> JsonObject:
    description = plain(rule.risk or "") or plain(rule.title) or rule.rule
    descriptor = {
        "id": rule.rule,
        "shortDescription": {"text": plain(rule.title) or rule.rule},
        "fullDescription": {"text": description},
        "help": {"text": plain(rule.remediation or "") or "The pack names no remediation."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "pack": rule.pack,
            "severity": rule.severity.value,
            "tags": sorted({f"{control.framework}:{control.id}" for control in rule.controls}),
        },
    }
    link = phrases.uri(rule.remediation_url)
    return descriptor | ({"helpUri": link} if link else {})


def _result(group: FindingResults) -> JsonObject:
    index, rule, result = group.checks[0]
    failed = result.status is Status.FAIL
    return {
        "ruleId": rule.rule,
        "ruleIndex": index,
        # Whatever is not of kind "fail" has the level "none" (3.27.10).
        "kind": "fail" if failed else "open",
        "level": _LEVELS[rule.severity] if failed else "none",
        "message": {"text": "; ".join(_messages(group))},
        "locations": [_location(result)],
        "properties": _properties(group, result),
    } | _identity(group, result)


def _messages(group: FindingResults) -> Iterator[str]:
    """Yield what is wrong: of the first check, and of each other with its title."""
    for number, (_, rule, result) in enumerate(group.checks):
        title = plain(rule.title) or rule.rule
        yield f"{title}: {plain(result.reason)}" if number else _message(result)


def _identity(group: FindingResults, result: Result) -> JsonObject:
    """Return by what tools know the result again, and whether its risk is accepted."""
    if group.finding is None:
        return {"partialFingerprints": {"ccmResult/v1": uuids.of_result(result)}}
    finding, item = group.finding, group.finding.item
    entry: JsonObject = {
        "partialFingerprints": {"ccmFinding/v1": finding.id},
        "correlationGuid": uuids.of_finding(finding.id),
    }
    if item is not None and item.tickets:
        links = (phrases.uri(ticket.url) for ticket in item.tickets)
        entry["workItemUris"] = sorted({link for link in links if link})
    waivers = sorted({plain(failing.waiver) for failing in group.failing if failing.waiver})
    if group.is_accepted:
        entry["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"Waiver {', '.join(waivers)}",
            }
        ]
    elif item is not None and item.state is WorkState.ACCEPTANCE_ASKED:
        entry["suppressions"] = [{"kind": "external", "status": "underReview"}]
    return entry


def _message(result: Result) -> str:
    prefix = (
        ""
        if result.status is Status.FAIL
        else f"{phrases.capital(phrases.STATUS[result.status])}: "
    )
    return f"{prefix}{plain(result.subject.title)}: {plain(result.reason)}"


def _location(result: Result) -> JsonObject:
    subject = result.subject
    # A share is the same whatever its month; of a single resource, the key says which it is.
    key = result.rule if subject.kind == POPULATION else subject.key
    names = (result.connection, subject.kind, key)
    return {
        "logicalLocations": [
            {"name": plain(subject.title), "fullyQualifiedName": "/".join(map(plain, names))}
        ],
        # Consumers that know files only show this: it names the object, and no file.
        "physicalLocation": {
            "artifactLocation": {"uri": "/".join(quote(plain(name), safe="") for name in names)}
        },
    }


def _properties(group: FindingResults, result: Result) -> JsonObject:
    item = group.finding.item if group.finding else None
    owners = result.subject.owners if item is None else item.owner.names
    properties: dict[str, Any] = {
        "status": result.status.value,
        "connection": result.connection,
        "results": [uuids.of_result(other) for _, _, other in group.checks],
    }
    if owners:
        properties["owners"] = list(map(plain, owners))
    if item is not None:
        moments = {
            "firstSeen": item.finding.first_seen,
            "dueAt": item.due_at,
            "acceptedUntil": item.accepted_until,
        }
        properties |= {"state": item.state.value, "overdue": item.is_overdue}
        properties |= {name: format_instant(at) for name, at in moments.items() if at}
    link = phrases.uri(result.subject.url)
    return properties | ({"url": link} if link else {})


def _invocation(inputs: ReportInput) -> Fields:
    evaluation = inputs.evaluation
    broken = any(
        result.status is Status.ERROR for rule in evaluation.rules for result in rule.results
    )
    return Fields(
        {
            "executionSuccessful": not (broken or evaluation.plugin_failures),
            "endTimeUtc": format_instant(evaluation.evaluated_at),
            "toolExecutionNotifications": Rows(_notifications(inputs)),
        }
    )


def _notifications(inputs: ReportInput) -> Iterator[JsonObject]:
    evaluation = inputs.evaluation
    if inputs.scope:
        yield _notification("note", plain(phrases.scope(inputs.scope)))
    for failure in evaluation.plugin_failures:
        yield _notification("error", f"A plugin did not load: {plain(failure)}")
    for index, rule in enumerate(evaluation.rules):
        for result in rule.results:
            if result.status is Status.ERROR:
                descriptor = {"associatedRule": {"id": rule.rule, "index": index}}
                yield _notification("error", _message(result)) | descriptor
    for problem in _problems(evaluation.sufficiency):
        yield _notification("warning", problem)


def _problems(sufficiency: Iterable[KindSufficiency]) -> Iterator[str]:
    for kind in sufficiency:
        if kind.problem:
            yield f"{plain(kind.connection)}, {plain(kind.kind)}: {plain(kind.problem)}"


def _notification(level: str, text: str) -> JsonObject:
    return {"level": level, "message": {"text": text}}
