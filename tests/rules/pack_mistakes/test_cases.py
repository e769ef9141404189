"""Mistakes in the tests that a rule carries."""

from __future__ import annotations

import pytest


def with_test(more):
    """Return what puts a test before `on_empty`."""
    return f"    tests: [{{name: a, rows: [], expect: pass, {more}}}]\n    on_empty"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "    on_empty",
            "    tests: [{name: a, rows: [{loked: true}], expect: pass}]\n    on_empty",
            ['15:31: unknown field "loked"; did you mean "locked"?'],
            id="test-row",
        ),
        pytest.param(
            "    on_empty",
            "    tests: [{name: a, rows: [], expect: good}]\n    on_empty",
            [
                (
                    '15:41: unknown value "good"; expected one of "pass", "fail", '
                    '"insufficient", "not_applicable", "error"'
                )
            ],
            id="test-expectation",
        ),
        pytest.param(
            "    on_empty",
            with_test("evidence: {acme.person: partial}"),
            [
                (
                    '15:58: unknown evidence kind "acme.person"; did you mean '
                    '"acme.door"? (the rule reads no other)'
                )
            ],
            id="test-evidence",
        ),
        pytest.param(
            "    on_empty",
            with_test("params: {limt: 1m}"),
            ['15:56: unknown parameter "limt"; did you mean "limit"?'],
            id="test-parameter",
        ),
        pytest.param(
            "    on_empty",
            with_test("params: {limit: x}"),
            ["15:63: 'x' is not a duration; write it like 15m, 4h, 7d or PT15M"],
            id="test-parameter-value",
        ),
        pytest.param(
            "    on_empty",
            with_test("lookups: {acme.person:P1: {}}"),
            ['15:57: unknown looked-up kind "acme.person"; none is allowed here'],
            id="test-lookup",
        ),
        pytest.param(
            "    on_empty",
            with_test("lookups: {P1: {}}"),
            ["15:57: expected kind:key"],
            id="test-lookup-without-kind",
        ),
        pytest.param(
            "    on_empty",
            with_test("now: '2026-01-01T00:00:00Z'}, {name: a, rows: [], expect: fail"),
            ["15:84: duplicate test name 'a'"],
            id="test-name-twice",
        ),
    ],
)
def test_a_mistake_in_a_test_has_its_location(compiling, rule, old, new, expected):
    """Before it is run: a row, an expectation, evidence, a parameter or a lookup."""
    assert old in rule
    mistakes = compiling(rule.replace(old, new))

    assert mistakes == [f"doors.yaml:{mistake}" for mistake in expected]
