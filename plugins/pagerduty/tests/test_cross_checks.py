"""Renderings and on-calls are compared over the same days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.cross_checks import on_call_contradictions

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ended", "on_calls", "contradicted"),
    [
        pytest.param(-2, True, False, id="a shift earlier today, on both sides"),
        pytest.param(-2, False, True, id="a shift earlier today, by the rendering alone"),
        pytest.param(-13, True, True, id="a shift of yesterday, and on-calls from today on"),
        pytest.param(-13, False, False, id="nobody from today on, on both sides"),
    ],
)
def test_renderings_and_on_calls_are_compared_from_today_on(ended, on_calls, contradicted):
    """On-calls are listed from the beginning of the day: who was on call today is no mistake."""
    schedule = {"id": "D1", "type": "schedule_reference", "summary": "Primary"}
    rendering = {
        "schedule": schedule,
        "since": (NOW - timedelta(days=3)).isoformat(),
        "until": (NOW + timedelta(days=3)).isoformat(),
        "rendered_coverage_percentage": 10.0,
        "entries": [
            {
                "start": (NOW - timedelta(days=2)).isoformat(),
                "end": (NOW + timedelta(hours=ended)).isoformat(),
                "user": {"id": "ann", "type": "user_reference"},
            }
        ],
    }
    policy = {
        "id": "P1",
        "services": [{"id": "S1", "type": "service_reference"}],
        "escalation_rules": [{"targets": [schedule]}],
    }
    bodies = {
        "pagerduty.schedule_rendering": [rendering],
        "pagerduty.on_call": [{"schedule": schedule}] if on_calls else [],
        "pagerduty.escalation_policy": [policy],
    }
    assert bool(on_call_contradictions(bodies, NOW)) is contradicted
