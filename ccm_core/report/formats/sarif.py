"""SARIF 2.1.0: what fails and what could not be judged, for code hosts and dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.report.content import phrases, uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.model.evaluation.result import Result, RuleResult, KindSufficiency
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.report.types import ReportInput

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
_TOLD = (Status.FAIL, Status.INSUFFICIENT, Status.ERROR)


class SarifReport:
    """One run. ``fail`` is kind ``fail``; what could not be judged is kind ``open`` (3.27.9)."""

    name = "sarif"
    extension = "sarif"
    figures = False

    def render(self, given: ReportInput) -> bytes:
        """Give one SARIF log with sorted keys, ended by a line feed."""
        return json_codec.encode(_log(given)) + b"\n"


def _log(given: ReportInput) -> JsonObject:
    evaluation = given.evaluation
    rules = evaluation.rules
    run = {
        "tool": {"driver": _driver(given)},
        "automationDetails": {
            "id": "ccm/",
            "guid": uuids.uuid("sarif", uuids.of_evaluation(evaluation)),
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(given)],
        "results": [
            _result(one, rule, place)
            for place, rule in enumerate(rules)
            for one in rule.results
            if one.status in _TOLD
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(given: ReportInput) -> JsonObject:
    return {
        "name": "ccm",
        "version": given.host_version,
        "informationUri": INFORMATION,
        "rules": [_rule(one) for one in given.evaluation.rules],
    }


def _rule(rule: RuleResult) -> JsonObject:
    about = plain(rule.risk or "") or plain(rule.title) or rule.rule
    told = {
        "id": rule.rule,
        "shortDescription": {"text": plain(rule.title) or rule.rule},
        "fullDescription": {"text": about},
        "help": {"text": plain(rule.remediation or "") or "The pack does not say what to do."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "pack": rule.pack,
            "severity": rule.severity.value,
            "tags": sorted({f"{one.framework}:{one.id}" for one in rule.controls}),
        },
    }
    link = phrases.uri(rule.remediation_url)
    return told | ({"helpUri": link} if link else {})


def _result(result: Result, rule: RuleResult, place: int) -> JsonObject:
    failed = result.status is Status.FAIL
    told: JsonObject = {
        "ruleId": rule.rule,
        "ruleIndex": place,
        # Whatever is not of kind "fail" has the level "none" (3.27.10).
        "kind": "fail" if failed else "open",
        "level": _LEVELS[rule.severity] if failed else "none",
        "message": {"text": _message(result)},
        "locations": [_location(result)],
        "partialFingerprints": {"ccmResult/v1": uuids.of_result(result)},
        "properties": _properties(result),
    }
    if result.waiver:
        told["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"Waiver {plain(result.waiver)}",
            }
        ]
    return told


def _message(result: Result) -> str:
    said = (
        ""
        if result.status is Status.FAIL
        else f"{phrases.capital(phrases.STATUS[result.status])}: "
    )
    return f"{said}{plain(result.subject.title)}: {plain(result.reason)}"


def _location(result: Result) -> JsonObject:
    about = result.subject
    parts = (result.connection, about.kind, about.key)
    return {
        "logicalLocations": [
            {"name": plain(about.title), "fullyQualifiedName": "/".join(map(plain, parts))}
        ],
        # Consumers that know files only show this: it names the object, and no file.
        "physicalLocation": {
            "artifactLocation": {"uri": "/".join(quote(plain(one), safe="") for one in parts)}
        },
    }


def _properties(result: Result) -> JsonObject:
    told: dict[str, Any] = {"status": result.status.value, "connection": result.connection}
    if result.subject.owners:
        told["owners"] = list(map(plain, result.subject.owners))
    if result.due_at:
        told["dueAt"] = result.due_at.isoformat()
    link = phrases.uri(result.subject.url)
    return told | ({"url": link} if link else {})


def _invocation(given: ReportInput) -> JsonObject:
    evaluation = given.evaluation
    broken = any(one.status is Status.ERROR for rule in evaluation.rules for one in rule.results)
    return {
        "executionSuccessful": not (broken or evaluation.plugin_failures),
        "endTimeUtc": format_instant(evaluation.evaluated_at),
        "toolExecutionNotifications": list(_notifications(given)),
    }


def _notifications(given: ReportInput) -> Iterator[JsonObject]:
    evaluation = given.evaluation
    for failure in evaluation.plugin_failures:
        yield _notification("error", f"A plugin did not load: {plain(failure)}")
    for place, rule in enumerate(evaluation.rules):
        for result in rule.results:
            if result.status is Status.ERROR:
                about = {"associatedRule": {"id": rule.rule, "index": place}}
                yield _notification("error", _message(result)) | about
    for problem in _problems(evaluation.sufficiency):
        yield _notification("warning", problem)


def _problems(sufficiency: Iterable[KindSufficiency]) -> Iterator[str]:
    for one in sufficiency:
        if one.problem:
            yield f"{plain(one.connection)}, {plain(one.kind)}: {plain(one.problem)}"


def _notification(level: str, text: str) -> JsonObject:
    return {"level": level, "message": {"text": text}}
