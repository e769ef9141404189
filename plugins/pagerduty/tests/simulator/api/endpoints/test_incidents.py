"""Windows, filters and order of incidents and their log entries."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pagerduty_simulator.account.identifiers import incident_id
from pagerduty_simulator.account.incident_log import Event


def numbers(answer):
    """Give the numbers of the incidents in an answer."""
    return [each["incident_number"] for each in answer.json()["incidents"]]


def test_the_default_window_is_the_last_month(get, account, now):
    """Nothing given: a month up to now."""
    total = get("/incidents", {"total": "true"}).json()["total"]
    since = int((now - timedelta(days=31)).timestamp())
    assert total == sum(each.created >= since for each in account.incidents)


def test_since_alone_reaches_a_month_and_not_up_to_now(get, account, now):
    """Two months ago alone says nothing about today."""
    since = now - timedelta(days=70)
    page = get("/incidents", {"since": since.isoformat(), "limit": 100}).json()
    assert not page["more"]
    latest = since + timedelta(days=31)
    assert all(datetime.fromisoformat(each["created_at"]) < latest for each in page["incidents"])
    assert len(page["incidents"]) < len(account.incidents)


def test_more_than_six_months_is_refused_without_a_useful_word(get):
    """400, code 2001, `` is invalid.``; six months to the day are allowed."""
    answer = get("/incidents", {"since": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:01Z"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["errors"]) == (2001, [" is invalid."])
    answer = get("/incidents", {"since": "2026-01-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"})
    assert answer.status_code == 200


def test_date_range_all_ignores_the_window(get, account):
    """Every incident, however old."""
    params = {"date_range": "all", "since": "2026-11-20T00:00:00Z", "total": "true"}
    assert get("/incidents", params).json()["total"] == len(account.incidents)


def test_the_window_selects_by_creation(get, account, now):
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
        (each["incident"]["id"], each["type"]) for each in entries
    }
    open_ones = get("/incidents", {"statuses[]": "triggered", "date_range": "all", "limit": 100})
    assert old.number in numbers(open_ones)


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        pytest.param("statuses[]", "resolved", lambda each: each["status"], id="status"),
        pytest.param("urgencies[]", "high", lambda each: each["urgency"], id="urgency"),
    ],
)
def test_filters_keep_what_they_name(get, name, value, field):
    """Only incidents of that status, of that urgency."""
    page = get("/incidents", {name: value, "date_range": "all", "limit": 100}).json()
    assert {field(each) for each in page["incidents"]} == {value}


@pytest.mark.parametrize("name", ["statuses[]", "urgencies[]"])
def test_an_unknown_value_is_refused(get, name):
    """400, code 2001."""
    answer = get("/incidents", {name: "nonsense"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 2001)


def test_a_listing_is_sorted_by_up_to_two_fields(get):
    """``created_at:asc`` puts new ones last; three fields are too many."""
    params = {"date_range": "all", "limit": 100, "sort_by": "created_at:asc"}
    created = [each["created_at"] for each in get("/incidents", params).json()["incidents"]]
    assert created == sorted(created)
    both = get("/incidents", params | {"sort_by": "urgency:desc,incident_number:desc"}).json()
    keys = [(each["urgency"], each["incident_number"]) for each in both["incidents"]]
    assert keys == sorted(keys, reverse=True)
    three = params | {"sort_by": "urgency,created_at,resolved_at"}
    assert get("/incidents", three).status_code == 400


def test_a_resolved_incident_shows_neither_assignments_nor_acknowledgements(get):
    """The time of acknowledgement exists in the log only."""
    page = get("/incidents", {"statuses[]": "resolved", "date_range": "all", "limit": 100}).json()
    for each in page["incidents"]:
        assert each["assignments"] == each["acknowledgements"] == []
        assert each["resolved_at"] == each["last_status_change_at"]


def test_a_merged_incident_says_into_which(get_whole, whole_account):
    """``resolve_reason`` is null for all others."""
    merged = next(each for each in whole_account.incidents if each.state.merged_into is not None)
    found = get_whole(f"/incidents/{incident_id(merged.number)}").json()["incident"]
    assert found["resolve_reason"]["type"] == "merge_resolve_reason"
    assert found["resolve_reason"]["incident"]["id"] == incident_id(merged.state.merged_into)


def test_the_log_of_one_incident_is_complete(get, account):
    """Each entry once, newest first, with type and agent."""
    incident = max(account.incidents, key=lambda each: len(each.state.events))
    path = f"/incidents/{incident_id(incident.number)}/log_entries"
    entries = get(path, {"limit": 100, "time_zone": "UTC"}).json()["log_entries"]
    assert [each["type"] for each in reversed(entries)] == [
        f"{event.type}_log_entry" for event in incident.state.events
    ]
    assert len({each["id"] for each in entries}) == len(entries)
    moments = [int(datetime.fromisoformat(each["created_at"]).timestamp()) for each in entries]
    assert moments == sorted(moments, reverse=True)
    assert get("/incidents/Q0000000000001/log_entries").status_code == 404


def test_both_logs_say_the_same(get, account, now):
    """The account's log is the sum of the logs of its incidents."""
    since, until = now - timedelta(days=2), now
    params = {"since": since.isoformat(), "until": until.isoformat(), "limit": 100}
    seen, offset, more = [], 0, True
    while more:
        page = get("/log_entries", params | {"offset": offset}).json()
        seen += page["log_entries"]
        offset, more = offset + len(page["log_entries"]), page["more"]
    one_by_one = []
    for incident in account.incidents:
        path = f"/incidents/{incident_id(incident.number)}/log_entries"
        one_by_one += get(path, params).json()["log_entries"]
    key = lambda each: each["id"]  # noqa: E731 - used twice, right here
    assert sorted(seen, key=key) == sorted(one_by_one, key=key)
    assert seen


def test_details_of_a_channel_come_only_where_they_are_included(get):
    """What a monitoring tool sent is private."""
    plain = get("/log_entries", {"limit": 100}).text
    assert '"details":{' not in plain
    assert '"notification":{' not in plain
    whole = get("/log_entries", {"limit": 100, "include[]": "channels"}).text
    assert '"details":{' in whole
    assert "+1 555" in whole


def test_an_overview_is_a_part(get):
    """Fewer types, no notifications."""
    types = {
        each["type"]
        for each in get("/log_entries", {"limit": 100, "is_overview": "true"}).json()["log_entries"]
    }
    assert "notify_log_entry" not in types
    assert "trigger_log_entry" in types


def test_log_windows_may_have_a_limit(get, control):
    """PagerDuty does not say how long; a test may."""
    control.max_log_window = timedelta(days=7)
    window = {"since": "2026-10-01T00:00:00Z", "until": "2026-10-09T00:00:00Z"}
    assert get("/log_entries", window).status_code == 400


@pytest.mark.parametrize(("included", "count"), [(False, 0), (True, 1)])
def test_whether_a_window_includes_its_end_is_a_choice(get, control, account, included, count):
    """PagerDuty does not say; both can be tried."""
    control.until_inclusive = included
    incident = account.incidents[60]
    until = datetime.fromtimestamp(incident.created, tz=account.now.tzinfo)
    params = {"since": (until - timedelta(seconds=1)).isoformat(), "until": until.isoformat()}
    assert numbers(get("/incidents", params)).count(60) == count


def test_a_time_without_offset_is_read_in_the_zone_asked_for(get, account):
    """Noon is not the same instant everywhere."""
    window = {"since": "2026-11-10T00:00:00", "until": "2026-11-12T00:00:00", "limit": "100"}
    west = numbers(get("/incidents", window))
    utc = numbers(get("/incidents", window | {"time_zone": "UTC"}))
    assert west != utc
    assert len(account.incidents) > len(utc)
