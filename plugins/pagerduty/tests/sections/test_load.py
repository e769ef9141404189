"""The section on load and drills: shares by service, and when a path was exercised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.sections.load import FIELDS, figures

from ccm_core.sdk.report_figures import SectionRequest, Tone
from ccm_core.sdk.types import Row, Subject, Window

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


def user(key, *, teams=("Web",), zone="Europe/Berlin"):
    """Make the row of a user."""
    body = {"title": key.title(), "teams": [{"id": name, "title": name} for name in teams]}
    if zone is not None:
        body["time_zone"] = zone
    subject = Subject(kind="pagerduty.user", key=key, title=key.title())
    return Row(subject=subject, body=body, evidence_digests=())


def notified(at, *people, **more):
    """Make an incident that was sent to some people at once."""
    listed = [{"id": key, "title": f"the user {key}", "at": at} for key in people]
    return incident(at, notified=listed, **more)


def load(*incidents, users=(), parameters=None):
    """Return the rows of the tables by person and by team, as texts."""
    request = SectionRequest(
        rows={"pagerduty.user_access": list(users)},
        now=NOW,
        horizon=Window(NOW - timedelta(days=30), NOW + timedelta(days=14)),
        parameters={"pagerduty-response": parameters or {}},
        shown={INCIDENTS: incidents},
    )
    _, *tables = figures(request)
    return [texts(table) for table in tables]


def test_each_interruption_is_in_the_hours_of_the_person():
    """In business hours in New York it is evening in Berlin."""
    people, _ = load(
        notified("2026-11-20T18:30:00Z", "ann", "bob"),  # Friday
        notified("2026-11-21T03:00:00Z", "ann"),  # Saturday, at four in the morning
        notified("2026-11-21T12:00:00Z", "ann"),
        users=[user("ann"), user("bob", zone="Eastern Time (US & Canada)")],
    )
    assert people == [
        ["Ann", "Web", "3", "0", "1", "1", "1", "1", "2"],
        ["Bob", "Web", "1", "1", "0", "0", "0", "0", "1"],
    ]


def test_a_night_with_many_interruptions_is_one_night():
    """From ten in the evening to six in the morning; three days of it are three in a row."""
    people, _ = load(
        notified("2026-11-17T21:30:00Z", "ann"),
        notified("2026-11-18T01:00:00Z", "ann"),
        notified("2026-11-18T04:59:00Z", "ann"),
        notified("2026-11-19T12:00:00Z", "ann"),
        users=[user("ann")],
    )
    ((*_, night, _, nights, days),) = people
    assert (night, nights, days) == ("3", "1", "3")


def test_what_interrupts_nobody_counts_for_nobody():
    """Low urgency, drills, and what is outside of the period."""
    tables = load(
        incident("2026-11-20T12:00:00Z"),
        notified("2026-11-20T12:00:00Z", "ann", highest_urgency="low"),
        notified("2026-11-20T12:00:00Z", "ann", drill=True),
        notified("2026-09-20T12:00:00Z", "ann"),
    )
    assert tables == []


def test_merged_incidents_interrupt_too():
    """Whoever is woken by fifty of them is woken fifty times, whatever they are merged into."""
    people, _ = load(
        notified("2026-11-20T12:00:00Z", "ann"),
        notified("2026-11-20T12:01:00Z", "ann", is_primary=False),
    )
    assert people == [["the user ann", "none", "2", "2", "0", "0", "0", "0", "1"]]


def test_people_have_numbers_where_a_parameter_asks_for_it():
    """By their load; no name is in the table."""
    people, teams = load(
        notified("2026-11-20T12:00:00Z", "ann", "bob"),
        notified("2026-11-21T12:00:00Z", "bob"),
        users=[user("ann"), user("bob")],
        parameters={"load_by_name": False},
    )
    assert [title for title, *_ in people] == ["Person 1", "Person 2"]
    assert "Ann" not in str([people, teams])


def test_a_team_has_its_balance_and_its_rates():
    """Of the incidents that interrupted anybody of it; somebody in two teams counts in both."""
    _, teams = load(
        notified("2026-11-20T12:00:00Z", "ann", "bob", escalations=1, assignments=2),
        notified("2026-11-21T12:00:00Z", "bob", self_resolved=True),
        notified("2026-11-22T12:00:00Z", "bob"),
        users=[user("ann"), user("bob", teams=("Web", "Data"))],
    )
    assert teams == [
        ["Web", "2", "4", "75%", "33%", "33%", "33%"],
        ["Data", "1", "3", "100%", "33%", "33%", "33%"],
    ]


@pytest.mark.parametrize("zone", [None, "Mars/Olympus", "Australia/Lord_Howe"])
def test_a_zone_that_nobody_knows_is_said(zone):
    """Then the hours are those of the company, and marked."""
    request = SectionRequest(
        rows={"pagerduty.user_access": [user("ann", zone=zone)]},
        now=NOW,
        horizon=Window(NOW - timedelta(days=30), NOW),
        parameters={},
        shown={INCIDENTS: [notified("2026-11-20T12:00:00Z", "ann")]},
    )
    _, people, _ = figures(request)
    tone = Tone.PLAIN if zone == "Australia/Lord_Howe" else Tone.UNKNOWN
    assert {cell.tone for cell in people.rows[0][3:]} == {tone}
