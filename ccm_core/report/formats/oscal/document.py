"""OSCAL assessment results: controls as findings, subjects as observations, failures as risks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Status
from ccm_core.report.content import phrases, uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.report.formats.oscal.parties import owned, owning
from ccm_core.report.formats.oscal.risks import risk, risks
from ccm_core.report.formats.oscal.tokens import TOLD, Ids, line, prop, props, token
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import ControlResult, PackUsed, Result, RuleResult
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.report.types import ReportInput

VERSION = "1.2.1"
"""The version of OSCAL that the document names."""
MOST_DIGESTS = 100
"""An observation that rests on more records names so many, and says how many there are."""

_REASONS = {Status.PASS: "pass", Status.FAIL: "fail"}


class OscalReport:
    """One set of results: only a control that was proven is satisfied."""

    name = "oscal"
    extension = "oscal.json"
    figures = False

    def render(self, given: ReportInput) -> bytes:
        """Give one JSON document with sorted keys, ended by a line feed."""
        ids = Ids(evaluation=uuids.of_evaluation(given.evaluation))
        return json_codec.encode({"assessment-results": _document(given, ids)}) + b"\n"


def _document(given: ReportInput, ids: Ids) -> JsonObject:
    evaluation = given.evaluation
    at = format_instant(evaluation.evaluated_at)
    return {
        "uuid": ids.of("document"),
        "metadata": {
            "title": "Control assessment by ccm",
            "last-modified": at,
            "version": ids.evaluation,
            "oscal-version": VERSION,
            "props": [prop("host-version", given.host_version)],
        }
        | owning(evaluation),
        "import-ap": {
            "href": f"#{ids.of('plan')}",
            "remarks": "The rule packs in the back matter say what is assessed, and how.",
        },
        "results": [_results(given, ids, at)],
        "back-matter": {"resources": [_plan(ids), *(_pack(one, ids) for one in evaluation.packs)]},
    }


def _plan(ids: Ids) -> JsonObject:
    return {
        "uuid": ids.of("plan"),
        "title": "Rule packs",
        "description": "What was assessed is what these rule packs say, with these parameters.",
    }


def _pack(pack: PackUsed, ids: Ids) -> JsonObject:
    values = {name: json_codec.encode(value).decode() for name, value in pack.parameters.items()}
    return {
        "uuid": ids.of("pack", pack.name, pack.digest),
        "title": line(f"Rule pack {pack.name} {pack.version}"),
        "description": "Parameters in effect: " + json_codec.encode(values).decode(),
        "props": [prop("version", pack.version), prop("digest", pack.digest)],
    }


def _results(given: ReportInput, ids: Ids, at: str) -> JsonObject:
    evaluation = given.evaluation
    observations = [one for rule in evaluation.rules for one in _observations(rule, ids, at)]
    found = [one for rule in evaluation.rules for one in risks(rule, ids)]
    told: JsonObject = {
        "uuid": ids.of("result"),
        "title": line(f"Evaluation of {at}"),
        "description": _about(given),
        "start": at,
        "end": at,
        "local-definitions": _definitions(given, ids),
        "reviewed-controls": {"control-selections": [_selection(evaluation.controls)]},
        "observations": observations,
        "risks": found,
        "findings": [_finding(one, given, ids) for one in evaluation.controls],
    }
    # The schema has no empty lists: what there is none of is left out.
    return {name: value for name, value in told.items() if value not in ([], {})}


def _about(given: ReportInput) -> str:
    part = f" {phrases.part(tuple(map(plain, given.part)))}" if given.part else ""
    return phrases.INSUFFICIENT_MEANS + part


def _selection(controls: tuple[ControlResult, ...]) -> JsonObject:
    if not controls:
        # The schema asks for a control at least; this one is in no catalog.
        nothing = [{"control-id": "_none"}]
        return {"description": "No rule names a control.", "include-controls": nothing}
    return {"include-controls": [{"control-id": one} for one in sorted(set(map(token, controls)))]}


def _definitions(given: ReportInput, ids: Ids) -> JsonObject:
    items = {
        ids.subject(one): _item(one)
        for rule in given.evaluation.rules
        for one in rule.results
        if one.status in TOLD
    }
    components = [
        {
            "uuid": ids.of("connection", name),
            "type": "service",
            "title": line(name),
            "description": f"The connection {plain(name)}.",
            "status": {"state": "operational"},
        }
        for name in given.evaluation.connections
    ]
    told: JsonObject = {
        "components": components,
        "inventory-items": [{"uuid": key, **item} for key, item in sorted(items.items())],
    }
    return {name: value for name, value in told.items() if value}


def _item(result: Result) -> JsonObject:
    about = result.subject
    names = {"kind": about.kind, "key": about.key, "connection": result.connection}
    told = {"description": plain(about.title), "props": props(names | {"url": about.url})}
    return told | owned(about)


def _observations(rule: RuleResult, ids: Ids, at: str) -> list[JsonObject]:
    seen = rule.population
    numbers = {
        "known": seen.known,
        "passed": seen.passed,
        "failed": seen.failed,
        "waived": seen.waived,
        "insufficient": seen.insufficient,
        "error": seen.error,
        "not-applicable": seen.not_applicable,
    }
    whole = {
        "uuid": ids.of("observation", rule.pack, rule.rule),
        "title": line(rule.title),
        "description": f"The rule {plain(rule.rule)} {phrases.STATUS[rule.status]}.",
        "props": props(
            {"rule": rule.rule, "pack": rule.pack, "status": rule.status.value}
            | {name: str(number) for name, number in numbers.items()}
        ),
        "methods": ["TEST-AUTOMATED"],
        "types": ["control-objective"],
        "collected": at,
    }
    return [whole, *(_observation(one, ids, at) for one in rule.results if one.status in TOLD)]


def _observation(result: Result, ids: Ids, at: str) -> JsonObject:
    facts = {"rule": result.rule, "status": result.status.value, "waiver": result.waiver}
    told: JsonObject = {
        "uuid": ids.result(result),
        "title": line(result.subject.title),
        "description": plain(result.reason),
        "props": props(facts),
        "methods": ["TEST-AUTOMATED"],
        "types": ["finding"],
        "subjects": [{"subject-uuid": ids.subject(result), "type": "inventory-item"}],
        "collected": at,
    }
    return told | _evidence_digests(result)


def _evidence_digests(result: Result) -> JsonObject:
    if not result.evidence_digests:
        return {}
    shown = result.evidence_digests[:MOST_DIGESTS]
    return {
        "relevant-evidence": [
            {
                "description": "Rests on " + phrases.count(len(result.evidence_digests), "record") + ".",
                "props": [prop("digest", one) for one in shown],
            }
        ]
    }


def _finding(control: ControlResult, given: ReportInput, ids: Ids) -> JsonObject:
    name = f"{plain(control.framework)} {plain(control.id)}"
    rules = [one for one in given.evaluation.rules if one.rule in control.rules]
    told: JsonObject = {
        "uuid": ids.of("finding", control.framework, control.id),
        "title": line(name),
        "description": f"{name} {phrases.STATUS[control.status]}: the worst of its rules decides.",
        "props": props(
            {
                "framework": control.framework,
                "control": control.id,
                "automated": control.automated.value,
            }
        ),
        "target": _target(control),
        "related-observations": [
            {"observation-uuid": one} for rule in rules for one in _related(rule, ids)
        ],
        "related-risks": [
            {"risk-uuid": ids.of(risk(waived=waived), rule.pack, rule.rule)}
            for rule in rules
            for waived in (False, True)
            if any(one.status is Status.FAIL and bool(one.waiver) is waived for one in rule.results)
        ],
    }
    return {key: value for key, value in told.items() if value != []}


def _related(rule: RuleResult, ids: Ids) -> list[str]:
    own = [ids.result(one) for one in rule.results if one.status in TOLD]
    return [ids.of("observation", rule.pack, rule.rule), *own]


def _target(control: ControlResult) -> JsonObject:
    proven = control.status is Status.PASS
    status: JsonObject = {
        "state": "satisfied" if proven else "not-satisfied",
        "reason": _REASONS.get(control.status, "other"),
    }
    said = [phrases.capital(phrases.STATUS[control.status]), *map(plain, control.problems)]
    if not proven:
        status["remarks"] = ". ".join(said)
    told: JsonObject = {"type": "objective-id", "target-id": token(control), "status": status}
    if control.status is Status.NOT_APPLICABLE:
        told["implementation-status"] = {"state": "not-applicable"}
    return told
