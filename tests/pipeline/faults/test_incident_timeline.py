"""Accounts on which the response to an incident is easily read wrong, from the source to a result.

Each is told as it was found at an account; the right answer is the test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from pagerduty_simulator.account.identifiers import incident_id
from pagerduty_simulator.account.incident_store import Event, IncidentRecord, IncidentState

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome

INCIDENT = "pagerduty.incident"
HIGH = "pagerduty_incident_acknowledged_in_time"
LOW = "pagerduty_low_urgency_incident_acknowledged_in_time"
RESOLVED = "pagerduty_incident_resolved_in_time"
OVERDUE = "pagerduty_no_incident_is_open_and_overdue"
SHARE = "pagerduty_incidents_of_a_month_acknowledged_in_time"
PRIORITY = "pagerduty_incident_acknowledged_within_its_priority"
OWNER = "pagerduty_acknowledged_incident_keeps_an_owner"
NUMBER = 9_000
MINUTE, HOUR, DAY = 60, 3_600, 86_400
NIGHT = datetime(2026, 11, 11, 7, tzinfo=UTC)
"""Two in the morning in New York, on a Wednesday."""
FRIDAY_EVENING = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Incidents:
    """Incidents of a test, on a service of their own."""

    lab: object

    def put(self, began, *events, urgency="high", service="high", title="Disk full", **more):
        """Trigger an incident; events are ``(seconds after, type)`` of a person, or with a bot."""
        account = self.lab.account
        some = next(iter(account.incidents))
        key = some.references.service["id"]
        account.services = account.services | {
            key: replace(account.services[key], urgency=service, policy_id=some_policy(account))
        }
        account.incidents.put(
            [
                IncidentRecord(
                    number=more.pop("number", NUMBER),
                    created=int(began.timestamp()),
                    references=some.references,
                    state=IncidentState(
                        events=(
                            Event(0, "trigger", some.references.service, "api"),
                            *(self._event(*event) for event in events),
                        ),
                        merged_into=more.pop("into", None),
                    ),
                    title=title,
                    urgency=urgency,
                    **more,
                )
            ]
        )

    def _event(self, after, name, by="person", extra=None):
        user = next(iter(self.lab.account.users.values()))
        agent = {"id": user.id, "type": "user_reference", "summary": user.name}
        if by == "person":
            return Event(after, name, agent, "website", None, extra)
        bots = {"workflow": (agent, "incident_workflow"), "service": (agent | SERVICE, "timeout")}
        return Event(after, name, *bots[by], None, extra)


SERVICE = {"type": "service_reference"}


def some_policy(account):
    """Return the id of a policy."""
    return next(iter(account.policies))


@pytest.fixture
def incidents(lab):
    """Trigger incidents; they are gone after the test."""
    before = {incident.number for incident in lab.account.incidents}
    yield Incidents(lab=lab)
    for number in {incident.number for incident in lab.account.incidents} - before:
        lab.account.incidents.remove(number)


def status(ran, rule, number=NUMBER):
    """Return what a rule says of an incident; None: nothing."""
    result = ran.results(rule).get(f"{INCIDENT}:{incident_id(number)}")
    return None if result is None else result.status


def test_a_night_counts_where_the_service_pages_at_night(lab, incidents):
    """Triggered at two in the morning and taken at five past nine, it waited for seven hours."""
    incidents.put(
        NIGHT,
        (7 * HOUR + 5 * MINUTE, "acknowledge"),
        (8 * HOUR, "resolve"),
        service="support_hours_and_nights",
    )
    ran = lab.read(first=True)
    assert status(ran, HIGH) is Status.FAIL
    assert status(ran, SHARE) is Status.FAIL
    message = ran.results(HIGH)[f"{INCIDENT}:{incident_id(NUMBER)}"].reason
    assert "acknowledged after 7h5m, limit 15m" in message


def test_a_night_does_not_count_where_the_service_is_quiet_at_night(lab, incidents):
    """The same incident on a service that is of low urgency outside its support hours."""
    incidents.put(
        datetime(2026, 11, 11, 1, tzinfo=UTC),
        (20 * HOUR, "acknowledge"),
        (21 * HOUR, "resolve"),
        service="support_hours",
    )
    body = next(
        service
        for service in lab.read(first=True).bodies["service"].values()
        if service["incident_urgency_rule"]["type"] == "use_support_hours"
    )
    assert body["incident_urgency_rule"]["outside_support_hours"]["urgency"] == "low"


@pytest.mark.parametrize(
    ("events", "urgency", "high", "low"),
    [
        pytest.param(
            [(3 * HOUR, "urgency_change"), (3 * HOUR + 20 * MINUTE, "acknowledge")],
            "low",
            Status.FAIL,
            None,
            id="lowered after three hours without an answer",
        ),
        pytest.param(
            [(2 * HOUR, "urgency_change"), (2 * HOUR + 5 * MINUTE, "acknowledge")],
            "high",
            Status.PASS,
            None,
            id="raised after two hours and taken five minutes later",
        ),
        pytest.param(
            [(2 * HOUR, "urgency_change"), (2 * HOUR + 16 * MINUTE, "acknowledge")],
            "high",
            Status.FAIL,
            None,
            id="raised after two hours and taken too late",
        ),
        pytest.param(
            [(5 * MINUTE, "acknowledge"), (2 * HOUR, "urgency_change")],
            "high",
            None,
            Status.PASS,
            id="raised after a person had taken it",
        ),
        pytest.param(
            [(5 * MINUTE, "acknowledge", "workflow"), (16 * MINUTE, "acknowledge")],
            "high",
            Status.FAIL,
            None,
            id="acknowledged by a workflow first",
        ),
        pytest.param(
            [(14 * MINUTE, "resolve")], "high", Status.PASS, None, id="resolved by a person"
        ),
    ],
)
def test_the_highest_urgency_decides_from_the_moment_at_which_it_rose(
    lab, incidents, events, urgency, high, low
):
    """Whatever the urgency is in the end."""
    end = [] if events[-1][1] == "resolve" else [(4 * HOUR, "resolve")]
    incidents.put(datetime(2026, 11, 18, 9, tzinfo=UTC), *events, *end, urgency=urgency)
    ran = lab.read(first=True)
    applied = [None if one is Status.NOT_APPLICABLE else one for one in (status(ran, HIGH),)]
    assert (applied[0], status(ran, LOW) or None) in {
        (high, low),
        (high, low or Status.NOT_APPLICABLE),
    }


def test_an_incident_that_is_open_for_longer_than_the_lookback_is_judged_by_its_log(lab, incidents):
    """Taken after five minutes forty days ago, and open since: its log is read by its id."""
    incidents.put(datetime(2026, 10, 14, 9, tzinfo=UTC), (5 * MINUTE, "acknowledge"))
    ran = lab.read(first=True)
    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    assert status(ran, HIGH) is Status.PASS
    assert status(ran, OVERDUE) is Status.FAIL


def test_low_urgency_waits_over_a_weekend_in_business_hours(lab, incidents):
    """Friday at half past five to Monday at ten: one hour of business."""
    incidents.put(
        FRIDAY_EVENING, (64 * HOUR + 30 * MINUTE, "acknowledge"), urgency="low", service="low"
    )
    assert status(lab.read(first=True), LOW) is Status.PASS


def test_a_drill_counts_for_no_rule_about_responses(lab, incidents):
    """Nobody is late in a drill, and nobody is in time by one."""
    incidents.put(NIGHT, title="[Drill] nobody answers")
    ran = lab.read(first=True)
    over = {rule for rule in ran.rules if ran.rules[rule].over == "pagerduty.incident_response"}
    stated = {status(ran, rule) for rule in over}
    assert stated <= {None, Status.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        pytest.param(2 * HOUR + 4 * MINUTE, Status.PASS, id="within five minutes of the change"),
        pytest.param(2 * HOUR + 6 * MINUTE, Status.FAIL, id="after more than five minutes"),
    ],
)
def test_the_limit_of_a_priority_counts_from_when_it_was_set(lab, incidents, taken, expected):
    """A low-urgency incident that becomes a P1."""
    incidents.put(
        datetime(2026, 11, 18, 9, tzinfo=UTC),
        (2 * HOUR, "priority_change"),
        (taken, "acknowledge"),
        (4 * HOUR, "resolve"),
        urgency="low",
        service="low",
        priority=0,
    )
    ran = lab.read(first=True)
    (body,) = [one for one in ran.bodies["incident"].values() if one["title"] == "Disk full"]
    assert body["priority"]["summary"] == "P1"
    assert status(ran, PRIORITY) is expected


def test_an_acknowledgement_that_ran_out_leaves_an_incident_without_an_owner(lab, incidents):
    """It was taken in time, and nobody had it for the last two hours."""
    incidents.put(
        datetime(2026, 11, 18, 9, tzinfo=UTC),
        (5 * MINUTE, "acknowledge"),
        (HOUR, "unacknowledge", "service"),
        (3 * HOUR, "resolve"),
    )
    ran = lab.read(first=True)
    assert (status(ran, HIGH), status(ran, OWNER)) == (Status.PASS, Status.FAIL)
    assert "without an owner for 2h, limit 15m" in (
        ran.results(OWNER)[f"{INCIDENT}:{incident_id(NUMBER)}"].reason
    )


def test_a_child_that_waited_for_long_before_it_was_merged_is_late(lab, incidents):
    """Its parent had been taken at once, an hour before the merge."""
    began = datetime(2026, 11, 18, 9, tzinfo=UTC)
    incidents.put(began, (MINUTE, "acknowledge"), (4 * HOUR, "resolve"))
    child = {"number": NUMBER + 1, "into": NUMBER}
    incidents.put(began.replace(minute=10), (HOUR, "resolve"), **child)
    ran = lab.read(first=True)
    assert (status(ran, HIGH), status(ran, HIGH, NUMBER + 1)) == (Status.PASS, Status.FAIL)


def test_an_incident_with_two_thousand_log_entries_is_read_whole(lab, incidents):
    """Its acknowledgement is among the oldest, and its resolution is the last."""
    notes = [(5 * MINUTE + number, "annotate") for number in range(2_000)]
    incidents.put(
        datetime(2026, 11, 18, 9, tzinfo=UTC),
        (4 * MINUTE, "acknowledge"),
        *notes,
        (3 * HOUR, "resolve"),
    )
    ran = lab.read(first=True)
    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    assert (status(ran, HIGH), status(ran, RESOLVED)) == (Status.PASS, Status.PASS)
