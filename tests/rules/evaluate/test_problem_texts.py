"""Why evidence is insufficient, in words that change only with the evidence."""

from __future__ import annotations

import pytest
from door_sufficiency import HOUR, NOW, PERIOD, stands, window

from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.sdk.types import Shape


@pytest.mark.parametrize(
    ("collections", "shape"),
    [
        pytest.param([{"ago": 3 * HOUR}], Shape.SNAPSHOT, id="a snapshot that is too old"),
        pytest.param(
            [{"window": window(10, 3), "ago": 3 * HOUR}], Shape.EVENT, id="events that are too old"
        ),
        pytest.param(
            [{"window": window(8, 4), "ago": 4 * HOUR}], Shape.EVENT, id="a gap at the beginning"
        ),
        pytest.param(
            [
                {"window": window(20, 8), "ago": 8 * HOUR},
                {"window": window(6, 4), "ago": 4 * HOUR},
            ],
            Shape.EVENT,
            id="a gap in the middle",
        ),
        pytest.param(
            [{"window": window(40, 20), "ago": 20 * HOUR}], Shape.EVENT, id="before the period"
        ),
    ],
)
def test_a_problem_of_the_same_evidence_reads_the_same_an_hour_later(
    collection, collections, shape
):
    """It names instants of the evidence, and neither an age nor where the period begins."""
    known = [collection(**fields) for fields in collections]
    later = Window(PERIOD.since + HOUR, PERIOD.until + HOUR)
    problem = stands(known, shape).problem

    assert problem
    assert stands(known, shape, now=NOW + HOUR, period=later).problem == problem


def test_a_problem_leaves_out_the_id_of_a_request(collection):
    """It is another one in each run, and the collection keeps it."""
    detail = "GET /doors answered 502 (text/html, 150 bytes, request id 4f-1): Bad Gateway"
    fall = Shortfall(reason=Reason.SOURCE_ERROR, detail=detail)
    sufficiency = stands([collection(outcome=Outcome.FAILED, falls=(fall,))])

    assert sufficiency.problem == (
        "acme.door is failed (source_error: GET /doors answered 502 (text/html): Bad Gateway)"
    )
    assert sufficiency.shortfalls == (fall,)
