"""The section on load and drills: shares by service, and when a path was exercised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.sections.load import FIELDS, figures

from ccm_core.sdk.report_figures import SectionRequest, Tone
from ccm_core.sdk.types import Window

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INCIDENTS = "pagerduty.incident_response"


def incident(at, *, of="Checkout", **more):
    """Make what is shown of an incident of high urgency that a person took."""
    whole = {
        "acknowledged_at": at,
        "acknowledged_by_person": True,
        "assignments": 1,
        "drill": False,
        "escalations": 0,
        "is_primary": True,
        "occurred_at": at,
        "highest_urgency": "high",
        "self_resolved": False,
        "service": {"id": of, "title": of},
        **more,
    }
    assert whole.keys() <= set(FIELDS[INCIDENTS])
    return {name: value for name, value in whole.items() if value is not ...}


def drawn(*incidents, hours=None):
    """Return the table; None: there is none."""
    parameters = {} if hours is None else {"pagerduty-response": {"business_hours": hours}}
    tables = figures(
        SectionRequest(
            rows={},
            now=NOW,
            horizon=Window(NOW - timedelta(days=30), NOW + timedelta(days=14)),
            parameters=parameters,
            shown={INCIDENTS: incidents},
        )
    )
    return next(iter(tables), None)


def texts(table):
    """Return the texts of each row."""
    return [[cell.text for cell in row] for row in table.rows]


def test_shares_are_of_the_incidents_of_a_service():
    """Those with most incidents first."""
    table = drawn(
        incident("2026-11-20T02:00:00Z", escalations=2, assignments=3),
        incident("2026-11-21T12:00:00Z", self_resolved=True, acknowledged_by_person=False),
        incident("2026-11-20T12:00:00Z", of="Search"),
    )
    checkout, search = texts(table)
    assert checkout[:7] == ["Checkout", "2", "50%", "50%", "50%", "50%", "50%"]
    assert checkout[7:] == ["2026-11-20", "2026-11-20", "not in the period"]
    assert table.rows[0][4].tone is Tone.BAD
    assert search[:7] == ["Search", "1", "0%", "0%", "0%", "0%", "0%"]


@pytest.mark.parametrize(
    ("hours", "night"),
    [
        pytest.param(None, "100%", id="in UTC"),
        pytest.param("Mon-Fri 09:00-17:00 America/New_York", "0%", id="of the company"),
    ],
)
def test_night_is_by_the_clock_of_the_company(hours, night):
    """The zone of the parameter for business hours."""
    ((_, _, share, *_),) = texts(drawn(incident("2026-11-20T02:00:00Z"), hours=hours))
    assert share == night


def test_a_drill_exercises_a_path_and_is_no_load():
    """A drill that nobody took exercises nothing."""
    taken = incident("2026-11-20T12:00:00Z", drill=True)
    missed = incident("2026-11-21T12:00:00Z", drill=True, acknowledged_by_person=False)
    ((_, incidents, *_, exercised, _, drilled),) = texts(drawn(taken, missed))
    assert (incidents, exercised, drilled) == ("0", "2026-11-20", "2026-11-20")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"highest_urgency": "low"}, id="low urgency"),
        pytest.param({"is_primary": False}, id="merged"),
        pytest.param({"occurred_at": "2026-01-01T00:00:00Z"}, id="before the period"),
        pytest.param({"service": ...}, id="service unknown"),
    ],
)
def test_what_interrupts_nobody_is_left_out(more):
    """A merged incident is that of its primary one."""
    assert drawn(incident("2026-11-20T12:00:00Z", **more)) is None


def test_a_share_of_which_a_part_is_unknown_says_so():
    """Its number is what is known at least."""
    table = drawn(incident("2026-11-20T12:00:00Z", escalations=...))
    assert table.rows[0][4].tone is Tone.UNKNOWN
