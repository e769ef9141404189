"""The clock of an incident's limits, and when nothing about an incident will change any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ccm_pagerduty.views.incidents.incident_partition import SERVICE_FIELDS

HOURS = {
    "type": "fixed_time_per_day",
    "time_zone": "Europe/Berlin",
    "start_time": "09:00:00",
    "end_time": "17:00:00",
    "days_of_week": [1, 2, 3, 4, 5],
}
OFFICE = {
    "time_zone": "Europe/Berlin",
    "days": [1, 2, 3, 4, 5],
    "start": "09:00:00",
    "end": "17:00:00",
}
QUIET = {"type": "use_support_hours", "outside_support_hours": {"urgency": "low"}}
CREATED, RESOLVED = "2026-11-23T02:00:00Z", "2026-11-23T02:15:00Z"
TRIGGER, RESOLVE, REOPEN = ("trigger", 0), ("resolve", 900), ("reopen", 950)


@pytest.fixture
def incident_row(view, pd):
    """Return the row of one incident with these log entries, whose service has these hours."""

    def run(entries, status, hours=None):
        (row,) = view(
            "incident_response",
            incident=[pd.incident(at=-10, status=status)],
            incident_log_entry=[pd.entry(*entry) for entry in entries],
            service=[pd.service("S1", support_hours=hours, incident_urgency_rule=QUIET)],
        )
        return row

    return run


@pytest.mark.parametrize(
    ("entries", "status", "until"),
    [
        pytest.param([TRIGGER], "triggered", None, id="open"),
        pytest.param([TRIGGER, RESOLVE], "resolved", RESOLVED, id="resolved"),
        pytest.param([TRIGGER, RESOLVE, REOPEN], "triggered", None, id="reopened"),
        pytest.param([TRIGGER, ("resolve", 0)], "resolved", CREATED, id="resolved at once"),
    ],
)
@pytest.mark.parametrize(("hours", "of_clock"), [(None, None), (HOURS, OFFICE)])
def test_the_clock_runs_from_the_creation_to_the_resolution(
    incident_row, entries, status, until, hours, of_clock
):
    """It has no end while the incident is open, and runs in the support hours of its service."""
    row = incident_row(entries, status, hours)
    assert row.body["clock_to_resolve"] == [{"since": CREATED, "until": until, "hours": of_clock}]


@pytest.mark.parametrize(
    ("entries", "status", "why"),
    [
        pytest.param([], "triggered", "its log entries are not in the evidence", id="no log"),
        pytest.param(
            [TRIGGER],
            "resolved",
            "PagerDuty shows a resolution that no log entry in the evidence records",
            id="no resolution in the log",
        ),
    ],
)
def test_the_clock_of_an_incident_that_may_be_open_is_unknown(incident_row, entries, status, why):
    """A clock without an end would claim that the incident is open."""
    row = incident_row(entries, status)
    assert "clock_to_resolve" not in row.body
    assert row.unknown.get("clock_to_resolve", row.unknown["*"]) == why


@pytest.mark.parametrize(
    ("parent", "final"),
    [
        pytest.param({"status": "resolved"}, True, id="the parent is resolved"),
        pytest.param({"status": "triggered"}, False, id="the parent is open"),
        pytest.param({"status": "acknowledged"}, False, id="somebody is on the parent"),
        pytest.param(None, True, id="the parent is not in the evidence"),
    ],
)
def test_a_merged_incident_is_final_when_its_merge_chain_is(view, pd, parent, final):
    """However old it is, it is judged for as long as the incident that it became is open.

    Of one that is not in the evidence nothing more will be known.
    """
    at = -24 * 400
    into = {"type": "merge_resolve_reason", "incident": pd.ref("I0", "incident")}
    rows = view(
        "incident_response",
        incident=[
            *([] if parent is None else [pd.incident("I0", at=at, **parent)]),
            pd.incident("I1", at=at, status="resolved", resolve_reason=into),
        ],
    )
    row = next(row for row in rows if row.subject.key == "I1")
    assert (row.occurred_at, row.final) == (pd.now + timedelta(hours=at), final)


@pytest.mark.parametrize("kind", ["incident_urgency_rule", "support_hours", "teams", "other"])
def test_a_row_reads_the_named_fields_of_a_service_only(view, pd, kind):
    """What else changes of a service leaves the rows of its incidents alone."""
    changes = {
        "support_hours": {"support_hours": HOURS},
        "incident_urgency_rule": {"support_hours": HOURS, "incident_urgency_rule": QUIET},
        "teams": {"teams": ("T2",)},
        "other": {"name": "Another", "status": "warning", "escalation_policy": None},
    }[kind]

    def read(**changed):
        service = pd.service("S1", **({"support_hours": None} | changed))
        entries = [pd.entry(*TRIGGER), pd.entry(*RESOLVE)]
        evidence = {"incident": [pd.incident()], "incident_log_entry": entries}
        (row,) = view("incident_response", **evidence, service=[service])
        return row.subject.owners, row.body, row.unknown

    assert (read() == read(**changes)) is (kind not in SERVICE_FIELDS)
