"""An explanation shows each condition in a rule with its value and what it read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.rules.cel.clauses import Clause, clauses
from ccm_core.rules.cel.compiler import CelEnvironment
from ccm_core.rules.cel.expression import NotEvaluable, shared_variables
from ccm_core.rules.results.explain import explain_row


def shape(clause: Clause):
    """Write a clause as nested tuples."""
    return (clause.operator, *map(shape, clause.operands)) if clause.operands else clause.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("row.a", "row.a", id="one"),
        pytest.param("((row.a))", "row.a", id="in-parentheses"),
        pytest.param("(a) && (b)", ("&&", "a", "b"), id="each-in-parentheses"),
        pytest.param(
            "a && b || c && !d", ("||", ("&&", "a", "b"), ("&&", "c", ("!", "d"))), id="or"
        ),
        pytest.param("a && (b || c)", ("&&", "a", ("||", "b", "c")), id="or-within"),
        pytest.param("a ? b : c ? d : e", ("?:", "a", "b", ("?:", "c", "d", "e")), id="choices"),
        pytest.param(
            "row.?a.orValue(true) && b", ("&&", "row.?a.orValue(true)", "b"), id="optional"
        ),
        pytest.param("a == '&& || (' && b", ("&&", "a == '&& || ('", "b"), id="in-quotes"),
        pytest.param(r"a == 'it\'s' || b", ("||", r"a == 'it\'s'", "b"), id="escaped-quotes"),
        pytest.param("l.all(x, x && y) && b", ("&&", "l.all(x, x && y)", "b"), id="in-a-loop"),
        pytest.param("a // && c\n && b", ("&&", "a", "b"), id="comment"),
        pytest.param("a == 'http://x' && b", ("&&", "a == 'http://x'", "b"), id="no-comment"),
        pytest.param("{'a': b}.a && [c][0]", ("&&", "{'a': b}.a", "[c][0]"), id="map-and-list"),
    ],
)
def test_clauses_split_a_condition_at_its_operators(text, expected):
    """By its joints, as deep as they go, and nowhere else."""
    assert shape(clauses(text)) == expected


NAMES = {name: n % 2 == 0 for n, name in enumerate("abcdef")}
CONDITIONS = st.recursive(
    st.sampled_from([f"row.{name}" for name in NAMES]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"{two[0]} && {two[1]}"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} || {two[1]})"),
        inner.map(lambda condition: f"!({condition})"),
        st.tuples(inner, inner, inner).map(lambda t: f"(({t[0]}) ? {t[1]} : ({t[2]}))"),
    ),
    max_leaves=8,
)


@given(text=CONDITIONS, rows=st.fixed_dictionaries(dict.fromkeys(NAMES, st.booleans())))
def test_clauses_joined_again_have_the_value_of_the_condition(text, rows):
    """Joined again as they were, the parts have the value of the whole."""
    environment = CelEnvironment.of({}, ())
    context = environment.row_context(rows, shared_variables({}, None))

    def value(clause):
        parts = [value(part) for part in clause.operands]
        match clause.operator:
            case "&&":
                return all(parts)
            case "||":
                return any(parts)
            case "!":
                return not parts[0]
            case "?:":
                return parts[1] if parts[0] else parts[2]
            case _:
                return environment.compile(clause.text).evaluate_condition(context)

    whole = environment.compile(text).evaluate_condition(context)
    assert not isinstance(whole, NotEvaluable)
    assert value(clauses(text)) == whole


@pytest.fixture
def worked(world, now):
    """Work one rule out for one row."""

    def work(row, *, parameters="{}", settings=None, **fields):
        packs = world.compiled(world.rule_text(**fields), parameters=parameters, settings=settings)
        (pack,) = packs.packs
        (group,) = pack.groups
        return explain_row(pack, group, group.rules[0], row, now)

    return work


def test_a_trace_has_the_value_of_each_clause_and_its_reads(worked, row):
    """What was read stands under the condition that read it, lets and parameters included."""
    trace = worked(
        row(open_for=720, locked=True, owner="kim"),
        **{"assert": "row.locked && row.open_for <= limit", "let": "{limit: params.limit}"},
        match="row.owner != ''",
        parameters="{limit: {type: duration, default: 15m, description: d, varies_by: row.owner}}",
        settings={"limit": {"value": "15m", "overrides": [{"for": ["kim"], "value": "5m"}]}},
    )
    locked, in_time = trace.assertion.operands

    assert trace.match.value is True
    assert trace.assertion.value is False
    assert (locked.text, locked.value) == ("row.locked", True)
    assert [(value.name, value.value) for value in in_time.read] == [
        ("row.open_for", 720),
        ("limit", 300),
    ]
    assert [(let.name, let.value) for let in trace.lets] == [("limit", 300)]
    assert [(parameter.name, parameter.value) for parameter in trace.parameters] == [
        ("params.limit", 300)
    ]


def test_a_trace_names_why_a_clause_has_no_value(worked, row):
    """A field that the row lacks is named where it was read."""
    trace = worked(row(locked=True), **{"assert": "row.locked && row.floor > 2"})

    assert (trace.assertion.value, trace.assertion.reason) == (None, "row has no `floor`")
    assert trace.assertion.operands[1].read[0].reason == "row has no `floor`"


def test_a_trace_shows_a_loop_with_its_list(worked, row):
    """Its own names have no value outside it; the list has."""
    keys = [{"holder": "A", "copies": 1}]
    trace = worked(row(keys=keys), **{"assert": "row.keys.all(key, key.copies < 2 && true)"})

    assert trace.assertion.operands == ()
    assert [(value.name, value.value) for value in trace.assertion.read] == [("row.keys", keys)]
