"""Schedules of both worlds, and who is on call."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

WINDOW = {"since": "2026-10-21T12:00:00Z", "until": "2026-12-04T12:00:00Z"}


def of_form(account, form):
    """Give the first schedule of a world."""
    return next(each for each in account.schedules.values() if each.form == form)


def test_neither_list_shows_the_other_world(get_whole, whole_account):
    """Who reads one list only misses a third."""
    lists = [
        get_whole(path, {"limit": 100}).json()["schedules"]
        for path in ("/schedules", "/v3/schedules")
    ]
    ids = [{each["id"] for each in listed} for listed in lists]
    assert [len(each) for each in ids] == [20, 10]
    assert ids[0] | ids[1] == whole_account.schedules.keys()


@pytest.mark.parametrize(
    ("form", "path"), [("shifts", "/schedules/{}"), ("layers", "/v3/schedules/{}")]
)
def test_the_wrong_door_is_refused(get, account, form, path):
    """Each world answers 400 to the other's ids, and points to the right one."""
    answer = get(path.format(of_form(account, form).id))
    assert answer.status_code == 400
    assert "schedules API instead" in answer.text


def test_a_list_without_include_has_no_layers(get):
    """Names, people and policies only."""
    assert not {"schedule_layers", "final_schedule"} & {*get("/schedules").json()["schedules"][0]}
    params = {"include[]": ["schedule_layers", "final_schedule"]}
    found = get("/schedules", params).json()["schedules"][0]
    assert found["schedule_layers"][0]["rendered_schedule_entries"] == []
    assert found["final_schedule"]["rendered_coverage_percentage"] is None


def test_a_schedule_is_rendered_only_for_a_window(get, account):
    """Without one: no entries and a null percentage, which is not the same as nobody."""
    path = f"/schedules/{of_form(account, 'layers').id}"
    blank = get(path).json()["schedule"]["final_schedule"]
    assert blank["rendered_schedule_entries"] == []
    assert blank["rendered_coverage_percentage"] is None
    final = get(path, WINDOW).json()["schedule"]["final_schedule"]
    assert final["rendered_coverage_percentage"] == 100.0
    assert final["rendered_schedule_entries"]


def test_entries_are_cut_at_the_window_unless_they_may_overflow(get, account):
    """``overflow=true`` gives whole turns."""
    path = f"/schedules/{of_form(account, 'layers').id}"
    starts = []
    for overflow in ("false", "true"):
        params = WINDOW | {"overflow": overflow, "time_zone": "UTC"}
        final = get(path, params).json()["schedule"]["final_schedule"]
        starts.append(final["rendered_schedule_entries"][0]["start"])
    assert starts[0] == WINDOW["since"]
    assert starts[1] < WINDOW["since"]


def test_a_schedule_without_layers_is_rendered_and_empty(get, account):
    """No entries with a percentage of zero: that is nobody."""
    found = of_form(account, "layers")
    account.schedules[found.id] = replace(found, layers=(), overrides=())
    final = get(f"/schedules/{found.id}", WINDOW).json()["schedule"]["final_schedule"]
    assert final["rendered_schedule_entries"] == []
    assert final["rendered_coverage_percentage"] == 0.0


def test_calendar_feeds_are_there_to_be_dropped(get, account):
    """Addresses that need no login."""
    for form, path in (("layers", "/schedules"), ("shifts", "/v3/schedules")):
        found = get(f"{path}/{of_form(account, form).id}").json()["schedule"]
        assert "/private/" in found["http_cal_url"]


def test_an_empty_member_is_written_down(get_whole, whole_account):
    """In the shift-based world a gap has a name."""
    flawed = next(
        each
        for each in whole_account.schedules.values()
        if each.layers and None in each.layers[0].user_ids
    )
    params = WINDOW | {"include[]": "final_schedule"}
    final = get_whole(f"/v3/schedules/{flawed.id}", params).json()["schedule"]["final_schedule"]
    members = [each["member"] for each in final["computed_shift_assignments"]]
    assert {"type": "empty_member"} in members
    assert 0 < final["rendered_coverage_percentage"] < 100
    assert (
        "final_schedule" not in get_whole(f"/v3/schedules/{flawed.id}", WINDOW).json()["schedule"]
    )


def test_users_of_a_schedule_depend_on_the_window(get, account):
    """A second gives who is on call then; no window gives everybody."""
    found = of_form(account, "layers")
    moment = {"since": "2026-11-01T12:00:00Z", "until": "2026-11-01T12:00:00Z"}
    path = f"/schedules/{found.id}/users"
    assert len(get(path, moment).json()["users"]) == 1
    everybody = {each["id"] for each in get(path).json()["users"]}
    assert everybody >= set(found.layers[0].user_ids)


def test_on_calls_without_a_window_are_those_of_now(get, account):
    """Each entry holds the account's moment, or is permanent."""
    entries = get("/oncalls", {"limit": 100, "time_zone": "UTC"}).json()["oncalls"]
    for each in entries:
        if each["schedule"] is None:
            assert each["start"] is each["end"] is None
        else:
            start, end = (datetime.fromisoformat(each[key]) for key in ("start", "end"))
            assert start <= account.now < end
    assert {each["schedule"] is None for each in entries} == {True, False}


def test_on_calls_cover_both_worlds(get):
    """The one endpoint that does."""
    params = WINDOW | {"limit": 100}
    types = {
        each["schedule"]["type"]
        for each in get("/oncalls", params).json()["oncalls"]
        if each["schedule"]
    }
    assert types == {"schedule_reference", "schedule_v3_reference"}


def test_shifts_come_whole_and_once_per_policy_and_level(get, account):
    """They begin before the window, and one shift shows twice where two policies use it."""
    first, second, *_ = account.policies.values()
    account.policies[second.id] = replace(second, levels=first.levels)
    found = next(iter(first.levels)).targets[0].id
    params = WINDOW | {"schedule_ids[]": found, "limit": 100, "time_zone": "UTC"}
    entries = get("/oncalls", params).json()["oncalls"]
    assert min(each["start"] for each in entries) < WINDOW["since"]
    shifts = [(each["start"], each["user"]["id"]) for each in entries]
    assert len(shifts) >= 2 * len(set(shifts))


def test_only_permanent_entries_can_be_asked_for(get):
    """``schedule_ids[]=null``."""
    entries = get("/oncalls", WINDOW | {"schedule_ids[]": "null", "limit": 100}).json()["oncalls"]
    assert entries
    assert all(each["schedule"] is None for each in entries)


def test_earliest_gives_one_per_policy_level_and_user(get):
    """Not for coverage."""
    entries = get("/oncalls", WINDOW | {"earliest": "true", "limit": 100}).json()["oncalls"]
    keys = [
        (each["escalation_policy"]["id"], each["escalation_level"], each["user"]["id"])
        for each in entries
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("days", "status"), [pytest.param(90, 200, id="90 days"), pytest.param(120, 400, id="120 days")]
)
def test_on_calls_reach_90_days_ahead(get, now, days, status):
    """Beyond that the request is refused."""
    params = {"since": now.isoformat(), "until": (now + timedelta(days=days)).isoformat()}
    assert get("/oncalls", params).status_code == status


def test_an_unused_schedule_is_not_among_the_on_calls(get, account):
    """Only what a policy names shows."""
    lonely = replace(of_form(account, "layers"), id="PLONELY", name="Lonely")
    account.schedules["PLONELY"] = lonely
    assert get("/oncalls", WINDOW | {"schedule_ids[]": "PLONELY"}).json()["oncalls"] == []
    assert get("/schedules/PLONELY").json()["schedule"]["escalation_policies"] == []
