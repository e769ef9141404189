"""The rule packs that ship with the plugin."""

from __future__ import annotations

import json

import pytest
import yaml
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.rulepacks import rule_packs
from ccm_pagerduty.views import views

from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.testing.runner import coverage_mistakes, run_cases
from ccm_core.rules.types import PackText, RowSource

AREAS = {
    "pagerduty-access": 4,
    "pagerduty-changes": 2,
    "pagerduty-collection": 5,
    "pagerduty-escalation": 4,
    "pagerduty-resolution": 3,
    "pagerduty-response": 4,
    "pagerduty-schedules": 5,
    "pagerduty-services": 4,
}
"""How many rules each pack has at least."""

CONTROLS = {
    "soc2": [
        *("A1.2", "CC1.3", "CC2.2", "CC4.1", "CC6.1", "CC6.2", "CC6.3"),
        *("CC7.2", "CC7.3", "CC7.4", "CC7.5", "CC8.1"),
    ],
    "iso27001-2022": [
        *("9.1", "A.5.2", "A.5.17", "A.5.18", "A.5.24", "A.5.25", "A.5.26", "A.5.27"),
        *("A.5.36", "A.6.8", "A.8.2", "A.8.5", "A.8.15", "A.8.16", "A.8.32"),
    ],
    "nist-800-53-r5": [
        *("AC-2", "AC-2(3)", "AC-6", "AC-6(5)", "AC-12", "AU-6", "CA-7", "CM-3", "IA-5"),
        *("IR-4", "IR-4(1)", "IR-5", "IR-6(1)", "IR-7", "IR-8", "SI-4"),
    ],
    "nist-csf-2.0": [
        *("DE.AE-06", "DE.AE-08", "GV.RR-02", "ID.IM-03", "PR.AA-05"),
        *("RS.CO-02", "RS.MA-02", "RS.MA-03", "RS.MA-04"),
    ],
    "pci-dss-4.0": ["10.7.2", "10.7.3", "12.10.1", "12.10.3", "12.10.5"],
    "dora": [
        *("Art. 17(2)", "Art. 17(3)(b)", "Art. 17(3)(c)", "Art. 17(3)(d)", "Art. 17(3)(f)"),
    ],
    "hipaa": ["164.308(a)(6)(ii)"],
    "nis2": ["Art. 21(2)(b)"],
    "nis2-2024-2690": ["11.3.2(c)", "3.1.2(b)", "3.1.2(c)", "3.2.1", "3.4.2(a)", "3.5.1", "3.6.1"],
    "cis-v8.1": ["17.1", "17.5", "17.6", "17.8", "5.3"],
}


def texts():
    """Return the YAML of each pack."""
    return [PackText(text=pack.text(), source=pack.location) for pack in rule_packs()]


def sources():
    """Return the row sources of the plugin's rules."""
    return [
        *(
            RowSource(
                name=source.name,
                inputs=source.inputs,
                schema=source.schema,
                optional=source.optional,
            )
            for source in views()
        ),
        *(
            RowSource(name=source.name, inputs=(source.name,), schema=source.schema)
            for source in kinds()
        ),
    ]


COMPILED = compile_packs(texts(), sources())
RULES = [rule for pack in COMPILED.packs for rule in pack.pack.rules]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def test_a_pack_is_named_as_its_source_says():
    """Settings ask for it by that name."""
    assert [pack.pack.name for pack in COMPILED.packs] == [pack.name for pack in rule_packs()]


def test_every_view_rests_on_kinds_that_the_plugin_offers():
    """A misspelt input would never be collected."""
    offered = {kind.name for kind in kinds()} | {"pagerduty.manifest"}
    assert {name for view in views() for name in view.inputs} <= offered


@pytest.mark.parametrize("case", run_cases(COMPILED), ids=lambda case: f"{case.rule}: {case.test}")
def test_every_test_in_the_pack_comes_out_as_it_says(case):
    """An unexpected pass is as wrong as an unexpected failure."""
    assert case.passed, f"expected {case.expected}, got {case.actual}: {case.reason}"


@pytest.mark.parametrize(
    "pack_text", texts(), ids=lambda pack_text: pack_text.source.rpartition("/")[2]
)
def test_every_rule_has_a_passing_a_failing_and_an_insufficient_test(pack_text):
    """And it supports a control."""
    assert [str(mistake) for mistake in coverage_mistakes(pack_text, COMPILED)] == []


@each_rule
def test_insufficient_evidence_is_tested_by_kind(rule):
    """Each rule shows what becomes of it when a kind could not be read."""
    assert any(test.evidence for test in rule.tests if test.expect == "insufficient")


@each_rule
def test_a_rule_tells_the_risk_the_remedy_and_why_it_supports_each_control(rule):
    """A control owner reads these, not the condition."""
    assert rule.risk
    assert rule.remediation
    assert rule.remediation_url.startswith("https://support.pagerduty.com/main/docs/")
    assert [control for control in rule.controls if not control.why] == []
    controls = [(control.framework, control.id) for control in rule.controls]
    assert len(controls) == len(set(controls))


def test_there_are_rules_for_every_area():
    """No pack is a stub."""
    count = {pack.pack.name: len(pack.pack.rules) for pack in COMPILED.packs}
    assert {name: min(count[name], least) for name, least in AREAS.items()} == AREAS
    assert count.keys() == AREAS.keys()


def test_every_control_that_the_packs_promise_is_supported():
    """And no control is named that nobody looked up."""
    controls = {(control.framework, control.id) for rule in RULES for control in rule.controls}
    assert controls == {(framework, key) for framework, keys in CONTROLS.items() for key in keys}


OF_SECTIONS = {"load_by_name"}
"""Parameters that sections of the report read."""


@pytest.mark.parametrize("pack", COMPILED.packs, ids=lambda pack: pack.pack.name)
def test_every_parameter_is_used(pack):
    """A parameter that changes nothing would mislead whoever sets it."""
    words = "\n".join(
        text
        for rule in pack.pack.rules
        for text in (rule.match or "", rule.assertion, rule.not_due or "", *rule.let.values())
    )
    unused = [
        parameter.name
        for parameter in pack.pack.parameters
        if f"params.{parameter.name}" not in words and parameter.name not in OF_SECTIONS
    ]
    assert unused == []


def test_a_parameter_means_the_same_in_all_packs():
    """What is in time is set once for all of them."""
    declared = {}
    for pack in COMPILED.packs:
        for parameter in pack.pack.parameters:
            assert declared.setdefault(parameter.name, parameter) == parameter


def test_what_is_critical_is_defined_in_one_pack():
    """Every rule about critical services is there."""
    packs = [
        pack.pack.name
        for pack in COMPILED.packs
        if "critical_services" in {parameter.name for parameter in pack.pack.parameters}
    ]
    assert packs == ["pagerduty-services"]


@each_rule
def test_a_title_states_the_good_state(rule):
    """It is what a pass says, in one line and without the words of a programmer."""
    assert len(rule.title) <= 100
    assert not rule.title.endswith(".")
    assert not {"should", "must", "ensure", "check"} & set(rule.title.lower().split())


def incomplete_objects():
    """Yield the packs with tests whose rows lack one key each, and which expect a pass."""
    for pack_text in texts():
        pack = yaml.safe_load(pack_text.text)
        for rule in pack["rules"]:
            rule["tests"] = [
                {
                    **case,
                    "name": f"{case['name']}, without {key} of row {index}",
                    "rows": [
                        {name: value for name, value in row.items() if name != key or at != index}
                        for at, row in enumerate(case["rows"])
                    ],
                    "expect": "pass",
                }
                for case in rule["tests"]
                if case["expect"] in {"fail", "insufficient"}
                for index, row in enumerate(case["rows"])
                for key in row
            ]
        yield PackText(text=json.dumps(pack).encode(), source=pack_text.source)


@pytest.mark.no_cover
def test_a_key_that_is_left_out_never_makes_a_rule_pass():
    """What fails or is insufficient stays one of the two when less is known."""
    outcomes = run_cases(compile_packs(list(incomplete_objects()), sources()))
    assert len(outcomes) > 200
    assert {outcome.actual for outcome in outcomes} == {"fail", "insufficient"}
