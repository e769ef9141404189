"""A condition that is the same for every row narrows a rule to nothing, or passes everything."""

from __future__ import annotations

import pytest

from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.types import PackText

CONSTANTS = {
    "false": ("'false'", "is always false"),
    "true": ("'true'", "is always true"),
    "a comparison of numbers": ("1 == 2", "is always false"),
    "true, or the row": ("true || row.locked", "is always true"),
    "the row, or an equation": ("row.locked || 1 + 1 == 2", "is always true"),
    "the row, and false": ("row.floor > 3 && false", "is always false"),
    "a choice that was made": ("'1 < 2 ? false : row.locked'", "is always false"),
    "the moment": ("now > timestamp('2026-01-01T00:00:00Z')", "reads neither `row`"),
    "a parameter": ("params.limit > 5", "reads neither `row`"),
    "elements of a literal list": ("'[1, 2].all(n, n > 3)'", "is always false"),
    "a name for a constant": ("never", "is always false"),
    "a name of a name for a constant": ("still && row.locked", "is always false"),
}
LETS = "    let: {never: 1 == 2, still: never}\n"
FIELDS = {
    "match": "leave `match` out to evaluate every row",
    "assert": "what must hold for a row",
    "not_due": "leave `not_due` out if every row is due",
}


def with_condition(rule, field, text):
    """Write a condition of a rule, and return where it stands."""
    if field == "assert":
        return rule.replace("assert: row.locked\n", f"assert: {text}\n{LETS}"), "13:"
    return rule.replace("    on_empty", f"{LETS}    {field}: {text}\n    on_empty"), "16:"


@pytest.mark.attack(
    "Settings",
    "A pack with a condition that is the same for every row, such as `match: 1 == 2`",
    "Refused when the pack is loaded, with file, line and column, and with what to write instead",
)
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", CONSTANTS)
def test_a_condition_that_is_the_same_for_every_row_is_refused(compiling, rule, field, name):
    """No rule is silently empty or true by what its pack says, whichever way it is written."""
    text, expected = CONSTANTS[name]
    broken, place = with_condition(rule, field, text)
    (mistake,) = compiling(broken)

    assert mistake.startswith(f"doors.yaml:{place}")
    assert expected in mistake
    assert FIELDS[field] in mistake


DEPENDENT = {
    "a field": "row.locked",
    "the row as a whole": "size(row) > 3",
    "a field in a loop": "'[1, 2].exists(n, n == row.floor)'",
    "a name for a field": "old",
    "a condition parameter": "params.high",
    "the moment and a field": "now > timestamp(row.due_at)",
    "whether there is a field": "has(row.floor)",
    "a record that is looked up": "lookup('acme.person', 'P1').name == ''",
    "a parameter that varies by the row": "params.share > 5",
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", DEPENDENT)
def test_a_condition_that_depends_on_the_evidence_is_compiled(rule, sources, field, name):
    """The price of it is no noise: whatever reads a row or a record is a condition."""
    text, _ = with_condition(rule, field, DEPENDENT[name])
    text = text.replace(LETS, "    let: {old: row.age > 3}\n").replace(
        "parameters:\n",
        "parameters:\n"
        "  high: {type: condition, over: acme.door, default: row.floor > 3, description: d}\n"
        "  share: {type: integer, default: 5, varies_by: row.title, description: d}\n",
    )
    assert compile_packs([PackText(text=text.encode(), source="doors.yaml")], sources).packs


@pytest.mark.attack(
    "Settings",
    "A condition parameter that selects no row whatever the evidence, such as `1 == 2`",
    "Refused when settings or pack are loaded; one that selects every row stays allowed",
)
@pytest.mark.parametrize(
    "text", ["'false'", "1 == 2", "row.floor > 3 && false", "params.limit > 5"]
)
def test_a_condition_parameter_that_selects_nothing_is_refused(compiling, rule, text):
    """Its rules would be empty, or true, without a word."""
    (mistake,) = compiling(rule.replace("default: row.floor > 3", f"default: {text}"))
    assert mistake.startswith("doors.yaml:6:")
    assert "expected a condition that reads `row`" in mistake


def test_a_setting_that_selects_nothing_is_refused_where_it_was_written(compiling, rule):
    """The mistake names the parameter, as for every other mistake of a setting."""
    (mistake,) = compiling(rule, parameters={"high_up": "row.floor > 3 && false"})
    assert "high_up" in mistake
    assert "is always false" in mistake


OVER = "  high: {type: condition, over: acme.door, default: row.floor > 3, description: d}\n"


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        pytest.param("match", "'!params.high'", "is always false", id="none matches"),
        pytest.param("not_due", "params.high", "is always true", id="none is due"),
        pytest.param("assert", "params.high || row.locked", "is always true", id="all pass"),
    ],
)
def test_a_setting_that_makes_a_condition_constant_is_refused(
    compiling, rule, field, text, expected
):
    """A condition parameter may select every row, but no rule becomes empty or true by it."""
    written, _ = with_condition(rule.replace("parameters:\n", f"parameters:\n{OVER}"), field, text)
    (mistake,) = compiling(written, parameters={"high": "true"})
    assert expected in mistake


def test_a_setting_that_selects_every_row_is_allowed(rule, sources):
    """All rows match: nothing is out of sight."""
    text, _ = with_condition(
        rule.replace("parameters:\n", f"parameters:\n{OVER}"), "match", "params.high"
    )
    packs = [PackText(text=text.encode(), source="doors.yaml")]
    assert compile_packs(packs, sources, parameters={"high": "true"}).packs
