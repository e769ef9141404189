"""Why evidence is insufficient, in words that change only with the evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency
from ccm_core.sdk.types import Shape

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERIOD = Window(NOW - 10 * HOUR, NOW + DAY)


def window(start, end):
    """Return the window between two numbers of hours before now."""
    return Window(NOW - start * HOUR, NOW - end * HOUR)


def stands(collections, shape=Shape.SNAPSHOT, **fields):
    """Ask for the standing of doors, collected every hour."""
    return assess_sufficiency(
        collections,
        **(
            {
                "kind": "acme.door",
                "shape": shape,
                "cadence": HOUR,
                "period": PERIOD,
                "now": NOW,
                "connection": "hq",
            }
            | fields
        ),
    )


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
