"""Rules over lists that may lack objects: what is seen is evaluated, and nothing passes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall

WHY = "acme.door is partial (visibility: the key sees a part)"
HIDDEN = Shortfall(reason=Reason.VISIBILITY, detail="the key sees a part")


@pytest.fixture
def hidden(standing_of):
    """Return the inputs of a rule whose doors are listed in part; fields count no record."""

    def make(**fields):
        standing = standing_of(
            "acme.door", Outcome.PARTIAL, problem=WHY, unlisted=WHY, shortfalls=(HIDDEN,), **fields
        )
        return {"sufficiency": [standing], "enumerated": {"acme.door": {}}}

    return make


def by_key(rule_result):
    """Return the status of each result, by its subject's key."""
    return {result.subject.key: result.status.value for result in rule_result.results}


def test_what_would_pass_is_inconclusive_and_what_fails_stays_failed(evaluate_rows, row, hidden):
    """The whole connection is inconclusive besides: nobody knows the population."""
    rows = [row("D1", locked=True), row("D2", locked=False)]
    result = evaluate_rows(rows, inputs=hidden())
    assert by_key(result) == {"D1": "insufficient", "D2": "fail", "hq": "insufficient"}
    assert result.status is Status.FAIL
    assert WHY in {entry.reason for entry in result.results}


@pytest.mark.parametrize("on_empty", ["fail", "not_applicable", "insufficient"])
@pytest.mark.parametrize("rows", [0, 2], ids=["no row", "none applies"])
def test_an_empty_population_says_nothing(evaluate_rows, row, hidden, on_empty, rows):
    """Whatever a rule makes of nothing, there may be something."""
    shown = [row(f"D{number}", locked=True) for number in range(rows)]
    result = evaluate_rows(shown, inputs=hidden(), on_empty=on_empty, match="'!row.locked'")
    assert result.status is Status.INSUFFICIENT
    assert by_key(result)["hq"] == "insufficient"


@pytest.mark.parametrize(
    ("enumerated", "expected"),
    [
        pytest.param({}, "fail", id="no field counts records"),
        pytest.param({"locked": ["acme.person"]}, "fail", id="it counts records that all are seen"),
        pytest.param({"locked": ["acme.door"]}, "insufficient", id="it counts what is hidden"),
        pytest.param({"keys": ["acme.door"]}, "fail", id="another field does"),
        pytest.param(None, "insufficient", id="the view does not say"),
    ],
)
def test_a_failure_stands_where_nothing_hidden_can_change_it(
    evaluate_rows, row, hidden, enumerated, expected
):
    """A view that says nothing loses its failures, and no failure is made up."""
    inputs = hidden() | {"enumerated": {"acme.door": enumerated}}
    result = evaluate_rows([row("D1", locked=False)], inputs=inputs)
    assert by_key(result)["D1"] == expected


@pytest.mark.parametrize("locked", [0, 4, 8], ids=["none passes", "half", "all pass"])
def test_a_pass_rate_of_a_part_is_no_pass_rate(evaluate_rows, row, hidden, locked):
    """Of how many, nobody knows."""
    rows = [row(f"D{number}", locked=number < locked) for number in range(8)]
    result = evaluate_rows(rows, inputs=hidden(), tolerance="{at_least: 60%, per: all}")
    rates = [entry for entry in result.results if entry.subject.kind == "population"]
    assert {entry.status for entry in rates} == {Status.INSUFFICIENT}
    assert result.status is Status.INSUFFICIENT


def test_a_narrower_gap_stands_beside_what_may_be_hidden(evaluate_rows, row, hidden):
    """An object of which the evidence is incomplete is inconclusive for that reason."""
    inputs = hidden(subjects=("acme.door:D2",))
    rows = [row("D1", locked=False), row("D2", locked=False)]
    assert by_key(evaluate_rows(rows, inputs=inputs)) == {
        "D1": "fail",
        "D2": "insufficient",
        "hq": "insufficient",
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(locked=st.lists(st.sampled_from([True, False, None]), max_size=6))
def test_hiding_never_makes_a_result_better(evaluate_rows, row, hidden, locked):
    """Of the same rows, none passes, and none fails that did not fail before."""
    rows = [
        row(f"D{number}", **({} if value is None else {"locked": value}))
        for number, value in enumerate(locked)
    ]
    before, after = by_key(evaluate_rows(rows)), by_key(evaluate_rows(rows, inputs=hidden()))
    assert "pass" not in after.values()
    failed = {key for key, status in after.items() if status == "fail"}
    assert failed <= {key for key, status in before.items() if status == "fail"}


def test_an_accepted_gap_makes_a_rule_not_applicable(evaluate_rows, row, standing_of):
    """It says why; it never passes, and another problem is not hidden by it."""
    gap = standing_of(
        "acme.door", Outcome.UNAVAILABLE, problem="not in the plan", accepted="we have no doors"
    )
    result = evaluate_rows([row("D1", locked=True)], inputs={"sufficiency": [gap]})
    assert result.status is Status.NOT_APPLICABLE
    assert "we have no doors" in result.results[0].reason
