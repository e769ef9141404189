"""SARIF 2.1.0: failing and inconclusive results, for code hosts and dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.report.content import phrases, uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.json_stream import Fields, Rows, blocks, json_pieces
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.model.evaluation.result import KindSufficiency, Result, RuleResult
    from ccm_core.model.json_codec import JsonObject

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
_REPORTED = (Status.FAIL, Status.INSUFFICIENT, Status.ERROR)


class SarifReport(ReportFormat):
    """One run. ``fail`` is kind ``fail``; an inconclusive result is kind ``open`` (3.27.9)."""

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
    rules = evaluation.rules
    run = {
        "tool": {"driver": _driver(inputs)},
        "automationDetails": {
            "id": "ccm/",
            "guid": uuids.uuid("sarif", uuids.of_evaluation(evaluation)),
        },
        "columnKind": "unicodeCodePoints",
        "invocations": Rows([_invocation(inputs)]),
        "results": Rows(
            _result(result, rule, index)
            for index, rule in enumerate(rules)
            for result in rule.results
            if result.status in _REPORTED
        ),
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


def _result(result: Result, rule: RuleResult, index: int) -> JsonObject:
    failed = result.status is Status.FAIL
    entry: JsonObject = {
        "ruleId": rule.rule,
        "ruleIndex": index,
        # Whatever is not of kind "fail" has the level "none" (3.27.10).
        "kind": "fail" if failed else "open",
        "level": _LEVELS[rule.severity] if failed else "none",
        "message": {"text": _message(result)},
        "locations": [_location(result)],
        "partialFingerprints": {"ccmResult/v1": uuids.of_result(result)},
        "properties": _properties(result),
    }
    if result.waiver:
        entry["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"Waiver {plain(result.waiver)}",
            }
        ]
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
    names = (result.connection, subject.kind, subject.key)
    return {
        "logicalLocations": [
            {"name": plain(subject.title), "fullyQualifiedName": "/".join(map(plain, names))}
        ],
        # Consumers that know files only show this: it names the object, and no file.
        "physicalLocation": {
            "artifactLocation": {"uri": "/".join(quote(plain(name), safe="") for name in names)}
        },
    }


def _properties(result: Result) -> JsonObject:
    properties: dict[str, Any] = {"status": result.status.value, "connection": result.connection}
    if result.subject.owners:
        properties["owners"] = list(map(plain, result.subject.owners))
    if result.due_at:
        properties["dueAt"] = result.due_at.isoformat()
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
