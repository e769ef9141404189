"""The rule packs that ship with the plugin."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.rulepacks import rule_packs
from ccm_pagerduty.views import views

from ccm_core.rules.interface import PackText, Source
from ccm_core.rules.pack_tests import run_tests, strict_mistakes
from ccm_core.rules.packs import compile_packs

AREAS = {
    "pagerduty.service_readiness": "services",
    "pagerduty.service_ownership": "services",
    "pagerduty.policy_coverage": "services",
    "pagerduty.schedule_coverage": "schedules",
    "pagerduty.user_access": "access",
    "pagerduty.team_ownership": "access",
    "pagerduty.incident_response": "incidents",
}


def texts():
    """Give the YAML of each pack."""
    return [PackText(text=pack.text(), source=pack.location) for pack in rule_packs()]


def sources():
    """Give what the plugin's rules may be over."""
    return [
        *(Source(name=one.name, inputs=one.inputs, schema=one.schema) for one in views()),
        *(Source(name=one.name, inputs=(one.name,), schema=one.schema) for one in kinds()),
    ]


COMPILED = compile_packs(texts(), sources())
RULES = [rule for pack in COMPILED.packs for rule in pack.pack.rules]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def test_a_pack_is_named_as_its_source_says():
    """Settings ask for it by that name."""
    assert [pack.pack.name for pack in COMPILED.packs] == [pack.name for pack in rule_packs()]


def test_every_view_rests_on_kinds_that_the_plugin_offers():
    """A misspelt input would never be collected."""
    offered = {kind.name for kind in kinds()}
    assert {name for view in views() for name in view.inputs} <= offered


@pytest.mark.parametrize("case", run_tests(COMPILED), ids=lambda case: f"{case.rule}: {case.test}")
def test_every_test_in_the_pack_comes_out_as_it_says(case):
    """An unexpected pass is as wrong as an unexpected failure."""
    assert case.good, f"expected {case.expected}, got {case.got}: {case.reason}"


@pytest.mark.parametrize("given", texts(), ids=lambda given: given.source.rpartition("/")[2])
def test_every_rule_has_a_passing_a_failing_and_an_insufficient_test(given):
    """And it supports a control."""
    assert [str(mistake) for mistake in strict_mistakes(given, COMPILED)] == []


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
    named = [(control.framework, control.id) for control in rule.controls]
    assert len(named) == len(set(named))


def test_there_are_rules_for_every_area():
    """Services, schedules, access and incidents have at least three each."""
    count = Counter(AREAS[rule.over] for rule in RULES)
    assert {area for area, number in count.items() if number >= 3} == set(AREAS.values())


def test_every_parameter_is_used():
    """A parameter that changes nothing would mislead whoever sets it."""
    words = "\n".join(
        text
        for rule in RULES
        for text in (rule.match or "", rule.assertion, rule.not_due or "", *rule.let.values())
    )
    (pack,) = COMPILED.packs
    unused = [one.name for one in pack.pack.parameters if f"params.{one.name}" not in words]
    assert unused == []


def lacking():
    """Give the packs with tests whose rows lack one key each, and which expect a pass."""
    for given in texts():
        pack = yaml.safe_load(given.text)
        for rule in pack["rules"]:
            rule["tests"] = [
                {
                    **case,
                    "name": f"{case['name']}, without {key} of row {place}",
                    "rows": [
                        {name: value for name, value in row.items() if name != key or at != place}
                        for at, row in enumerate(case["rows"])
                    ],
                    "expect": "pass",
                }
                for case in rule["tests"]
                if case["expect"] in {"fail", "insufficient"}
                for place, whole in enumerate(case["rows"])
                for key in whole
            ]
        yield PackText(text=yaml.safe_dump(pack).encode(), source=given.source)


def test_a_key_that_is_left_out_never_makes_a_rule_pass():
    """What fails or is insufficient stays one of the two when less is known."""
    outcomes = run_tests(compile_packs(list(lacking()), sources()))
    assert len(outcomes) > 200
    assert {one.got for one in outcomes} == {"fail", "insufficient"}
