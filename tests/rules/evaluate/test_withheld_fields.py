"""Without an optional kind a rule decides what is the same for whatever the kind would show."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from itertools import product

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Outcome
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.types import Facts, PackText, RowSource
from ccm_core.sdk.view import Row

NOW = datetime(2026, 11, 30, tzinfo=UTC)
VIEW, KIND, OPTIONAL = "acme.gate", "acme.door", "acme.badge"
BOOLEAN, INTEGER = {"type": "boolean"}, {"type": "integer"}
SCHEMA = {
    "type": "object",
    "properties": {"a": BOOLEAN, "b": BOOLEAN, "f": BOOLEAN, "n": INTEGER},
}
SOURCES = [
    RowSource(
        name=VIEW,
        inputs=(KIND, OPTIONAL),
        schema=lambda: SCHEMA,
        optional={OPTIONAL: ("f", "n")},
    )
]
ATOMS = (
    *("row.a", "row.b", "row.f", "row.n > 1", "true", "row.n in [1, 2]", "held"),
    *("has(row.f)", "has(row.a)", "row.?f.orValue(true)", "row.?n.orValue(0) > 0", "'f' in row"),
    *("[row.a, row.f].exists(x, x)", "[row.b, row.f].all(x, x)", "[row.f].map(x, !x)[0]"),
)
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        inner.map(lambda text: f"!({text})"),
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)
LETS = st.sampled_from(["row.f", "row.a || row.f", "row.n == 2", "has(row.f) || row.b"])


@cache
def packs(match, assertion, let, message="{row.a} is open"):
    """Compile one rule."""
    rule = {
        "id": "gate_closed",
        "title": "Gates are closed",
        "status": "stable",
        "severity": "informational",
        "over": VIEW,
        "let": {"held": let},
        "match": match,
        "assert": assertion,
        "message": message,
        "on_empty": "not_applicable",
    }
    document = {
        "apiVersion": "ccm/v1",
        "kind": "RulePack",
        "metadata": {"name": "acme-gates", "version": "1.0.0", "title": "Gates"},
        "rules": [{name: value for name, value in rule.items() if value is not None}],
    }
    text = PackText(text=json.dumps(document).encode(), source="gates.yaml")
    return compile_packs([text], SOURCES, checked=True)


def result(compiled, bodies, **badges):
    """Evaluate rows, with the standing of the optional kind."""
    standing = {"outcome": Outcome.COMPLETE, "connection": "hq", "collected_at": NOW}
    facts = Facts(
        connection="hq",
        rows={
            VIEW: tuple(
                Row(
                    subject=Subject(kind=KIND, key=str(number), title=f"Gate {number}"),
                    body=body,
                    evidence_digests=("sha256:0",),
                )
                for number, body in enumerate(bodies)
            )
        },
        inputs={VIEW: (KIND, OPTIONAL)},
        sufficiency={
            KIND: KindSufficiency(kind=KIND, **standing),
            OPTIONAL: KindSufficiency(kind=OPTIONAL, **(standing | badges)),
        },
    )
    return evaluate(compiled, [facts], (), now=NOW).rules[0]


def by_row(rule):
    """Return the status of each row that has a result."""
    return {one.subject.key: one.status for one in rule.results if one.subject.kind == KIND}


GATES = [{"a": a, "b": b} for a, b in product([True, False], repeat=2)]
VALUES = [{"f": f, "n": n} for f, n in product([True, False], [0, 1, 2])]
LACKING = [
    {"outcome": Outcome.UNAVAILABLE, "problem": "acme.badge is unavailable"},
    {"outcome": None},
    {"problem": "acme.badge is 3d old"},
]


@given(
    match=st.none() | CONDITIONS,
    assertion=CONDITIONS,
    let=LETS,
    lacking=st.sampled_from(LACKING),
    seen=st.sampled_from([{}, *VALUES]),
)
@settings(max_examples=400, deadline=None)
def test_what_is_decided_without_a_field_is_so_for_each_of_its_values(
    match, assertion, let, lacking, seen
):
    """Whatever a row still shows of it; everything else is inconclusive."""
    compiled = packs(match, assertion, let)
    try:
        compiled.packs[0].groups[0].rules[0].conditions  # noqa: B018 - compiles them
    except DocumentError:  # a condition that is true of every row, or of none
        reject()
    alike = [by_row(result(compiled, [gate | value for gate in GATES])) for value in VALUES]
    without = result(compiled, [gate | seen for gate in GATES], **lacking)
    for key, status in by_row(without).items():
        if status not in {"insufficient", "error"}:
            assert {statuses[key] for statuses in alike} == {status}
    if without.status in {"pass", "fail"}:
        whole = {result(compiled, [g | v for g in GATES]).status for v in VALUES}
        assert whole == {without.status}


UNAVAILABLE = LACKING[0]
ACCEPTED = UNAVAILABLE | {"accepted": "the plan has no badges"}


@pytest.mark.parametrize(
    ("match", "assertion", "expected"),
    [
        pytest.param(None, "row.a || row.f", "pp??", id="one of two is enough"),
        pytest.param(None, "row.a && row.f", "??ff", id="one of two is too little"),
        pytest.param("row.a", "row.f", "??--", id="outside of what it is about"),
        pytest.param("row.f", "row.a", "????", id="it decides whether it is about it"),
        pytest.param(None, "row.a ? row.b : row.n > 1", "pf??", id="the other branch"),
        pytest.param(None, "[row.a, row.f].exists(x, x)", "????", id="in a list"),
        pytest.param(None, "row.b || held", "p?p?", id="by a name"),
    ],
)
@pytest.mark.parametrize("lacking", [UNAVAILABLE, ACCEPTED], ids=["denied", "accepted"])
def test_only_subjects_that_depend_on_it_are_not_decided(match, assertion, expected, lacking):
    """Inconclusive where the kind is denied, and not applicable where that is accepted."""
    rule = result(packs(match, assertion, "row.f"), GATES, **lacking)
    open_status = "not_applicable" if lacking is ACCEPTED else "insufficient"
    letters = {"p": "pass", "f": "fail", "-": "not_applicable", "?": open_status}
    assert [by_row(rule)[str(n)] for n in range(4)] == [letters[letter] for letter in expected]
    reasons = {one.reason for one in rule.results if one.status == "insufficient"}
    if lacking is UNAVAILABLE:
        assert all("is not known: acme.badge is unavailable" in reason for reason in reasons)


@pytest.mark.parametrize(
    "assertion",
    [
        "row.a || has(row.f)",
        "row.a || row.?f.orValue(true)",
        "row.a || has( // as a comment hides it\nrow.f)",
        "row.a || row. // as a comment hides it\n?f.orValue(true)",
        "row.a || 'f' in row",
        "row.a || row['f']",
    ],
)
def test_a_rule_that_tests_whether_the_field_is_there_is_not_evaluated(assertion):
    """Its absence would be taken for an answer."""
    rule = result(packs(None, assertion, "row.a"), GATES, **UNAVAILABLE)
    assert (rule.status, by_row(rule)) == ("insufficient", {})


def test_a_message_does_without_the_field():
    """The check fails by another one, and says what it knows."""
    compiled = packs(None, "row.a", "row.a", message="badge {row.f ?? 'unknown'}")
    rule = result(compiled, [{"a": False}], **UNAVAILABLE)
    (failing,) = (one for one in rule.results if one.status == "fail")
    assert failing.reason == "badge unknown"
