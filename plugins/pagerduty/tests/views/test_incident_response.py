"""The view ``pagerduty.incident_response``."""

from __future__ import annotations

from datetime import timedelta

import pytest

ACKNOWLEDGED = {"acknowledged", "acknowledged_by_person", "time_to_acknowledge"}
RESOLVED = {"open", "reopened", "time_to_resolve", "resolved_by", "self_resolved"}
UNKNOWN = ACKNOWLEDGED | RESOLVED | {"escalations", "escalation_exhausted", "unacknowledgements"}
UNKNOWN |= {f"sla_time_to_{event}" for event in ("acknowledge", "resolve")}


@pytest.fixture
def response(only, pd):
    """Return the row of one incident with these log entries."""

    def run(*entries, status="resolved", **about):
        log_entries = [pd.entry(*entry[:2], **dict(entry[2:])) for entry in entries]
        return only(
            "incident_response",
            incident=[pd.incident(status=status, **about)],
            incident_log_entry=log_entries,
        )

    return run


TRIGGER = ("trigger", 0, ("agent", "service"), ("channel", "api"))
RESOLVE = ("resolve", 900)
CLOSED = ("resolve", 900, ("agent", "service"), ("channel", "api"))


def test_the_first_acknowledgement_by_a_person_counts_from_the_trigger(response):
    """Time to acknowledge and time to resolve are exact to the second."""
    row = response(TRIGGER, ("acknowledge", 61), ("acknowledge", 300), RESOLVE)
    assert row["acknowledged_by_person"] is True
    assert (row["time_to_acknowledge"], row["acknowledgements"]) == (61, 2)
    assert (row["time_to_resolve"], row["resolved_by"]) == (900, "person")
    assert (row["open"], row["reopened"], row["self_resolved"]) == (False, False, False)


@pytest.mark.parametrize(
    ("agent", "channel", "by_person"),
    [
        pytest.param("user", "website", True, id="website"),
        pytest.param("user", "sms", True, id="text message"),
        pytest.param("user", "mobile", True, id="a channel that is not documented"),
        pytest.param("user", "email", True, id="e-mail"),
        pytest.param("service", "auto", False, id="the service itself"),
        pytest.param("service", "api", False, id="a tool"),
        pytest.param("user", "incident_workflow", False, id="a workflow in a user's name"),
        pytest.param("workflow", "website", False, id="a workflow"),
        pytest.param("inbound_integration", "api", False, id="an integration"),
        pytest.param("user", "auto", False, id="automatic in a user's name"),
        pytest.param("user", "timeout", False, id="a time-out"),
        pytest.param("user", "api", None, id="the API in a user's name"),
        pytest.param("user", None, None, id="no channel"),
        pytest.param(None, "website", None, id="no agent"),
    ],
)
def test_agent_and_channel_say_whether_a_person_acknowledged(response, agent, channel, by_person):
    """Both have to agree; where they do not tell, neither does the row."""
    row = response(TRIGGER, ("acknowledge", 60, ("agent", agent), ("channel", channel)), CLOSED)
    assert row["acknowledged"] is True
    assert row.get("acknowledged_by_person") is by_person
    assert row.get("time_to_acknowledge") == (60 if by_person else None)
    assert ("time_to_acknowledge" in row) is (by_person is not None)


@pytest.mark.parametrize(
    ("acks", "expected"),
    [
        pytest.param([(10, "auto"), (70, "website")], (True, 70), id="after a machine"),
        pytest.param([(10, "website"), (70, "api")], (True, 10), id="before an unclear one"),
        pytest.param([(10, "api"), (70, "website")], (True, "open"), id="after an unclear one"),
    ],
)
def test_time_to_acknowledge_is_that_of_the_first_person(response, acks, expected):
    """An earlier acknowledgement that may be a person's leaves the time open."""
    log_entries = [("acknowledge", seconds, ("channel", channel)) for seconds, channel in acks]
    row = response(TRIGGER, *log_entries, RESOLVE)
    by_person, duration = expected
    assert row["acknowledged_by_person"] is by_person
    assert row.get("time_to_acknowledge", "open") == duration


def test_unacknowledged_differs_from_unknown(response):
    """Null says that it did not happen."""
    row = response(TRIGGER, CLOSED)
    assert (row["acknowledged"], row["acknowledged_by_person"]) == (False, False)
    assert row["time_to_acknowledge"] is None


def test_response_without_log_entries_is_unknown(response):
    """The incident's own fields never stand in for its log entries."""
    row = response(status="resolved", resolved_at="2026-11-23T03:00:00Z")
    assert not UNKNOWN & set(row)
    assert (row["urgency"], row["occurred_at"]) == ("high", "2026-11-23T02:00:00Z")


def test_response_without_the_trigger_entry_is_unknown(response):
    """Part of the log is not the log."""
    assert not UNKNOWN & set(response(("acknowledge", 60), RESOLVE))


@pytest.mark.parametrize(
    "about",
    [
        pytest.param({"status": "acknowledged"}, id="status"),
        pytest.param(
            {"status": "triggered", "acknowledgements": [{"at": "2026-11-23T03:00:00Z"}]},
            id="list of acknowledgements",
        ),
    ],
)
def test_acknowledgement_without_a_log_entry_is_unknown(response, about):
    """PagerDuty shows one, so the log entries at hand are not all."""
    assert not ACKNOWLEDGED & set(response(TRIGGER, **about))


def test_resolution_without_a_log_entry_is_unknown(response):
    """PagerDuty shows it resolved, so the log entries at hand are not all."""
    assert not RESOLVED & set(response(TRIGGER, status="resolved"))


@pytest.mark.parametrize(
    ("agent", "channel", "by"),
    [
        pytest.param("user", "website", "person", id="person"),
        pytest.param("service", "api", "service", id="monitoring"),
        pytest.param("service", "timeout", "timeout", id="time-out"),
        pytest.param("user", "api", None, id="unclear"),
    ],
)
def test_resolver_is_a_person_a_service_or_a_timeout(response, agent, channel, by):
    """A time limit that ran out is not the monitoring."""
    row = response(TRIGGER, ("resolve", 60, ("agent", agent), ("channel", channel)))
    assert row.get("resolved_by") == by
    assert row.get("self_resolved") == {"person": False, "service": True, "timeout": False}.get(by)


def test_an_incident_that_somebody_acknowledged_did_not_resolve_itself(response):
    """What the monitoring closed after a person had taken it is not counted apart."""
    closed = ("resolve", 60, ("agent", "service"), ("channel", "api"))
    row = response(TRIGGER, ("acknowledge", 30), closed)
    assert (row["resolved_by"], row["self_resolved"]) == ("service", False)


@pytest.mark.parametrize(
    ("later", "status", "expected"),
    [
        pytest.param([("reopen", 950), ("resolve", 2000)], "resolved", (False, 2000), id="again"),
        pytest.param([("resolve", 2000)], "resolved", (False, 2000), id="resolved twice"),
        pytest.param([("trigger", 950)], "triggered", (True, None), id="triggered again"),
        pytest.param([("acknowledge", 950)], "acknowledged", (True, None), id="taken again"),
    ],
)
def test_a_reopened_incident_is_as_open_as_its_log_says(response, later, status, expected):
    """The resolution that stands is the one after which nothing happened."""
    row = response(TRIGGER, RESOLVE, *later, status=status)
    assert (row["reopened"], row["reopenings"]) == (True, 1)
    assert (row["open"], row["time_to_resolve"]) == expected


def test_an_incident_reopened_without_a_trace_in_the_log_is_open(response, pd):
    """PagerDuty changed the status after the resolution that the log knows of."""
    row = response(TRIGGER, RESOLVE, status="triggered", last_status_change_at=pd.instant(-9))
    assert (row["open"], row["reopened"], row["time_to_resolve"]) == (True, True, None)


def test_an_incident_read_before_it_was_resolved_is_resolved(response, pd):
    """A log entry that is newer than the status stands."""
    row = response(TRIGGER, RESOLVE, status="triggered", last_status_change_at=pd.instant(-10))
    assert (row["open"], row["reopened"], row["time_to_resolve"]) == (False, False, 900)


def test_notes_and_notifications_do_not_reopen_an_incident(response):
    """They often come after the resolution."""
    row = response(
        TRIGGER, RESOLVE, ("annotate", 950), ("notify", 951), ("field_value_change", 952)
    )
    assert (row["open"], row["reopened"]) == (False, False)


def test_timed_out_acknowledgement_is_counted(response):
    """The time to acknowledge stays that of the first one."""
    ran_out = ("unacknowledge", 1900, ("agent", "service"), ("channel", "timeout"))
    row = response(TRIGGER, ("acknowledge", 100), ran_out, status="triggered")
    assert (row["unacknowledgements"], row["time_to_acknowledge"], row["open"]) == (1, 100, True)


def test_escalations_are_counted_and_exhaustion_is_reported(response):
    """All levels were asked and nobody answered."""
    row = response(
        TRIGGER,
        ("escalate", 1800),
        ("escalate", 3600),
        ("exhaust_escalation_path", 5400),
        status="triggered",
    )
    assert (row["escalations"], row["escalation_exhausted"]) == (2, True)


@pytest.mark.parametrize("keys", [("a", "b", "c"), ("c", "b", "a"), ("b", "c", "a")])
def test_entries_of_one_second_are_sorted_by_the_incident_life_cycle(response, keys):
    """Whatever their ids, the trigger comes first and the resolution last."""
    row = response(
        ("resolve", 0, ("key", keys[0])),
        ("acknowledge", 0, ("key", keys[1])),
        ("trigger", 0, ("key", keys[2])),
    )
    assert (row["time_to_acknowledge"], row["time_to_resolve"]) == (0, 0)
    assert (row["open"], row["reopened"]) == (False, False)


def test_log_entry_times_with_offsets_are_read_as_instants(only, pd):
    """The same moment written in two zones is the same moment."""
    trigger = pd.entry("trigger") | {"created_at": "2026-10-25T02:59:00+02:00"}
    ack = pd.entry("acknowledge") | {"created_at": "2026-10-25T02:01:00+01:00"}
    row = only(
        "incident_response",
        incident=[pd.incident(status="triggered", created_at="2026-10-25T02:59:00+02:00")],
        incident_log_entry=[trigger, ack],
    )
    assert row["time_to_acknowledge"] == 120
    assert row["occurred_at"] == "2026-10-25T00:59:00Z"


def test_incident_row_has_digests_of_its_own_log_entries_only(view, pd):
    """Entries of other incidents do not appear in it."""
    rows = view(
        "incident_response",
        incident=[pd.incident("I1"), pd.incident("I2")],
        incident_log_entry=[
            pd.entry("trigger", key="L1"),
            pd.entry("trigger", key="L2", incident="I2"),
            pd.entry("trigger", key="L3", incident="I3"),
        ],
    )
    assert [row.names for row in rows] == [
        ("pagerduty.incident:I1", "pagerduty.incident_log_entry:L1", "pagerduty.service:S1"),
        ("pagerduty.incident:I2", "pagerduty.incident_log_entry:L2", "pagerduty.service:S1"),
    ]
    assert [row.subject.title for row in rows] == ["#7 Disk full", "#7 Disk full"]


@pytest.mark.parametrize(
    ("status", "final"),
    [
        pytest.param("resolved", True, id="over"),
        pytest.param("triggered", False, id="still open"),
        pytest.param("acknowledged", False, id="somebody is on it"),
    ],
)
def test_an_incident_is_final_when_it_is_resolved(view, pd, status, final):
    """The host leaves out what is final and old; what log entries would say is not guessed."""
    before = -24 * 400
    (row,) = view("incident_response", incident=[pd.incident(at=before, status=status)])
    assert (row.occurred_at, row.final) == (pd.now + timedelta(hours=before), final)
    assert UNKNOWN.isdisjoint(row.body)


def priority_row(only, pd, *changes, current=None, orders=None, until=3600):
    """Return the row of an incident of which the priority changed: ``(seconds, before, after)``."""

    def change(seconds, before, after):
        named = [name and {"id": name, "summary": name} for name in (before, after)]
        channel = {"type": "website", "old_priority": named[0], "new_priority": named[1]}
        return pd.entry("priority_change", seconds) | {"channel": channel}

    return only(
        "incident_response",
        incident=[pd.incident(priority=current and {"id": current, "summary": current})],
        incident_log_entry=[
            pd.entry("trigger", agent="service", channel="api"),
            *(change(*one) for one in changes),
            pd.entry("acknowledge", until),
            pd.entry("resolve", until + 60),
        ],
        priority=[
            {"id": key, "name": key, "order": order} for key, order in (orders or {}).items()
        ],
        service=[pd.service("S1", support_hours=None)],
    )


BLUE = {"Blue": 9, "Red": 5}


@pytest.mark.parametrize(
    ("about", "highest", "since"),
    [
        pytest.param({"current": "P2"}, "P2", 0, id="from the trigger on"),
        pytest.param({}, None, None, id="none"),
        pytest.param({"changes": [(600, None, "P1")]}, "P1", 600, id="set later"),
        pytest.param({"changes": [(600, "P3", "P1"), (900, "P1", "P5")]}, "P1", 600, id="lowered"),
        pytest.param({"changes": [(600, "P1", None)]}, "P1", 0, id="taken away"),
        pytest.param({"changes": [(7200, None, "P1")]}, None, None, id="after it was taken"),
        pytest.param(
            {"changes": [(600, "Red", "Blue")], "orders": BLUE}, "Blue", 600, id="by its order"
        ),
        pytest.param(
            {"changes": [(600, "Blue", "Red")], "orders": BLUE}, "Blue", 0, id="lowered by order"
        ),
        pytest.param({"changes": [(600, "Blue", "Red")]}, "?", None, id="no order is known"),
    ],
)
def test_the_highest_priority_while_it_waited_decides(only, pd, about, highest, since):
    """With the clock of its limit, from the moment at which it rose to it."""
    changes = about.pop("changes", [])
    row = priority_row(only, pd, *changes, **about)
    assert row.get("response_priority", "?") == highest
    if highest not in {None, "?"}:
        (stretch,) = row["clock_at_priority"]
        begin = pd.now + timedelta(hours=-10, seconds=since)
        assert stretch["since"] == begin.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_change_of_priority_is_read_from_its_text_where_its_channel_is_silent(pd):
    """Lists that leave channels out have it there."""
    summary = ("summary", 'Priority changed from "P3" to "P1" by Ann')
    changed = pd.entry("priority_change", 60) | dict([summary])
    from ccm_pagerduty.views.incidents.incident_log import incident_log

    (entry,) = incident_log([changed]).entries
    assert entry.priorities == ("P3", "P1")
    assert incident_log([pd.entry("priority_change", 60)]).entries[0].priorities is None


@pytest.mark.parametrize(
    ("status", "open_now"),
    [
        pytest.param("triggered", True, id="PagerDuty shows it triggered"),
        pytest.param("acknowledged", True, id="PagerDuty shows it acknowledged"),
        pytest.param("resolved", False, id="PagerDuty shows it resolved"),
    ],
)
def test_the_status_decides_over_an_order_within_one_second_that_was_guessed(
    response, pd, status, open_now
):
    """Reopened and taken again in the second of its resolution, or the other way round."""
    at = pd.now + timedelta(hours=-10, seconds=900)
    row = response(
        TRIGGER,
        ("acknowledge", 60),
        RESOLVE,
        ("reopen", 900),
        ("acknowledge", 900, ("key", "again")),
        status=status,
        last_status_change_at=at.isoformat(),
    )
    assert (row["open"], row["reopenings"]) == (open_now, int(open_now))


def test_a_snooze_by_a_person_takes_an_incident(response):
    """Somebody looked at it and decided to wait."""
    row = response(TRIGGER, ("snooze", 120), CLOSED)
    assert (row["acknowledged_by_person"], row["time_to_acknowledge"]) == (True, 120)
    assert row["snoozes"] == 1


def test_assignments_and_the_first_notification_are_on_the_timeline(response):
    """Whom it was given to, and when the first page went out."""
    row = response(
        TRIGGER, ("assign", 0), ("notify", 45), ("escalate", 900), ("reassign", 1000), CLOSED
    )
    assert (row["time_to_notify"], row["assignments"], row["escalations"]) == (45, 3, 1)
    assert response(TRIGGER, CLOSED)["time_to_notify"] is None


def test_whom_an_incident_was_sent_to_is_listed_once(only, pd):
    """With the first time; a notification of which nobody is told lists nobody."""
    entries = [
        pd.entry("trigger", 0, agent="service", channel="api"),
        pd.entry("notify", 60) | {"user": pd.ref("bob")},
        pd.entry("notify", 30) | {"user": pd.ref("ann")},
        pd.entry("notify", 90) | {"user": pd.ref("ann")},
        pd.entry("notify", 20) | {"user": None},
    ]
    row = only("incident_response", incident=[pd.incident()], incident_log_entry=entries)
    assert [person["id"] for person in row["notified"]] == ["ann", "bob"]
    assert [person["title"] for person in row["notified"]] == ["the user ann", "the user bob"]
    assert {*row["notified"][0]} == {"id", "title", "at"}
