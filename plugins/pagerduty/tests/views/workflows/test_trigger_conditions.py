"""Whether a condition of a trigger holds for every incident of a priority."""

from __future__ import annotations

import pytest
from ccm_pagerduty.views.workflows.trigger_conditions import holds_for_priority

P1 = "incident.priority matches 'P1'"
P2 = "incident.priority matches 'P2'"
URGENCY = "incident.urgency matches 'high'"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(P1, True, id="of the priority"),
        pytest.param('incident.priority matches "P1"', True, id="with other quotes"),
        pytest.param(P2, False, id="of another"),
        pytest.param(f"{P2} or {P1}", True, id="of one or the other"),
        pytest.param(f"{P2} OR {P1}", True, id="joined in capitals"),
        pytest.param(f"{URGENCY} or {P1}", True, id="of the priority, and of others"),
        pytest.param(URGENCY, False, id="of something else"),
        pytest.param(None, True, id="none"),
        pytest.param(" ", True, id="empty"),
        pytest.param(f"{P1} and {URGENCY}", None, id="of some of its incidents"),
        pytest.param(f"{P2} or {P1} and {URGENCY}", None, id="of some, after or"),
        pytest.param(f"{P1} or {P1} and {URGENCY}", True, id="of all, and of some again"),
        pytest.param(f"({P2} or {P1}) and {URGENCY}", None, id="in parentheses"),
        pytest.param(f"not {P1}", None, id="negated"),
        pytest.param("incident.priority matches regex 'P[12]'", None, id="by a pattern"),
        pytest.param("incident.priority matches part 'P'", None, id="by a part"),
        pytest.param("incident.priority exists", None, id="of any"),
        pytest.param(
            "incident.title matches 'a or incident.priority matches ''P1'", None, id="odd quotes"
        ),
        pytest.param(
            f'incident.title matches "x or {P1} or y"', None, id="a text that looks like one"
        ),
    ],
)
def test_a_condition_holds_for_a_priority_where_it_says_so_alone(condition, expected):
    """What is not understood of a priority is neither held nor not held."""
    assert holds_for_priority(condition, "P1") is expected
