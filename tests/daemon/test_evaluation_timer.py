"""When the watch judges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.daemon.evaluation_timer import EvaluationTimer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("timer", "polling", "due"),
    [
        pytest.param(EvaluationTimer(pending_since=NOW), False, True, id="something changed"),
        pytest.param(
            EvaluationTimer(pending_since=NOW), True, False, id="other rounds may change more"
        ),
        pytest.param(
            EvaluationTimer(pending_since=NOW - 5 * MINUTE), True, True, id="but not for long"
        ),
        pytest.param(
            EvaluationTimer(pending_since=NOW + HOUR), True, True, id="a clock was set back"
        ),
        pytest.param(
            EvaluationTimer(pending_since=NOW, running=True), False, False, id="one at a time"
        ),
        pytest.param(
            EvaluationTimer(pending_since=None, evaluated_at=NOW - MINUTE),
            False,
            False,
            id="nothing changed",
        ),
        pytest.param(
            EvaluationTimer(pending_since=None, evaluated_at=NOW - HOUR),
            False,
            True,
            id="time changes verdicts",
        ),
        pytest.param(
            EvaluationTimer(pending_since=None, evaluated_at=NOW - HOUR),
            True,
            False,
            id="a round has just begun",
        ),
        pytest.param(
            EvaluationTimer(pending_since=None, evaluated_at=NOW - HOUR - 5 * MINUTE),
            True,
            True,
            id="it goes on",
        ),
        pytest.param(
            EvaluationTimer(pending_since=None, evaluated_at=NOW + HOUR),
            False,
            True,
            id="judged by a wrong clock",
        ),
    ],
)
def test_evaluation_is_due_after_changes_or_after_an_hour(timer, polling, due):
    """After the evidence changed, or when the verdict has grown old."""
    assert timer.due(NOW, polling=polling) is due


def test_change_during_an_evaluation_requests_another():
    """The new question outlives the old verdict."""
    timer = EvaluationTimer(pending_since=NOW).started().requested(NOW + MINUTE)
    assert not timer.due(NOW + MINUTE, polling=False)
    assert timer.ended(NOW + 2 * MINUTE).due(NOW + 2 * MINUTE, polling=False)
