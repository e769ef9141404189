"""OSCAL assessment results: findings of controls, observations of resources, risks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Status
from ccm_core.model.framework import OSCAL_VERSION
from ccm_core.report.content import phrases, uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.json_stream import Fields, Rows, blocks, json_pieces
from ccm_core.report.content.result_findings import result_findings
from ccm_core.report.formats.oscal.catalogues import resources, selections, target_id
from ccm_core.report.formats.oscal.parties import owned, owning
from ccm_core.report.formats.oscal.risks import risks, risks_by_rule
from ccm_core.report.formats.oscal.tokens import REPORTED, Ids, line, prop, props
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccm_core.model.evaluation.result import AppliedPack, ControlResult, Result, RuleResult
    from ccm_core.model.framework import Catalogues
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.report.content.result_findings import ResultFinding, ResultFindings

MOST_DIGESTS = 100
"""An observation with more records behind it names so many, and the total."""

_REASONS = {Status.PASS: "pass", Status.FAIL: "fail"}


class OscalReport(ReportFormat):
    """One set of results: only a control that passed is satisfied."""

    name = "oscal"
    extension = "oscal.json"
    figures = False
    complete = True
    catalogues = True

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield one JSON document with sorted keys, ended by a line feed."""
        ids = Ids(evaluation=uuids.of_evaluation(inputs.evaluation))
        document = Fields({"assessment-results": _document(inputs, ids)})
        yield from blocks(json_pieces(document))
        yield b"\n"


def _document(inputs: ReportInput, ids: Ids) -> Fields:
    evaluation = inputs.evaluation
    at = format_instant(evaluation.evaluated_at)
    document: JsonObject = {
        "uuid": ids.of("document"),
        "metadata": {
            "title": "Control assessment by ccm",
            "last-modified": at,
            "version": ids.evaluation,
            "oscal-version": OSCAL_VERSION,
            "props": [prop("host-version", inputs.host_version)],
        }
        | owning(evaluation),
        "import-ap": {
            "href": f"#{ids.of('plan')}",
            "remarks": "The rule packs in the back matter define what is assessed, and how.",
        },
        "results": Rows([_results(inputs, ids, at)]),
        "back-matter": {
            "resources": [
                _plan(ids),
                *(_pack(pack, ids) for pack in evaluation.packs),
                *resources(inputs.catalogues, ids),
            ]
        },
    }
    return Fields(document)


def _plan(ids: Ids) -> JsonObject:
    return {
        "uuid": ids.of("plan"),
        "title": "Rule packs",
        "description": "These rule packs, with these parameters, define what was assessed.",
    }


def _pack(pack: AppliedPack, ids: Ids) -> JsonObject:
    values = {name: json_codec.encode(value).decode() for name, value in pack.parameters.items()}
    return {
        "uuid": ids.of("pack", pack.name, pack.digest),
        "title": line(f"Rule pack {pack.name} {pack.version}"),
        "description": "Parameters in effect: " + json_codec.encode(values).decode(),
        "props": [prop("version", pack.version), prop("digest", pack.digest)],
    }


def _results(inputs: ReportInput, ids: Ids, at: str) -> Fields:
    evaluation = inputs.evaluation
    rules = evaluation.rules
    findings = result_findings(inputs)
    observations = (
        observation for rule in rules for observation in _observations(rule, findings, ids, at)
    )
    by_rule = risks_by_rule(inputs, findings)
    content: JsonObject = {
        "uuid": ids.of("result"),
        "title": line(f"Evaluation of {at}"),
        "description": _description(inputs),
        "start": at,
        "end": at,
        "local-definitions": _definitions(inputs, ids),
        "reviewed-controls": {
            "control-selections": selections(evaluation.controls, inputs.catalogues, ids)
        },
        "observations": Rows(observations) if rules else [],
        "risks": Rows(risks(inputs, findings, ids)) if by_rule else [],
        "findings": Rows(_finding(control, inputs, ids, by_rule) for control in evaluation.controls)
        if evaluation.controls
        else [],
    }
    # The schema has no empty lists: what there is none of is left out.
    return Fields({name: value for name, value in content.items() if value not in ([], {})})


def _description(inputs: ReportInput) -> str:
    scope = f" {phrases.scope(tuple(map(plain, inputs.scope)))}" if inputs.scope else ""
    return phrases.INCONCLUSIVE_MEANS + scope


def _definitions(inputs: ReportInput, ids: Ids) -> JsonObject:
    items = {
        ids.subject(result): _item(result)
        for rule in inputs.evaluation.rules
        for result in rule.results
        if result.status in REPORTED
    }
    components = [
        {
            "uuid": ids.of("connection", name),
            "type": "service",
            "title": line(name),
            "description": f"The connection {plain(name)}.",
            "status": {"state": "operational"},
        }
        for name in inputs.evaluation.connections
    ]
    definitions: JsonObject = {
        "components": components,
        "inventory-items": [{"uuid": key, **item} for key, item in sorted(items.items())],
    }
    return {name: value for name, value in definitions.items() if value}


def _item(result: Result) -> JsonObject:
    subject = result.subject
    names = {"kind": subject.kind, "key": subject.key, "connection": result.connection}
    item = {"description": plain(subject.title), "props": props(names | {"url": subject.url})}
    return item | owned(subject)


def _observations(
    rule: RuleResult, findings: ResultFindings, ids: Ids, at: str
) -> Iterator[JsonObject]:
    population = rule.population
    numbers = {
        "total": population.total,
        "passed": population.passed,
        "failed": population.failed,
        "waived": population.waived,
        "insufficient": population.insufficient,
        "error": population.error,
        "not-applicable": population.not_applicable,
    }
    yield {
        "uuid": ids.of("observation", rule.pack, rule.rule),
        "title": line(rule.title),
        "description": f"The check {plain(rule.rule)}: {phrases.STATUS[rule.status]}.",
        "props": props(
            {"rule": rule.rule, "pack": rule.pack, "status": rule.status.value}
            | {name: str(number) for name, number in numbers.items()}
        ),
        "methods": ["TEST-AUTOMATED"],
        "types": ["control-objective"],
        "collected": at,
    }
    for result in rule.results:
        if result.status in REPORTED:
            yield _observation(result, findings.of(result), ids, at)


def _observation(result: Result, finding: ResultFinding | None, ids: Ids, at: str) -> JsonObject:
    facts = {
        "rule": result.rule,
        "status": result.status.value,
        "waiver": result.waiver,
        "finding": (finding.id or None) if finding else None,
        "counts-in-share": "yes" if finding and finding.in_share else None,
    }
    observation: JsonObject = {
        "uuid": ids.result(result),
        "title": line(result.subject.title),
        "description": plain(result.reason),
        "props": props(facts),
        "methods": ["TEST-AUTOMATED"],
        "types": ["finding"],
        "subjects": [{"subject-uuid": ids.subject(result), "type": "inventory-item"}],
        "collected": at,
    }
    return observation | _evidence_digests(result)


def _evidence_digests(result: Result) -> JsonObject:
    if not result.evidence_digests:
        return {}
    shown = result.evidence_digests[:MOST_DIGESTS]
    return {
        "relevant-evidence": [
            {
                "description": "Based on "
                + phrases.count(len(result.evidence_digests), "record")
                + ".",
                "props": [prop("digest", digest) for digest in shown],
            }
        ]
    }


def _finding(
    control: ControlResult, inputs: ReportInput, ids: Ids, by_rule: Mapping[str, list[str]]
) -> JsonObject:
    name = f"{plain(control.framework)} {plain(control.id)}"
    rules = [rule for rule in inputs.evaluation.rules if rule.rule in control.rules]
    finding: JsonObject = {
        "uuid": ids.of("finding", control.framework, control.id),
        "title": line(name),
        "description": f"{name}: {phrases.STATUS[control.status]}; the worst check decides.",
        "props": props(
            {
                "framework": control.framework,
                "control": control.id,
                "automated": control.automated.value,
            }
        ),
        "target": _target(control, inputs.catalogues),
        "related-observations": [
            {"observation-uuid": name} for rule in rules for name in _related(rule, ids)
        ],
        "related-risks": [
            {"risk-uuid": name}
            for name in dict.fromkeys(name for rule in rules for name in by_rule.get(rule.rule, ()))
        ],
    }
    return {key: value for key, value in finding.items() if value != []}


def _related(rule: RuleResult, ids: Ids) -> list[str]:
    own = [ids.result(result) for result in rule.results if result.status in REPORTED]
    return [ids.of("observation", rule.pack, rule.rule), *own]


def _target(control: ControlResult, catalogues: Catalogues) -> JsonObject:
    passed = control.status is Status.PASS
    status: JsonObject = {
        "state": "satisfied" if passed else "not-satisfied",
        "reason": _REASONS.get(control.status, "other"),
    }
    remarks = [phrases.capital(phrases.STATUS[control.status]), *map(plain, control.problems)]
    if not passed:
        status["remarks"] = ". ".join(remarks)
    target: JsonObject = {
        "type": "statement-id",
        "target-id": target_id(control, catalogues),
        "status": status,
    }
    if control.status is Status.NOT_APPLICABLE:
        target["implementation-status"] = {"state": "not-applicable"}
    return target
