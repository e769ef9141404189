"""The tests that ship with a pack: run both ways, and missed where they are missing."""

from __future__ import annotations

import pytest

from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.testing.runner import coverage_mistakes, run_cases
from ccm_core.rules.types import PackText

PARAMETERS = (
    "{limit: {type: duration, default: 15m, description: d}, "
    "high_up: {type: condition, over: acme.door, default: row.floor > 3, description: d}}"
)


@pytest.fixture
def ran(compiled, rule_text):
    """Run one test of one rule and give expected, got and reason."""

    def run(test, **fields):
        packs = compiled(
            rule_text(tests=f"[{{name: it, {test}}}]", **fields), parameters=PARAMETERS
        )
        (case,) = run_cases(packs)
        return case

    return run


@pytest.mark.parametrize(
    ("test", "fields", "got", "reason"),
    [
        pytest.param(
            "rows: [{locked: true}], expect: pass", {}, "pass", "Doors are locked", id="pass"
        ),
        pytest.param(
            "rows: [{locked: false, title: Hall}], expect: fail",
            {},
            "fail",
            "Hall is open",
            id="fail",
        ),
        pytest.param(
            "rows: [{}], expect: insufficient",
            {},
            "insufficient",
            "row has no `locked`",
            id="absent",
        ),
        pytest.param(
            "rows: [], expect: not_applicable",
            {},
            "not_applicable",
            "nothing to evaluate: acme.door has no rows",
            id="empty",
        ),
        pytest.param(
            "rows: [{locked: null}], expect: error",
            {},
            "error",
            "`row.locked`: expected true or false, got null",
            id="error",
        ),
        pytest.param(
            "rows: [{locked: true}], expect: insufficient, evidence: {acme.door: partial}",
            {},
            "insufficient",
            "acme.door is partial (source_error: as the test says)",
            id="partial",
        ),
        pytest.param(
            "rows: [{locked: true}], expect: insufficient, evidence: {acme.door: unavailable}",
            {},
            "insufficient",
            "acme.door is unavailable (source_error: as the test says)",
            id="unavailable",
        ),
        pytest.param(
            "rows: [{locked: true}], expect: insufficient, evidence: {acme.door: failed}",
            {},
            "insufficient",
            "acme.door is failed (source_error: as the test says)",
            id="failed",
        ),
        pytest.param(
            "rows: [{locked: true}], expect: insufficient, evidence: {acme.door: missing}",
            {},
            "insufficient",
            "acme.door was never collected",
            id="missing",
        ),
        pytest.param(
            "rows: [{locked: true}], expect: insufficient, evidence: {acme.door: stale}",
            {},
            "insufficient",
            "acme.door: collected 2026-01-15T09:00:00Z, allowed age 2h",
            id="stale",
        ),
        pytest.param(
            "rows: [{locked: true}], expect: insufficient, evidence: {acme.door: stale}",
            {"max_age": "7d"},
            "insufficient",
            "acme.door: collected 2026-01-08T11:00:00Z, allowed age 7d",
            id="stale-by-the-rules-own-limit",
        ),
        pytest.param(
            "rows: [{open_for: 30}], expect: fail, params: {limit: 20s}",
            {"assert": "row.open_for < params.limit"},
            "fail",
            "unknown is open",
            id="parameter",
        ),
        pytest.param(
            "rows: [{floor: 2, locked: false}], expect: fail, params: {high_up: row.floor > 1}",
            {"match": "params.high_up"},
            "fail",
            "unknown is open",
            id="condition-parameter",
        ),
        pytest.param(
            "rows: [{owner: P1}], expect: pass, lookups: {acme.person:P1: {name: Ada}}",
            {"assert": "lookup('acme.person', row.owner).name == 'Ada'"},
            "pass",
            "Doors are locked",
            id="lookup",
        ),
        pytest.param(
            "rows: [{owner: P2}], expect: insufficient, lookups: {acme.person:P1: {name: Ada}}",
            {"assert": "lookup('acme.person', row.owner).name == 'Ada'"},
            "insufficient",
            "no acme.person P2 in the evidence",
            id="lookup-of-nobody",
        ),
        pytest.param(
            "rows: [{due_at: '2026-05-01T00:00:00Z'}], expect: pass, now: '2026-05-02T00:00:00Z'",
            {"assert": "now > timestamp(row.due_at)"},
            "pass",
            "Doors are locked",
            id="moment",
        ),
        pytest.param(
            "rows: [{locked: true}, {locked: false}], expect: fail",
            {},
            "fail",
            "unknown is open",
            id="the-worst-of-several-rows",
        ),
        pytest.param(
            "rows: [{locked: true}, {locked: false}], expect: pass",
            {"tolerance": "{at_least: 50%, per: all}"},
            "pass",
            "1 of 2 passed (50 %); at least 50 % must pass",
            id="the-share-of-several-rows",
        ),
    ],
)
def test_a_test_of_a_pack_runs_its_rule(ran, test, fields, got, reason):
    """Rows, evidence, parameters, lookups and the moment are the test's own."""
    case = ran(test, **fields)

    assert (case.actual, case.reason) == (got, reason)
    assert case.passed


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("rows: [{locked: true}], expect: fail", id="passes-where-it-should-fail"),
        pytest.param("rows: [{locked: false}], expect: pass", id="fails-where-it-should-pass"),
        pytest.param("rows: [], expect: pass", id="empty-where-it-should-pass"),
    ],
)
def test_an_unexpected_pass_or_failure_fails_a_test(ran, test):
    """A rule that passes by mistake is caught like one that fails by mistake."""
    assert not ran(test).passed


def test_a_condition_parameter_that_cannot_be_compiled_is_an_error(ran):
    """The test says what is wrong with it."""
    case = ran("rows: [], expect: pass, params: {high_up: row.floor >}")

    assert (case.actual, case.passed) == ("error", False)
    assert "Syntax error" in case.reason


def test_a_condition_parameter_over_other_rows_changes_nothing(compiled, rule_text):
    """A parameter that the rule cannot read may still be set in its test."""
    parameters = PARAMETERS.replace("over: acme.door", "over: acme.watch")
    test = "[{name: it, rows: [{locked: true}], expect: pass, params: {high_up: row.floor > 9}}]"
    (case,) = run_cases(compiled(rule_text(tests=test), parameters=parameters))

    assert case.passed, case


def test_run_cases_tests_every_rule_of_every_pack_in_order(compiled, rule_text):
    """Results name the pack, the rule and the test."""
    test = (
        "[{name: one, rows: [{locked: true}], expect: pass}, {name: two, rows: [], expect: fail}]"
    )
    packs = compiled(
        rule_text(id="b", tests=test), rule_text(id="a", over="acme.watch", tests=test)
    )

    assert [(case.pack, case.rule, case.test, case.passed) for case in run_cases(packs)] == [
        ("acme-doors", "b", "one", True),
        ("acme-doors", "b", "two", False),
        ("acme-doors", "a", "one", True),
        ("acme-doors", "a", "two", False),
    ]


def test_coverage_mistakes_name_the_tests_a_rule_lacks(pack_text, rule_text, sources):
    """Only tests that come out as they expect count; each lack stands at the rule's id."""
    whole = (
        "[{name: a, rows: [{locked: true}], expect: pass}, "
        "{name: b, rows: [{locked: false}], expect: fail}, "
        "{name: c, rows: [{}], expect: insufficient}]"
    )
    control = "[{framework: soc2, id: CC6.4}]"
    text = pack_text(
        rule_text(id="whole", tests=whole, controls=control),
        rule_text(id="wrong", tests="[{name: a, rows: [], expect: pass}]"),
        rule_text(id="informs", severity="informational", tests=whole),
    )
    doors = PackText(text=text, source="doors.yaml")
    packs = compile_packs([doors], sources)

    assert [str(mistake) for mistake in coverage_mistakes(doors, packs)] == [
        "doors.yaml:16:9: wrong has no passing test that expects pass",
        "doors.yaml:16:9: wrong has no passing test that expects fail",
        "doors.yaml:16:9: wrong has no passing test that expects insufficient",
        "doors.yaml:16:9: wrong supports no control; add one under controls",
    ]
