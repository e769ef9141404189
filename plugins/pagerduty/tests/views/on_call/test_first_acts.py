"""Whose invitation counts as accepted because they acted on an incident."""

from __future__ import annotations

import pytest
from ccm_pagerduty.views.on_call.page_walk import page_simulation

from ccm_core.sdk.simulation.page import PageOutcome, PageRequest

USER = "ann"


@pytest.mark.parametrize(
    ("entry", "is_act"),
    [
        pytest.param({}, True, id="acknowledged on the website"),
        pytest.param(
            {"entry_type": "resolve", "channel": "mobile"}, True, id="resolved in the app"
        ),
        pytest.param({"channel": "sms"}, True, id="by SMS"),
        pytest.param({"entry_type": "annotate", "channel": "note"}, True, id="wrote a note"),
        pytest.param({"entry_type": "snooze"}, True, id="snoozed"),
        pytest.param({"channel": "api"}, False, id="the API in the person's name"),
        pytest.param({"channel": "workflow"}, False, id="a workflow in the person's name"),
        pytest.param({"channel": "slack_integration"}, False, id="an integration in that name"),
        pytest.param({"channel": "auto"}, False, id="PagerDuty by itself"),
        pytest.param({"channel": "timeout"}, False, id="a timeout"),
        pytest.param({"channel": None}, False, id="no channel told"),
        pytest.param({"agent": "service"}, False, id="a service"),
        pytest.param({"agent": "integration"}, False, id="a bot"),
        pytest.param({"agent": None}, False, id="nobody told"),
        pytest.param({"entry_type": "notify"}, False, id="was notified"),
    ],
)
def test_an_invitation_that_stays_sent_is_accepted_by_what_a_person_did(view, pd, entry, is_act):
    """What a machine did in the name of a user shows nobody; then the flag of PagerDuty stands."""
    entry = pd.entry(entry.pop("entry_type", "acknowledge"), 60, **entry)
    (row,) = view("user_access", user=[pd.user(USER, invited=True)], acts=[entry])
    assert row.body["invitation_pending"] is not is_act
    assert ("first_act" in row.body) is is_act
    assert ("pending_at_least_since" in row.body) is not is_act
    assert (f"pagerduty.incident_log_entry:{entry['id']}" in row.names) is is_act


def test_the_first_act_tells_since_when_and_by_what(only, pd):
    """Later ones change nothing."""
    acts = [pd.entry("resolve", 900), pd.entry("acknowledge", 60), pd.entry("acknowledge", 300)]
    row = only("user_access", user=[pd.user(USER, invited=True)], acts=acts)
    assert row["first_act"] == {
        "at": acts[1]["created_at"],
        "type": "acknowledge",
        "incident": {"id": "I1", "title": "the incident I1"},
    }


def test_the_act_of_somebody_else_shows_nothing(only, pd):
    """Each person's own."""
    row = only("user_access", user=[pd.user("bob", invited=True)], acts=[pd.entry("acknowledge")])
    assert row["invitation_pending"] is True


@pytest.mark.parametrize(
    "user",
    [
        pytest.param({"invited": False}, id="the invitation is accepted"),
        pytest.param({"invited": None}, id="PagerDuty does not tell"),
        pytest.param(
            {
                "invited": True,
                "contact_methods": [{"id": "C1", "type": "push_notification_contact_method"}],
            },
            id="the app shows it",
        ),
    ],
)
def test_acts_are_not_read_where_nothing_rests_on_them(view, pd, user):
    """The row names no log entry, and is the same without any."""
    users = [pd.user(USER, **user)]
    (row,) = view("user_access", user=users, acts=[pd.entry("acknowledge")])
    assert (row,) == view("user_access", user=users)


def test_a_level_reaches_who_acted(only, pd):
    """It names nobody with a pending invitation."""
    bodies = {
        "user": [pd.user(USER, invited=True)],
        "escalation_policy": [pd.policy("P1", [pd.ref(USER)])],
    }
    row = only("policy_coverage", **bodies, acts=[pd.entry("acknowledge")])
    before = only("policy_coverage", **bodies)
    states = [one["levels"][0]["targets"][0]["state"] for one in (before, row)]
    assert states == ["invited", "active"]
    assert [bool(one["levels"][0]["gaps"]) for one in (before, row)] == [True, False]
    assert [len(one["pending_invitations"]) for one in (before, row)] == [1, 0]


@pytest.mark.parametrize(
    ("acts", "outcome"), [(True, PageOutcome.REACHED), (False, PageOutcome.NOT_REACHED)]
)
def test_a_simulated_page_reaches_who_acted(pd, make_records, acts_among, acts, outcome):
    """As the checks say."""
    records = make_records(
        {
            "service": [pd.service("S1")],
            "escalation_policy": [pd.policy("P1", [pd.ref(USER)])],
            "user": [pd.user(USER, invited=True)],
        }
    )
    entries = make_records({"incident_log_entry": [pd.entry("acknowledge")]})
    request = PageRequest(
        subject=records["pagerduty.service"][0],
        at=pd.now,
        now=pd.now,
        records=records,
        earliest=acts_among(entries["pagerduty.incident_log_entry"] if acts else ()),
    )
    assert page_simulation().walk(request).outcome is outcome
