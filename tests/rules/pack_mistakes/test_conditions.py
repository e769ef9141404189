"""Mistakes in conditions, in names for parts of them, and in messages."""

from __future__ import annotations

import textwrap

import pytest


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "row.locked",
            "row.loked",
            ['13:13: unknown field "loked"; did you mean "locked"?'],
            id="unknown-field",
        ),
        pytest.param(
            "row.locked", "row.locked &&", ["13:26: syntax error: unexpected end"], id="syntax"
        ),
        pytest.param(
            "row.locked",
            '"row.locked & true"',
            ["13:25: syntax error: unexpected &"],
            id="syntax-in-quotes",
        ),
        pytest.param(
            "row.locked",
            "|\n      row.locked\n      && nobody\n",
            [
                (
                    '15:10: unknown name "nobody"; '
                    'expected one of "row", "now", "period", "lookup", "params.NAME"'
                )
            ],
            id="in-a-block",
        ),
        pytest.param(
            "row.locked",
            "size(row.keys)",
            ["13:13: expected true or false, got int"],
            id="no-bool",
        ),
        pytest.param(
            "row.locked",
            "row.age < params.limt",
            ['13:23: unknown parameter "limt"; did you mean "limit"?'],
            id="unknown-parameter",
        ),
        pytest.param(
            "row.locked",
            "params.limit == 'x'",
            ["13:26: `==` does not accept (int, string)"],
            id="types",
        ),
        pytest.param(
            "row.locked",
            "params.high_up",
            [
                (
                    "13:13: params.high_up is a condition over acme.watch; it can only be"
                    " used in rules over the same"
                )
            ],
            id="condition-over-another",
        ),
        pytest.param(
            "row.locked",
            "lookup(row.owner, 'x').name == ''",
            ["13:20: expected a literal kind: lookup('KIND', KEY)"],
            id="lookup-of-a-computed-kind",
        ),
        pytest.param(
            "row.locked",
            "lookup('acme.persn', 'x').name == ''",
            ['13:20: unknown evidence kind "acme.persn"; did you mean "acme.person"?'],
            id="lookup-of-an-unknown-kind",
        ),
        pytest.param(
            "row.locked",
            "lookup('acme.watch', 'x').name == ''",
            ['13:20: unknown evidence kind "acme.watch"; did you mean "acme.badge"?'],
            id="lookup-of-a-view",
        ),
        pytest.param(
            "row.locked",
            "lookup('acme.person').name == ''",
            ["13:19: expected a kind and a key: lookup('KIND', KEY)"],
            id="lookup-with-one-argument",
        ),
        pytest.param(
            "{row.title}",
            "{row.titel}",
            ['14:16: unknown field "titel"; did you mean "title"?'],
            id="message-field",
        ),
        pytest.param(
            "{row.title}",
            "{who}",
            [
                (
                    '14:16: unknown name "who"; expected one of "row", "now", "period", '
                    '"lookup", "params.NAME"'
                )
            ],
            id="message-name",
        ),
        pytest.param(
            "{row.title}",
            "{row.title",
            ["14:15: this brace is not closed; write {{ for a brace"],
            id="message-brace",
        ),
        pytest.param(
            "    on_empty",
            "    let: {now: row.age}\n    on_empty",
            ["15:11: `now` has another meaning in conditions; choose another name"],
            id="let-of-a-reserved-name",
        ),
        pytest.param(
            "    on_empty",
            "    let: {old: row.ag}\n    on_empty",
            ['15:16: unknown field "ag"; did you mean "age"?'],
            id="let-field",
        ),
        pytest.param(
            "row.locked",
            "row.locked == 99999999999999999999",
            ["13:27: invalid int literal"],
            id="number-too-large",
        ),
        pytest.param(
            "row.locked",
            "row.locked ? true",
            ["13:30: syntax error: unexpected end"],
            id="half-a-choice",
        ),
        pytest.param(
            "row.locked",
            "locked",
            [
                (
                    '13:13: unknown name "locked"; '
                    'expected one of "row", "now", "period", "lookup", "params.NAME"'
                )
            ],
            id="row-left-out",
        ),
        pytest.param(
            "row.locked",
            "row.locked = true",
            ["13:24: syntax error: unexpected =; use == instead"],
            id="one-equals-sign",
        ),
        pytest.param(
            "row.locked",
            "row.locked and row.open",
            ["13:24: syntax error: unexpected and; use && instead"],
            id="and-in-words",
        ),
    ],
)
def test_a_mistake_in_a_condition_has_its_location(compiling, rule, old, new, expected):
    """Line and column are those inside the text of the condition or message."""
    assert old in rule
    mistakes = compiling(rule.replace(old, new))

    assert mistakes == [f"doors.yaml:{mistake}" for mistake in expected]


def test_a_tolerance_by_month_needs_a_date(compiling, rule):
    """A share by month over rows that have no `occurred_at` could never be evaluated."""
    broken = (
        rule.replace("over: acme.door", "over: acme.person")
        .replace("row.locked", "row.name != ''")
        .replace("{row.title}", "{row.name}")
        .replace("    on_empty", "    tolerance: {at_least: 95%, per: month}\n    on_empty")
    )

    assert compiling(broken) == [
        "doors.yaml:15:37: a month needs `occurred_at`, which rows of acme.person do not have"
    ]


def test_a_mistake_in_a_let_is_reported_once(compiling, rule):
    """Where a name is used that could not be compiled, nothing more is said of it."""
    broken = rule.replace("    on_empty", "    let: {old: row.age +}\n    on_empty").replace(
        "assert: row.locked", "assert: old > 3 && old < 5"
    )

    assert compiling(broken) == ["doors.yaml:15:25: syntax error: unexpected end"]


def test_a_mistake_inside_a_folded_text_has_its_location(compiling, rule):
    """Line and column hold where YAML folds a condition over lines."""
    folded = textwrap.dedent("""\
        assert: >-
              row.locked
              && nobody""")
    broken = rule.replace("assert: row.locked", folded)

    assert compiling(broken)[0].startswith('doors.yaml:15:10: unknown name "nobody"')
