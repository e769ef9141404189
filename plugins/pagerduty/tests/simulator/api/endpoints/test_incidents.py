"""Windows, filters and order of incidents and log entries."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pagerduty_simulator.account.identifiers import incident_id
from pagerduty_simulator.account.incident_store import Event


def numbers(response):
    """Return the numbers of the incidents in a response."""
    return [incident["incident_number"] for incident in response.json()["incidents"]]


def test_the_default_window_of_incidents_is_the_last_month(get, account, now):
    """Without parameters: a month up to now."""
    total = get("/incidents", {"total": "true"}).json()["total"]
    since = int((now - timedelta(days=31)).timestamp())
    assert total == sum(incident.created >= since for incident in account.incidents)


def test_since_alone_makes_a_window_of_a_month(get, account, now):
    """Two months ago alone does not reach today."""
    since = now - timedelta(days=70)
    page = get("/incidents", {"since": since.isoformat(), "limit": 100}).json()
    assert not page["more"]
    latest = since + timedelta(days=31)
    assert all(
        datetime.fromisoformat(incident["created_at"]) < latest for incident in page["incidents"]
    )
    assert len(page["incidents"]) < len(account.incidents)


def test_an_incident_window_above_six_months_is_refused(get):
    """400, code 2001, `` is invalid.``; six months to the day are allowed."""
    response = get("/incidents", {"since": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:01Z"})
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["errors"]) == (2001, [" is invalid."])
    response = get("/incidents", {"since": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"})
    assert response.status_code == 200


def test_date_range_all_ignores_the_incident_window(get, account):
    """Every incident, however old."""
    params = {"date_range": "all", "since": "2026-11-20T00:00:00Z", "total": "true"}
    assert get("/incidents", params).json()["total"] == len(account.incidents)


def test_the_incident_window_selects_by_creation(get, account, now):
    """An old incident that is reopened today stays outside today's window."""
    old = next(iter(account.incidents))
    assert old.created < int((now - timedelta(days=1)).timestamp())
    age = account.epoch - old.created - 60
    account.incidents.append_events(
        old.number, Event(age, "reopen", old.state.events[0].agent, "website")
    )
    since = (now - timedelta(days=1)).isoformat()
    params = {"since": since, "until": now.isoformat(), "limit": 100}
    assert old.number not in numbers(get("/incidents", params))
    entries = get("/log_entries", params).json()["log_entries"]
    assert (incident_id(old.number), "reopen_log_entry") in {
        (entry["incident"]["id"], entry["type"]) for entry in entries
    }
    triggered = get("/incidents", {"statuses[]": "triggered", "date_range": "all", "limit": 100})
    assert old.number in numbers(triggered)


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        pytest.param("statuses[]", "resolved", lambda incident: incident["status"], id="status"),
        pytest.param("urgencies[]", "high", lambda incident: incident["urgency"], id="urgency"),
    ],
)
def test_incident_filters_select_by_value(get, name, value, field):
    """Only incidents of that status, of that urgency."""
    page = get("/incidents", {name: value, "date_range": "all", "limit": 100}).json()
    assert {field(incident) for incident in page["incidents"]} == {value}


@pytest.mark.parametrize("name", ["statuses[]", "urgencies[]"])
def test_an_unknown_filter_value_is_refused(get, name):
    """400, code 2001."""
    response = get("/incidents", {name: "nonsense"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, 2001)


def test_incidents_are_sorted_by_up_to_two_fields(get):
    """``created_at:asc`` puts new ones last; three fields are too many."""
    params = {"date_range": "all", "limit": 100, "sort_by": "created_at:asc"}
    created = [incident["created_at"] for incident in get("/incidents", params).json()["incidents"]]
    assert created == sorted(created)
    both = get("/incidents", params | {"sort_by": "urgency:desc,incident_number:desc"}).json()
    keys = [(incident["urgency"], incident["incident_number"]) for incident in both["incidents"]]
    assert keys == sorted(keys, reverse=True)
    three = params | {"sort_by": "urgency,created_at,resolved_at"}
    assert get("/incidents", three).status_code == 400


def test_a_resolved_incident_shows_neither_assignments_nor_acknowledgements(get):
    """The time of acknowledgement exists in the log only."""
    page = get("/incidents", {"statuses[]": "resolved", "date_range": "all", "limit": 100}).json()
    for incident in page["incidents"]:
        assert incident["assignments"] == incident["acknowledgements"] == []
        assert incident["resolved_at"] == incident["last_status_change_at"]


def test_a_merged_incident_references_the_primary_one(get_whole, whole_account):
    """``resolve_reason`` is null for all others."""
    merged = next(
        incident for incident in whole_account.incidents if incident.state.merged_into is not None
    )
    body = get_whole(f"/incidents/{incident_id(merged.number)}").json()["incident"]
    assert body["resolve_reason"]["type"] == "merge_resolve_reason"
    assert body["resolve_reason"]["incident"]["id"] == incident_id(merged.state.merged_into)


def test_the_log_of_one_incident_is_complete(get, account):
    """Each entry once, newest first, with type and agent."""
    incident = max(account.incidents, key=lambda record: len(record.state.events))
    path = f"/incidents/{incident_id(incident.number)}/log_entries"
    entries = get(path, {"limit": 100, "time_zone": "UTC"}).json()["log_entries"]
    assert [entry["type"] for entry in reversed(entries)] == [
        f"{event.type}_log_entry" for event in incident.state.events
    ]
    assert len({entry["id"] for entry in entries}) == len(entries)
    moments = [int(datetime.fromisoformat(entry["created_at"]).timestamp()) for entry in entries]
    assert moments == sorted(moments, reverse=True)
    assert get("/incidents/Q0000000000001/log_entries").status_code == 404


def test_the_account_log_is_the_sum_of_incident_logs(get, account, now):
    """Entry by entry, and each entry once."""
    since, until = now - timedelta(days=2), now
    params = {"since": since.isoformat(), "until": until.isoformat(), "limit": 100}
    listed, offset, more = [], 0, True
    while more:
        page = get("/log_entries", params | {"offset": offset}).json()
        listed += page["log_entries"]
        offset, more = offset + len(page["log_entries"]), page["more"]
    single = []
    for incident in account.incidents:
        path = f"/incidents/{incident_id(incident.number)}/log_entries"
        single += get(path, params).json()["log_entries"]
    key = lambda entry: entry["id"]  # noqa: E731 - used twice, right here
    assert sorted(listed, key=key) == sorted(single, key=key)
    assert listed


def test_channel_details_need_an_include(get):
    """What a monitoring tool sent is private."""
    plain = get("/log_entries", {"limit": 100}).text
    assert '"details":{' not in plain
    assert '"notification":{' not in plain
    whole = get("/log_entries", {"limit": 100, "include[]": "channels"}).text
    assert '"details":{' in whole
    assert "+1 555" in whole


def test_an_overview_of_log_entries_has_fewer_types(get):
    """Fewer types, no notifications."""
    types = {
        entry["type"]
        for entry in get("/log_entries", {"limit": 100, "is_overview": "true"}).json()[
            "log_entries"
        ]
    }
    assert "notify_log_entry" not in types
    assert "trigger_log_entry" in types


def test_log_windows_can_be_limited(get, control):
    """PagerDuty documents no limit; a test can set one."""
    control.max_log_window = timedelta(days=7)
    window = {"since": "2026-10-01T00:00:00Z", "until": "2026-10-09T00:00:00Z"}
    assert get("/log_entries", window).status_code == 400


@pytest.mark.parametrize(("included", "count"), [(False, 0), (True, 1)])
def test_a_window_includes_its_end_on_request(get, control, account, included, count):
    """PagerDuty does not document it; a test can choose."""
    control.until_inclusive = included
    incident = account.incidents[60]
    until = datetime.fromtimestamp(incident.created, tz=account.now.tzinfo)
    params = {"since": (until - timedelta(seconds=1)).isoformat(), "until": until.isoformat()}
    assert numbers(get("/incidents", params)).count(60) == count


def test_a_time_without_offset_is_read_in_the_requested_zone(get, account):
    """Noon is not the same instant everywhere."""
    window = {"since": "2026-11-10T00:00:00", "until": "2026-11-12T00:00:00", "limit": "100"}
    west = numbers(get("/incidents", window))
    utc = numbers(get("/incidents", window | {"time_zone": "UTC"}))
    assert west != utc
    assert len(account.incidents) > len(utc)
