"""Objects whose evidence is incomplete and that no row is derived from."""

from __future__ import annotations

import pytest

from ccm_core.model.evaluation.result import Population, Status
from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall

HIDDEN = Shortfall(
    reason=Reason.HIDDEN_REFERENCES,
    detail="GET /badges answered 500",
    missing=3,
    subjects=("acme.badge:B1", "acme.badge:B2", "acme.door:D9"),
)
WHY = (
    "2 objects that no row is about have incomplete evidence, such as acme.badge:B1: acme.door of "
    "acme.badge:B1 is partial (hidden_references: GET /badges answered 500)"
)


@pytest.fixture
def gap(standing_of):
    """What is known of doors where a list of badges is broken."""
    lacks = standing_of(
        "acme.door", Outcome.PARTIAL, shortfalls=(HIDDEN,), subjects=HIDDEN.subjects
    )
    return {"sufficiency": [lacks, standing_of("acme.badge")]}


def by_key(rule_result):
    """Return the status of every result, by subject."""
    return {result.subject.key: result.status.value for result in rule_result.results}


@pytest.mark.parametrize(
    ("rows_of", "expected"),
    [
        pytest.param(
            {"acme.watch": "acme.door"}, {"D1", "D9", "hq"}, id="the view has a row of each door"
        ),
        pytest.param({}, {"D1", "B1", "B2", "D9"}, id="the view does not state it"),
        pytest.param({"acme.door": "acme.door"}, {"D1", "B1", "B2", "D9"}, id="another view does"),
    ],
)
def test_incomplete_objects_of_other_kinds_are_reported_once(
    evaluate_rows, row, gap, rows_of, expected
):
    """Rules over doors have no inconclusive badges; that something is missing stays."""
    result = evaluate_rows(
        [row("D1", locked=True)], over="acme.watch", inputs=gap | {"rows_of": rows_of}
    )
    statuses = by_key(result)

    assert set(statuses) == expected
    assert statuses.pop("D1") == "pass"
    assert set(statuses.values()) == {"insufficient"}
    assert result.status is Status.INSUFFICIENT


def test_what_is_reported_once_names_the_number_and_an_example(evaluate_rows, row, gap):
    """On the line of the connection, which is no member of the population."""
    inputs = gap | {"rows_of": {"acme.watch": "acme.door"}}
    result = evaluate_rows([row("D1", locked=True)], over="acme.watch", inputs=inputs)
    (line,) = (entry for entry in result.results if entry.subject.kind == "connection")

    assert line.reason == WHY
    assert result.population == Population(total=2, passed=1, insufficient=1)


@pytest.mark.parametrize("on_empty", ["fail", "not_applicable", "insufficient"])
def test_a_rule_without_rows_is_inconclusive_where_other_objects_are_incomplete(
    evaluate_rows, standing_of, on_empty
):
    """Rows may be missing because of them."""
    lost = Shortfall(reason=HIDDEN.reason, detail=HIDDEN.detail, subjects=HIDDEN.subjects[:2])
    lacks = standing_of("acme.door", Outcome.PARTIAL, shortfalls=(lost,), subjects=lost.subjects)
    result = evaluate_rows(
        [],
        over="acme.watch",
        on_empty=on_empty,
        inputs={
            "sufficiency": [lacks, standing_of("acme.badge")],
            "rows_of": {"acme.watch": "acme.door"},
        },
    )

    assert by_key(result) == {"hq": "insufficient"}
    assert result.results[0].reason == WHY


def test_an_object_that_a_row_reads_makes_that_row_inconclusive(evaluate_rows, row, gap):
    """As before; it is not counted again."""
    result = evaluate_rows(
        [row("D1", locked=True, names=["acme.badge:B1", "acme.badge:B2"])],
        over="acme.watch",
        inputs=gap | {"rows_of": {"acme.watch": "acme.door"}},
    )

    assert by_key(result) == {"D1": "insufficient", "D9": "insufficient"}
