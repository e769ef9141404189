"""What is told of a condition by one field is what CEL says of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.rules.cel.compiler import CelEnvironment, RowFields
from ccm_core.rules.cel.expression import Expression, NotEvaluable, shared_variables
from ccm_core.rules.cel.field_tests import FieldTests
from ccm_core.rules.pack.fields_read import fields_read

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
ENVIRONMENT = CelEnvironment.of({"strict": "boolean", "name": "string"}, ["chosen"])
VALUES = st.sampled_from([True, False, None, "high", "low", "", 0, 1, 2.5, [True], {"a": "high"}])
ROWS = st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES)
CONJUNCTS = [
    "row.a",
    "!row.b",
    "row.a == 'high'",
    "row.b != 'low'",
    "'high' == row.c",
    "has(row.b)",
    "!has(row.c)",
    "row.c == true",
    "row.a.a == 'high'",
    "params.strict",
    "!params.chosen",
    "params.name == 'high'",
    "row.c > 1",
    "(row.a || row.b)",
    "row[?'a'].hasValue()",
    "[1].exists(each, row.a == 'high')",
]
CONDITIONS = st.lists(st.sampled_from(CONJUNCTS), min_size=1, max_size=4)


def evaluated(text, row, *, strict=True, tests=True, fields=True):
    """Evaluate a condition on a row, with what fields tell of it or by CEL alone."""
    expression = ENVIRONMENT.compile(text)
    chosen = ENVIRONMENT.compile("row.a")
    if not tests:
        expression, chosen = (plain(expression) for expression in (expression, chosen))
    read = (fields_read([chosen], ()), fields_read([chosen, expression], ()))
    variables = shared_variables({"strict": strict, "name": "high"}, NOW)
    context = ENVIRONMENT.row_context(
        row, variables, {"chosen": chosen}, fields=RowFields(*read) if fields else RowFields()
    )
    return expression.evaluate_condition(context)


def plain(expression):
    """Return an expression of which no field tells anything."""
    names = [name for name in Expression.__slots__ if name != "tests"]
    return Expression(**{name: getattr(expression, name) for name in names}, tests=FieldTests())


@given(CONDITIONS, ROWS, st.booleans())
def test_a_condition_is_what_the_runtime_says_of_the_whole_row(conjuncts, row, strict):
    """Only the fields that are read are handed over, and some conjuncts decide without CEL."""
    text = " && ".join(conjuncts)
    told = evaluated(text, row, strict=strict)
    by_runtime = evaluated(text, row, strict=strict, tests=False, fields=False)
    assert told == by_runtime


@pytest.mark.parametrize(
    ("text", "row", "known"),
    [
        ("row.a", {"a": True}, True),
        ("row.a", {"a": False}, False),
        ("row.a", {}, None),
        ("row.a", {"a": "high"}, None),
        ("!row.a && row.b > 1", {"a": True}, False),
        ("!row.a && row.b > 1", {"a": False}, None),
        ("row.b > 1 && row.a == 'high'", {"a": "low"}, False),
        ("row.a != 'high'", {"a": "high"}, False),
        ("row.a == 'high'", {"a": None}, None),
        ("has(row.a)", {"a": False}, None),
        ("row.a || row.b", {"a": False}, None),
        ("row.a.b", {"b": False}, None),
        ("lookup('acme.person', row.b).name == '' && row.a", {"a": False}, None),
    ],
)
def test_one_field_decides_where_its_conjunct_does(text, row, known):
    """Whatever CEL would say of the others."""
    assert ENVIRONMENT.compile(text).tests.known(row, {}) is known


def test_an_error_beside_a_false_conjunct_is_not_looked_at():
    """As CEL's own conjunction does."""
    assert evaluated("row.missing > 1 && row.a", {"a": False}) is False
    assert isinstance(evaluated("row.missing > 1", {}), NotEvaluable)
