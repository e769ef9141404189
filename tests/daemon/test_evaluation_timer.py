"""When the watch judges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.daemon.evaluation_timer import EvaluationTimer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("judging", "reading", "due"),
    [
        pytest.param(EvaluationTimer(asked_at=NOW), False, True, id="something changed"),
        pytest.param(EvaluationTimer(asked_at=NOW), True, False, id="other rounds may change more"),
        pytest.param(EvaluationTimer(asked_at=NOW - 5 * MINUTE), True, True, id="but not for long"),
        pytest.param(EvaluationTimer(asked_at=NOW + HOUR), True, True, id="a clock was set back"),
        pytest.param(EvaluationTimer(asked_at=NOW, running=True), False, False, id="one at a time"),
        pytest.param(
            EvaluationTimer(asked_at=None, judged_at=NOW - MINUTE), False, False, id="nothing changed"
        ),
        pytest.param(
            EvaluationTimer(asked_at=None, judged_at=NOW - HOUR), False, True, id="time changes verdicts"
        ),
        pytest.param(
            EvaluationTimer(asked_at=None, judged_at=NOW - HOUR), True, False, id="a round has just begun"
        ),
        pytest.param(
            EvaluationTimer(asked_at=None, judged_at=NOW - HOUR - 5 * MINUTE), True, True, id="it goes on"
        ),
        pytest.param(
            EvaluationTimer(asked_at=None, judged_at=NOW + HOUR), False, True, id="judged by a wrong clock"
        ),
    ],
)
def test_a_verdict_is_made_anew(judging, reading, due):
    """After the evidence changed, or when the verdict has grown old."""
    assert judging.due(NOW, reading=reading) is due


def test_what_changes_while_it_is_judged_is_judged_again():
    """The new question outlives the old verdict."""
    judging = EvaluationTimer(asked_at=NOW).began().asked(NOW + MINUTE)
    assert not judging.due(NOW + MINUTE, reading=False)
    assert judging.ended(NOW + 2 * MINUTE).due(NOW + 2 * MINUTE, reading=False)
