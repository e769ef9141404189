"""What was missing in a run is explained by `ccm check` afterwards, with what to change."""

from __future__ import annotations

import pytest
from ccm_pagerduty.connector import connector
from pagerduty_simulator.api.faults import scope_missing, too_many_requests

from ccm_core.model.evidence.collection import Outcome


def causes(ran) -> dict[str, tuple[str, str]]:
    """Give cause and next step of each kind that lacks something."""
    diagnoses = connector().review_collections(ran.manifest.collections)
    return {one.subject.removeprefix("pagerduty."): (one.cause, one.next_step) for one in diagnoses}


@pytest.mark.parametrize(
    ("fault", "outcome", "step"),
    [
        pytest.param(too_many_requests(1), Outcome.FAILED, "log_entries: auto", id="throttled"),
        pytest.param(
            scope_missing("incidents.read"), Outcome.UNAVAILABLE, "incidents.read", id="no scope"
        ),
    ],
)
def test_missing_acknowledgements_are_diagnosed_in_a_run(lab, fault, outcome, step):
    """The log entries alone lack something, and what follows from that is said."""
    lab.control.inject("/log_entries", fault)
    ran = lab.read("incident", "incident_log_entry")
    assert ran.outcomes["incident_log_entry"] is outcome
    diagnosis = causes(ran)
    assert diagnosis["incident_log_entry"][0] == "acknowledgements_missing"
    assert step in diagnosis["incident_log_entry"][1]


def test_services_hidden_by_team_scope_are_diagnosed_in_a_run(lab):
    """What names them is told, whatever else is there."""
    lab.become_user_of_one_team()
    diagnosis = causes(lab.read(first=True))
    assert diagnosis["user"][0] == "team_scope"
    assert diagnosis.pop("audit_record")[0] == "denied"  # that is for administrators
    assert {cause for cause, _ in diagnosis.values()} == {"team_scope"}


def test_a_complete_run_has_no_diagnosis(lab):
    """There is no line then."""
    assert causes(lab.honest(first=True)) == {}
