"""What is kept of the condition of a trigger."""

from __future__ import annotations

import pytest
from ccm_pagerduty.collectors.workflows.incident_workflow_trigger import without_texts
from ccm_pagerduty.views.workflows.trigger_conditions import holds_for_priority

P1 = "incident.priority matches 'P1'"


@pytest.mark.parametrize(
    ("condition", "kept", "holds"),
    [
        pytest.param(P1, P1, True, id="a priority"),
        pytest.param(
            f"incident.title matches part 'Ann' or {P1}",
            f"incident.title matches part '...' or {P1}",
            True,
            id="a title, or a priority",
        ),
        pytest.param(
            f'incident.title matches "x or {P1} or y"',
            "incident.title matches '...'",
            False,
            id="a title that reads like a priority",
        ),
        pytest.param(
            "incident.title matches 'a\\' or incident.priority matches \\'P1'",
            "incident.title matches '...' or incident.priority matches \\'...'",
            None,
            id="quotes that are escaped",
        ),
        pytest.param(None, None, True, id="none"),
    ],
)
def test_a_condition_is_kept_without_texts_but_names_of_priorities(condition, kept, holds):
    """What it says of priorities is the same without them."""
    found = without_texts({"id": "T1", "condition": condition})
    assert found["condition"] == kept
    assert holds_for_priority(kept, "P1") is holds
