"""CEL as conditions use it: true, false, or the reason why neither."""

from __future__ import annotations

import itertools
import sys
from datetime import UTC, datetime

import pytest

from ccm_core.rules.cel.checked_ast import decode
from ccm_core.rules.cel.compiler import CelEnvironment
from ccm_core.rules.cel.expression import ExpressionError, NotEvaluable, shared_variables
from ccm_core.rules.cel.lookup_function import LookupRecord, LookupTable

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
ROW = {
    "title": "Front",
    "locked": True,
    "open_for": 90,
    "floor": None,
    "ratio": 1.5,
    "owner": "P1",
    "number": 7,
    "keys": [{"holder": "P1", "copies": 2}, {"holder": "P2"}],
    "room": {"name": "Hall"},
    "odd key": 1,
}


@pytest.fixture
def lookups():
    """Answer from two people, one of whom lacks evidence."""
    people = {
        "P1": LookupRecord(body={"name": "Ada"}, digest="sha256:ada"),
        "P3": LookupRecord(body={"name": "Cy"}, digest="sha256:cy"),
        "7": LookupRecord(body={"name": "Seven"}, digest="sha256:seven"),
    }
    return LookupTable({"acme.person": people}, {"acme.person:P3": "it was cut off"})


@pytest.fixture
def environment():
    """Speak about rows with a few parameters."""
    types = {
        "limit": "duration",
        "share": "number",
        "name": "string",
        "strict": "boolean",
        "names": "list",
        "most": "integer",
    }
    return CelEnvironment.of(types, ["high_up"])


@pytest.fixture
def holds(environment, lookups):
    """Judge a condition on a row."""
    values = {
        "limit": 900,
        "share": 0.5,
        "name": "Front",
        "strict": True,
        "names": ["Front"],
        "most": 3,
    }

    def ask(text, lets=None, row=ROW, high_up="row.floor != null && row.floor > 3"):
        compiled = {}
        for name, of in (lets or {}).items():
            compiled[name] = environment.compile(of, compiled)
        conditions = {"high_up": environment.compile(high_up)}
        context = environment.row_context(
            row, shared_variables(values, NOW), conditions, lookups=lookups
        )
        return environment.compile(text, compiled).evaluate_condition(context)

    return ask


@pytest.mark.parametrize(
    ("text", "lets", "expected"),
    [
        pytest.param("row.locked", {}, True, id="a-field"),
        pytest.param("row.open_for > params.limit", {}, False, id="a-duration-is-seconds"),
        pytest.param("row.floor == null", {}, True, id="null-is-a-value"),
        pytest.param("has(row.owner) && !has(row.nothing)", {}, True, id="absence-on-purpose"),
        pytest.param("row.locked || row.nothing", {}, True, id="or-needs-only-one-side"),
        pytest.param("row.nothing || row.locked", {}, True, id="or-in-the-other-order"),
        pytest.param("!row.locked && row.nothing", {}, False, id="and-needs-only-one-side"),
        pytest.param("row.ratio >= params.share", {}, True, id="numbers-compare"),
        pytest.param("row.title in params.names", {}, True, id="a-list-parameter"),
        pytest.param("params.strict && params.most == 3", {}, True, id="plain-parameters"),
        pytest.param("params.high_up", {}, False, id="a-condition-parameter"),
        pytest.param("row.keys.exists(k, k.copies == 2)", {}, True, id="one-element-is-enough"),
        pytest.param("row.?room.?name.orValue('') == 'Hall'", {}, True, id="optional-fields"),
        pytest.param("row.title.lowerAscii() == 'front'", {}, True, id="string-functions"),
        pytest.param("now > timestamp('2026-01-01T00:00:00Z')", {}, True, id="the-moment"),
        pytest.param("most == 900", {"most": "params.limit"}, True, id="a-let"),
        pytest.param(
            "twice == 1800", {"one": "params.limit", "twice": "one * 2"}, True, id="let-on-let"
        ),
        pytest.param(
            "row.locked || bad", {"bad": "row.nothing == 1"}, True, id="an-unread-let-may-fail"
        ),
        pytest.param(
            "most > 1 // seconds",
            {"most": "params.limit // a comment"},
            True,
            id="comments-at-the-end",
        ),
        pytest.param(
            "lookup('acme.person', row.owner).name == 'Ada'", {}, True, id="a-record-looked-up"
        ),
        pytest.param(
            "lookup('acme.person', row.number).name == 'Seven'", {}, True, id="by-a-number"
        ),
        pytest.param(
            "row.locked || lookup('acme.person', 'P9').name == ''",
            {},
            True,
            id="a-lookup-that-is-not-needed",
        ),
    ],
)
def test_a_condition_is_true_or_false(holds, text, lets, expected):
    """What can be decided is decided, as CEL decides it."""
    assert holds(text, lets) is expected


@pytest.mark.parametrize(
    ("text", "lets", "reason", "key"),
    [
        pytest.param("row.nothing", {}, "row has no `nothing`", "nothing", id="an-absent-key"),
        pytest.param(
            "row.room.size > 1", {}, "row has no `room.size`", "room.size", id="further-down"
        ),
        pytest.param(
            "row['no such'] == 1", {}, "row has no `no such`", "no such", id="in-brackets"
        ),
        pytest.param(
            "row.keys.all(k, k.copies > 0)",
            {},
            "row has no `keys[].copies`",
            "keys[].copies",
            id="in-an-element",
        ),
        pytest.param(
            "row.locked && bad == 1",
            {"bad": "row.nothing"},
            "row has no `nothing`",
            "nothing",
            id="through-a-let",
        ),
        pytest.param(
            "where.size == 1",
            {"where": "row.room"},
            "row has no `room.size`",
            "room.size",
            id="below-a-let",
        ),
        pytest.param(
            "row.nothing == row.nothing_else",
            {},
            "row has no `nothing`",
            "nothing",
            id="the-first-of-two",
        ),
        pytest.param(
            "lookup('acme.person', 'P9').name == ''",
            {},
            "no acme.person P9 in the evidence",
            None,
            id="a-record-that-is-not-there",
        ),
        pytest.param(
            "lookup('acme.person', 'P3').name == ''",
            {},
            "acme.person P3: it was cut off",
            None,
            id="a-record-known-in-part",
        ),
        pytest.param(
            "lookup('acme.door', 'P1').name == ''",
            {},
            "no acme.door P1 in the evidence",
            None,
            id="a-kind-without-records",
        ),
    ],
)
def test_a_condition_on_missing_evidence_is_insufficient(holds, text, lets, reason, key):
    """A missing key or record is named, and is neither true nor false nor an error."""
    assert holds(text, lets) == NotEvaluable(reason=reason, missing_key=key, insufficient=True)


def test_a_condition_parameter_that_is_not_evaluable_passes_its_reason_on(holds):
    """Whoever reads the parameter learns what its own condition lacked."""
    value = holds("params.high_up", high_up="row.nothing > 3")

    assert value.reason == "row has no `nothing`"
    assert value.insufficient


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "row.floor > 3",
            "`row.floor > 3`: No matching overloads found : _>_(null_type, int64)",
            id="null-against-a-number",
        ),
        pytest.param(
            "row.open_for", "`row.open_for`: expected true or false, got int", id="a-number"
        ),
        pytest.param("row.title", "`row.title`: expected true or false, got str", id="a-text"),
        pytest.param("row.floor", "`row.floor`: expected true or false, got null", id="null"),
        pytest.param("1 / 0 == 1", "`1 / 0 == 1`: divide by zero", id="division"),
        pytest.param(
            "row.keys[9].copies == 1",
            "`row.keys[9].copies == 1`: Index error: index=9 size=2",
            id="past-the-end",
        ),
        pytest.param(
            "row.title.matches('[')",
            "`row.title.matches('[')`: invalid regular expression: missing ]: [",
            id="pattern",
        ),
    ],
)
def test_any_other_failure_of_a_condition_is_an_error(holds, text, reason):
    """A rule that cannot work is distinguished from evidence that is missing."""
    assert holds(text) == NotEvaluable(reason=reason)


def test_a_text_that_looks_like_an_error_is_a_value(holds):
    """A row cannot pretend that a key is missing."""
    row = {"title": 'NOT_FOUND: Key not found in map : "x"'}

    assert holds("row.title", row=row).insufficient is False


def test_an_evaluation_that_grows_too_long_is_an_error(holds):
    """The runtime bounds the steps of one evaluation; reaching the bound is not a pass."""
    row = {"many": list(range(200))}
    value = holds("row.many.all(a, row.many.all(b, a + b >= 0))", row=row)

    assert isinstance(value, NotEvaluable)
    assert not value.insufficient


def test_a_number_beyond_64_bits_is_an_error_of_its_row_only(holds):
    """CEL cannot take such a number; the row is an error, the next one is evaluated."""
    assert isinstance(holds("row.locked", row=ROW | {"big": 2**64}), NotEvaluable)
    assert holds("row.locked") is True


def test_a_row_that_is_no_json_is_not_evaluable(holds):
    """A plugin's mistake makes an error that says where, and never a pass."""
    value = holds("row.locked", row={"locked": True, "room": {"since": NOW}})

    assert value.reason.startswith("`row.locked`: Non-CEL value type for 'row['room']")
    assert not value.insufficient


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param("row.a ==", [(1, 9)], id="ends-too-early"),
        pytest.param("nobody == 1", [(1, 1)], id="an-unknown-name"),
        pytest.param("params.nothing == 1", [(1, 7)], id="an-unknown-parameter"),
        pytest.param("params.limit == 'x'", [(1, 14)], id="types-that-do-not-go-together"),
        pytest.param("row.a &&\n  nobody", [(2, 3)], id="on-the-second-line"),
        pytest.param("a == 1 && b == 2", [(1, 1), (1, 11)], id="two-at-once"),
        pytest.param("lookup(1, 2) == 3", [(1, 7)], id="a-kind-that-is-no-text"),
        pytest.param("'ü' == nobody", [(1, 8)], id="columns-are-characters"),
    ],
)
def test_a_text_that_is_no_condition_is_refused_with_its_position(environment, text, problems):
    """Each problem has its line and column, counted from 1 inside the text."""
    with pytest.raises(ExpressionError) as caught:
        environment.compile(text)

    assert [(line, column) for line, column, _ in caught.value.problems] == problems


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param("door && nobody", [(1, 9)], id="behind-a-let"),
        pytest.param("nobody &&\n  tall == nothing", [(1, 1), (2, 11)], id="on-two-lines"),
        pytest.param("tall == 'x'", [(1, 6)], id="the-type-of-a-let"),
        pytest.param("'ü' == tall", [(1, 5)], id="columns-are-characters"),
        pytest.param("door) || (true", [(1, 5)], id="a-parenthesis-that-closes-nothing"),
        pytest.param("door, true", [(1, 5)], id="a-comma"),
        pytest.param("door // a comment", [], id="a-comment-at-the-end"),
    ],
)
def test_a_text_over_lets_is_refused_with_its_own_position(environment, text, problems):
    """Positions are those of the text, and what is put around it for its lets hides no mistake."""
    lets = {}
    for name, of in {"door": "row.locked == true", "tall": "size(row.title)"}.items():
        lets[name] = environment.compile(of, lets)

    def places():
        try:
            environment.compile(text, lets)
        except ExpressionError as refused:
            return [(line, column) for line, column, _ in refused.problems]
        return []

    assert places() == problems


@pytest.mark.parametrize(
    ("text", "form"),
    [
        pytest.param("row.open_for > 1", "call", id="only-a-field-has-its-name"),
        pytest.param("open_for > 1", "comprehension", id="the-let"),
        pytest.param("row.keys.all(open_for, open_for.copies > 0)", "comprehension", id="a-loop"),
    ],
)
def test_an_expression_is_compiled_with_the_lets_that_it_reads(environment, text, form):
    """A field may have the name of a let, and a loop may hide it."""
    lets = {"open_for": environment.compile("row.open_for")}

    expression = environment.compile(text, lets)

    program = decode(expression.program.serialize())
    assert program.root.form == form
    assert len([node for node in program.nodes() if node.form == "comprehension"]) <= 1


def test_lets_of_lets_weigh_what_they_stand_for(environment):
    """Names that each join the one before to itself are refused where they grow too large."""
    lets = {"a": environment.compile("row.title")}
    for name, following in itertools.pairwise("abc"):
        lets[following] = environment.compile(f"[{name}, {name}, {name}, {name}].join()", lets)

    with pytest.raises(ExpressionError, match="this can grow to"):
        environment.compile("[c, c].join(c) == ''", lets)


def test_lookups_return_the_records_they_read(holds, lookups):
    """What a row rests on includes what was looked up for it, and only for it."""
    holds("lookup('acme.person', 'P1').name == 'Ada'")

    assert lookups.pop_read() == {"acme.person:P1": "sha256:ada"}
    assert lookups.pop_read() == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("row.nothing", None, id="null"),
        pytest.param("null", None, id="a-literal"),
        pytest.param("row.some", [None, 1, [None]], id="in-lists"),
        pytest.param("{'a': row.nothing}", {"a": None}, id="in-a-map"),
        pytest.param("row.nothing == null", True, id="compared"),
        pytest.param("lookup('acme.person', 'P1').nothing", None, id="looked-up"),
        pytest.param("row.?absent.orValue(null)", None, id="optional"),
    ],
)
def test_reading_null_keeps_the_references_to_none(text, expected):
    """However often null is read, as many references to None are left as there were."""
    person = LookupRecord(body={"nothing": None}, digest="d")
    lookups = LookupTable({"acme.person": {"P1": person}})
    environment = CelEnvironment.of({}, ())
    expression = environment.compile(text)
    context = environment.row_context(
        {"nothing": None, "some": [None, 1, [None]]}, shared_variables({}, NOW), lookups=lookups
    )
    assert expression.evaluate(context) == expected
    before = sys.getrefcount(None)
    for _ in range(500):
        expression.evaluate(context)
    assert sys.getrefcount(None) > before - 400


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "row.nothing", "`nothing` is not known: nobody looked", id="the-key-has-a-reason"
        ),
        pytest.param("row.room.size > 1", "`room.size` is not known: no rule", id="any-other-key"),
    ],
)
def test_a_row_may_explain_why_it_leaves_a_key_out(environment, text, reason):
    """The reason stands where nothing but the key would be named."""
    why = {"nothing": "nobody looked", "*": "no rule"}
    context = environment.row_context(ROW, shared_variables({}, NOW), left_out=why)
    value = environment.compile(text).evaluate_condition(context)
    assert (value.reason, value.insufficient) == (reason, True)
