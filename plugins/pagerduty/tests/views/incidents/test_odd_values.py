"""Odd values that PagerDuty sends: the timeline reads what is there, and guesses nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

OFFICE = {
    "type": "fixed_time_per_day",
    "time_zone": "Europe/Berlin",
    "start_time": "09:00:00",
    "end_time": "17:00:00",
    "days_of_week": [1, 2, 3, 4, 5],
}
QUIET = {"type": "use_support_hours", "outside_support_hours": {"urgency": "low"}}


@pytest.fixture
def odd_row(only, pd):
    """Return the row of an incident that was taken after a minute and resolved after two."""

    def run(*, incident=None, entries=(), service=None):
        return only(
            "incident_response",
            incident=[pd.incident() | (incident or {})],
            incident_log_entry=[
                pd.entry("trigger", agent="service", channel="api"),
                pd.entry("acknowledge", 60),
                pd.entry("resolve", 120),
                *(pd.entry(*entry[:2]) | entry[2] for entry in entries),
            ],
            service=[pd.service("S1", support_hours=None) | (service or {})],
        )

    return run


@pytest.mark.parametrize(
    "incident",
    [
        pytest.param({"priority": None, "incident_type": None}, id="no priority and no type"),
        pytest.param({"incident_type": {"name": None}}, id="a type without a name"),
        pytest.param({"acknowledgements": None, "assignments": None}, id="null for lists"),
        pytest.param({"title": None, "summary": "[#7] Disk"}, id="no title"),
        pytest.param({"resolve_reason": None, "last_status_change_at": None}, id="nulls"),
        pytest.param({"pending_actions": None, "resolved_at": None}, id="more nulls"),
    ],
)
def test_a_null_in_an_incident_leaves_its_times_as_they_are(odd_row, incident):
    """Times are read from log entries."""
    row = odd_row(incident=incident)
    assert (row["time_to_acknowledge"], row["time_to_resolve"]) == (60, 120)
    assert (row["response_urgency"], row["drill"]) == ("high", False)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(("annotate", 90, {"agent": None, "channel": None}), id="nobody's note"),
        pytest.param(("event_rule_action", 30, {}), id="a type that is not documented"),
        pytest.param(("status_update", 30, {"channel": {"type": None}}), id="no type of channel"),
        pytest.param(("responder_request", 30, {"user": None}), id="a request for help"),
        pytest.param(("custom_field_value_change", 30, {}), id="a custom field"),
        pytest.param(("snooze", 90, {"changed_actions": None}), id="a snooze without actions"),
        pytest.param(("assign", 0, {"assignees": None}), id="assigned to null"),
        pytest.param(("trigger", 0, {"id": "again"}), id="triggered twice in one second"),
    ],
)
def test_an_odd_log_entry_leaves_the_times_as_they_are(odd_row, entry):
    """What is not known takes nothing, and hides nothing."""
    row = odd_row(entries=[entry])
    assert (row["time_to_acknowledge"], row["time_to_resolve"]) == (60, 120)


def test_an_incident_without_an_urgency_has_no_limit(odd_row):
    """Nobody knows which one would count."""
    row = odd_row(incident={"urgency": None})
    assert row["time_to_acknowledge"] == 60
    known = {"response_urgency", "clock_to_acknowledge", "sla_time_to_acknowledge"}
    assert known.isdisjoint(row)


@pytest.mark.parametrize(
    ("service", "counted"),
    [
        pytest.param({"support_hours": OFFICE | {"days_of_week": None}}, 60, id="every day"),
        pytest.param({"support_hours": OFFICE | {"days_of_week": [0]}}, 0, id="0 for Sunday"),
        pytest.param(
            {"support_hours": OFFICE | {"time_zone": "Amsterdam"}}, 60, id="a zone of Rails"
        ),
        pytest.param(
            {"support_hours": OFFICE | {"time_zone": "Australia/Lord_Howe"}}, 0, id="Lord Howe"
        ),
        pytest.param({"support_hours": OFFICE | {"time_zone": "Mars/Phobos"}}, None, id="no zone"),
        pytest.param({"support_hours": OFFICE | {"start_time": None}}, None, id="no begin"),
        pytest.param({"incident_urgency_rule": None, "support_hours": OFFICE}, None, id="no rule"),
        pytest.param(
            {"incident_urgency_rule": {"type": "use_support_hours"}, "support_hours": OFFICE},
            None,
            id="a rule with nothing in it",
        ),
        pytest.param({"incident_urgency_rule": None}, 60, id="no rule, and no support hours"),
    ],
)
def test_odd_support_hours_count_as_they_are_or_not_at_all(only, pd, service, counted):
    """Taken at 09:01 in Berlin, a minute after the trigger."""
    at = pd.now.replace(hour=8, minute=0)

    def entry(kind, seconds, **who):
        created = (at + timedelta(seconds=seconds)).isoformat()
        return pd.entry(kind, key=f"{kind}{seconds}", **who) | {"created_at": created}

    row = only(
        "incident_response",
        incident=[pd.incident(created_at=at.isoformat())],
        incident_log_entry=[
            entry("trigger", 0, agent="service", channel="api"),
            entry("acknowledge", 60),
            entry("resolve", 120),
        ],
        service=[pd.service("S1", support_hours=None) | {"incident_urgency_rule": QUIET} | service],
    )
    assert row.get("sla_time_to_acknowledge") == counted


def test_low_urgency_in_business_hours_says_how_to_measure(view, pd):
    """A row does not know the hours: it has the clock, and the rule has the hours."""
    (row,) = view(
        "incident_response",
        incident=[pd.incident(urgency="low")],
        incident_log_entry=[pd.entry("trigger"), pd.entry("acknowledge", 60)],
        service=[pd.service("S1", support_hours=None)],
    )
    assert "sla_time_to_acknowledge" not in row.body
    assert "measure with the clock" in row.unknown["sla_time_to_acknowledge"]
    assert [stretch["hours"] for stretch in row.body["clock_to_acknowledge"]] == ["business_hours"]


def test_an_entry_from_before_the_trigger_takes_no_time(only, pd):
    """Clocks of a source differ by a second; no clock of a row ends before it begins."""
    row = only(
        "incident_response",
        incident=[pd.incident()],
        incident_log_entry=[
            pd.entry("trigger", 2, agent="service", channel="api"),
            pd.entry("acknowledge", 1),
            pd.entry("resolve", 1),
        ],
        service=[pd.service("S1", support_hours=None)],
    )
    assert (row["time_to_acknowledge"], row["sla_time_to_acknowledge"]) == (0, 0)
    for stretch in row["clock_to_acknowledge"]:
        assert stretch["since"] == stretch["until"]
