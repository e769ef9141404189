"""A pack from a stranger can neither read files, nor call out, nor exhaust the host."""

from __future__ import annotations

import resource
import time

import pytest

from ccm_core.errors import DocumentError
from ccm_core.rules.cel.compiler import CelEnvironment
from ccm_core.rules.cel.cost import LARGEST, MOST_CHARACTERS
from ccm_core.rules.cel.expression import ExpressionError, NotEvaluable, shared_variables
from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.pack.message_template import LONGEST
from ccm_core.rules.types import PackText


def doubled(times, start):
    """Name a value, and as many others that each are twice the one before."""
    return {"v0": start} | {f"v{n}": f"v{n - 1} + v{n - 1}" for n in range(1, times + 1)}


def nested(levels, inner="true"):
    """Write loops within loops over ten numbers."""
    for level in range(levels):
        inner = f"[0,1,2,3,4,5,6,7,8,9].all(x{level}, {inner})"
    return inner


@pytest.fixture
def environment():
    """Speak about rows without parameters."""
    return CelEnvironment.of({}, ())


@pytest.fixture
def context(environment, now):
    """Hand over a row with a list of many elements."""
    row = {"many": list(range(2000)), "long": "a" * 5000, "few": [1, 2, 3]}
    return environment.row_context(row, shared_variables({}, now))


def lets(environment, texts):
    """Compile lets, each seeing those before it."""
    compiled = {}
    for name, text in texts.items():
        compiled[name] = environment.compile(text, compiled)
    return compiled


GROWING = {
    "doubled texts": (doubled(30, "row.title"), "size(v30) > 0"),
    "doubled lists": (doubled(25, "[1]"), "size(v25) > 0"),
    "replaced by itself": (
        {"a": "row.title.replace('a', row.title)", "b": "a.replace('a', a)"},
        "b == ''",
    ),
    "joined by itself": (
        {"a": "[row.title, row.title].join(row.title)", "b": "[a, a, a].join(a)"},
        "[b, b].join(b) == ''",
    ),
    "lists of lists of lists": (
        {},
        "size(row.many.map(a, row.many.map(b, row.many.map(c, row.many.map(d, row.long))))) > 0",
    ),
    "formatted again and again": (
        {"a": "'%s%s%s%s'.format([row.long, row.long, row.long, row.long])"}
        | {f"f{n}": f"'%s%s'.format([{p}, {p}])" for n, p in enumerate(["a", "f0", "f1"])},
        "f2.format([f2]).format([f2]).format([f2]) == ''",
    ),
}


@pytest.mark.parametrize("name", GROWING)
def test_an_expression_that_could_exhaust_memory_does_not_compile(environment, name):
    """An expression that may build something huge does not compile, and says why."""
    texts, condition = GROWING[name]
    with pytest.raises(ExpressionError) as caught:
        environment.compile(condition, lets(environment, texts))
    assert f"at most {LARGEST:,} are allowed" in str(caught.value)


def test_the_size_limit_allows_usual_expressions(environment, context):
    """Names of names, two loops within each other and joined lists are fine."""
    for text in (
        "row.few.map(a, row.few.map(b, a * b)).size() == 3",
        "row.few.map(a, string(a)).join(', ') == '1, 2, 3'",
        "row.long.replace('b', 'c') == row.long",
    ):
        assert environment.compile(text).evaluate_condition(context) is True
    compiled = lets(environment, doubled(10, "row.few"))
    assert environment.compile("size(v10) == 3072", compiled).evaluate_condition(context) is True


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(nested(6), id="loops-over-constants"),
        pytest.param("row.many.all(a, row.many.all(b, a + b >= 0))", id="loops-over-the-row"),
    ],
)
def test_a_condition_that_loops_too_long_is_an_error(environment, context, text):
    """The runtime stops it within milliseconds; the result is an error and no pass."""
    expression = environment.compile(text)
    began = time.process_time()
    value = expression.evaluate_condition(context)

    assert isinstance(value, NotEvaluable)
    assert not value.insufficient
    assert "Iteration budget exceeded" in value.reason
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("(" * 5000 + "true" + ")" * 5000, "characters", id="long"),
        pytest.param("(" * 200 + "true" + ")" * 200, "recursion limit exceeded", id="parentheses"),
        pytest.param("1" + " + 1" * 500 + " == 1", "recursion depth", id="sums"),
        pytest.param("[" * 100 + "]" * 100 + " == []", "recursion", id="lists"),
        pytest.param("true && " * 2000 + "true", f"at most {MOST_CHARACTERS:,}", id="and"),
        pytest.param("open('/etc/passwd') == ''", "open", id="files"),
        pytest.param("http.get('http://127.0.0.1') == ''", "http", id="network"),
    ],
)
def test_an_expression_that_is_too_deep_or_unknown_does_not_compile(environment, text, expected):
    """Nesting ends at the runtime's limit, and there is nothing to read or call with."""
    with pytest.raises(ExpressionError) as caught:
        environment.compile(text)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("row.__class__ == null", id="python"),
        pytest.param("[" * 30 + "]" * 30 + " == []", id="lists"),
    ],
)
def test_an_expression_cannot_reach_python(environment, context, text):
    """A row is keys and values: an attribute of Python is a key that is not there."""
    assert environment.compile(text).evaluate_condition(context) is not True


def test_regular_expressions_take_linear_time(environment, context):
    """What makes other engines hang is answered at once."""
    began = time.process_time()
    expression = environment.compile("(row.long + '!').matches('^(a+)+$')")
    assert expression.evaluate_condition(context) is False
    assert time.process_time() - began < 1


def test_a_long_message_is_cut(evaluate_rows, row):
    """A reason is at most so long, however long the row's texts are."""
    rule_result = evaluate_rows(
        [row(locked=False, owner="x" * 50_000)], message='"{row.owner}"', **{"assert": "row.locked"}
    )
    assert len(rule_result.results[0].reason) == LONGEST
    assert rule_result.results[0].reason.endswith("x...")


ANCHORS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(ANCHORS.encode(), "aliases expand to more than 1000 values", id="anchors"),
        pytest.param(
            b"a: &a [*a]\n",
            "this alias has no anchor that ends before it",
            id="itself",
        ),
        pytest.param(
            b"rules: [" + b"x," * 5_000_000 + b"]",
            "the file has 10000009 bytes",
            id="ten-megabytes",
        ),
        pytest.param(
            b"title: \xff\xfe", "doors.yaml:1:8: these bytes are not UTF-8", id="no-utf-8"
        ),
        pytest.param("kind: RulePack".encode("utf-16"), "these bytes are not UTF-8", id="utf-16"),
        pytest.param(b"a: \x00", "the control character U+0000", id="a-null-byte"),
        pytest.param(b"[" * 100_000, "nested deeper than 50 levels", id="nesting"),
        pytest.param(b"!!python/object/apply:os.system [ls]", "tags such as", id="tags"),
    ],
)
def test_a_pack_with_exploding_aliases_is_refused_at_once(sources, text, expected):
    """Bytes, levels and what aliases expand to are bounded before anything is built."""
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DocumentError) as caught:
        compile_packs([PackText(text=text, source="doors.yaml")], sources)

    assert expected in str(caught.value)
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_the_number_of_rules_in_a_pack_is_bounded(sources, pack_text, rule_text):
    """A pack of thousands of rules is refused before one is compiled."""
    text = pack_text(*(rule_text(id=f"r{n}") for n in range(501)))
    with pytest.raises(DocumentError) as caught:
        compile_packs([PackText(text=text, source="doors.yaml")], sources)
    assert "doors.yaml:6:3" in str(caught.value)
