"""Conditions of packs that were checked before are compiled when a row first needs them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.result import Status
from ccm_core.rules.evaluate.evaluator import evaluate

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
HIGH_UP = (
    "{least: {type: integer, default: 3, description: d},"
    " other: {type: integer, default: 3, description: d},"
    " high_up: {type: condition, over: acme.door, default: row.floor > params.least,"
    " description: d}}"
)


@pytest.fixture
def judge(facts, row):
    """Evaluate one open door."""

    def results(packs):
        (rule,) = evaluate(packs, [facts([row(locked=False, floor=1)])], now=NOW).rules
        return [(result.status, result.reason) for result in rule.results]

    return results


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="a rule"),
        pytest.param({"match": "params.high_up == false"}, id="a condition parameter"),
        pytest.param({"let": "{open: row.locked == false}", "assert": "open == false"}, id="a let"),
        pytest.param(
            {"assert": "lookup('acme.person', 'P1').name == ''"}, id="a lookup of what is not there"
        ),
    ],
)
def test_a_condition_that_is_compiled_late_gives_the_same_result(
    compiled, rule_text, judge, fields
):
    """When a condition is compiled changes no result."""
    early, late = (
        compiled(rule_text(**fields), parameters=HIGH_UP, checked=checked)
        for checked in (False, True)
    )

    assert judge(late) == judge(early)
    assert judge(late)[0][0] in {Status.FAIL, Status.INSUFFICIENT}


FORGED = [
    pytest.param({"assert": '"true"'}, "this is always true", id="it is always true"),
    pytest.param({"not_due": '"true"'}, "this is always true", id="it is never due"),
    pytest.param({"assert": "row.lockd"}, 'unknown field "lockd"', id="a field that is not there"),
    pytest.param({"assert": "row.locked =="}, "syntax error", id="it is no expression"),
    pytest.param({"let": "{a: row.lockd}", "assert": "a"}, 'unknown field "lockd"', id="a let"),
    pytest.param({"message": '"{row.titel}"'}, 'unknown field "titel"', id="a message"),
    pytest.param({"match": "params.broken"}, "expected true or false", id="a condition parameter"),
    pytest.param(
        {"assert": "lookup('acme.persn', row.owner).name != ''"}, "acme.persn", id="a lookup"
    ),
]


@pytest.mark.attack(
    "Terminal and files",
    "A pack with a mistake in a condition is said to have been checked before",
    "Nothing is evaluated by it: the mistake is reported with its position, a little later",
)
@pytest.mark.parametrize(("fields", "message"), FORGED)
def test_a_pack_that_was_not_checked_passes_nothing(compiled, rule_text, judge, fields, message):
    """Whoever says that a flawed pack was checked delays the report of its mistakes."""
    over = "acme.door" if "match" in fields else "acme.watch"
    broken = (
        f"{{broken: {{type: condition, over: {over}, default: row.floor + 1, description: d}}}}"
    )
    packs = compiled(rule_text(**fields), parameters=broken, checked=True)

    with pytest.raises(DocumentError, match=r"doors\.yaml:\d+:\d+: ") as refused:
        judge(packs)

    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"tolerance": "{at_least: 1%, per: all}"}, "at least 50%", id="a tolerance"),
        pytest.param({"max_age": "900d"}, "at most 35d", id="an age of evidence"),
        pytest.param({"on_empty": "pass"}, 'unknown value "pass"', id="what the schema refuses"),
        pytest.param({"over": "acme.dor"}, 'did you mean "acme.door"?', id="a view"),
        pytest.param(
            {"tests": "[{name: t, rows: [{lockd: true}], expect: pass}]"}, "lockd", id="a test"
        ),
    ],
)
def test_mistakes_outside_of_conditions_are_always_reported_at_once(
    compiled, rule_text, fields, message
):
    """What is quick to check is checked each time, whether or not it was checked before."""
    with pytest.raises(DocumentError) as refused:
        compiled(rule_text(**fields), checked=True)

    assert message in str(refused.value)


def test_every_mistake_of_a_pack_is_reported_at_once(compiled, rule_text):
    """Mistakes in conditions, in condition parameters and outside of both come together."""
    parameters = "{high_up: {type: condition, over: acme.watch, default: row.flor, description: d}}"
    with pytest.raises(DocumentError) as refused:
        compiled(
            rule_text(**{"assert": "row.lockd", "max_age": "900d", "message": '"{row.titel}"'}),
            parameters=parameters,
        )

    text = str(refused.value)
    assert len(refused.value.mistakes) == 4
    assert all(word in text for word in ("lockd", "titel", "flor", "at most 35d"))


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        pytest.param({}, {"high_up", "least"}, id="by a condition over the same rows"),
        pytest.param({"assert": "row.floor > params.other"}, {"other"}, id="in an assertion"),
        pytest.param({"message": '"{params.other}"'}, {"other"}, id="in a message"),
        pytest.param(
            {"let": "{x: params.other}", "assert": "row.floor > x"}, {"other"}, id="in a let"
        ),
        pytest.param({"assert": "row.floor > params . other"}, {"other"}, id="with white space"),
        pytest.param({"over": "acme.watch", "assert": "row.locked"}, set(), id="of other rows"),
    ],
)
def test_a_rule_depends_on_every_parameter_that_may_change_its_results(
    compiled, rule_text, fields, parameters
):
    """A parameter that a rule reads through a condition parameter is one of them."""
    over_doors = {"high_up", "least"} if fields.get("over") is None else set()
    packs = compiled(rule_text(**fields), parameters=HIGH_UP, checked=True)
    (rule,) = packs.packs[0].groups[0].rules

    assert rule.parameters == parameters | over_doors
