"""Layer-based and shift-based schedules, and who is on call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.objects import ScheduleOverride

WINDOW = {"since": "2026-10-21T12:00:00Z", "until": "2026-12-04T12:00:00Z"}


def of_form(account, form):
    """Return the first schedule of a kind."""
    return next(schedule for schedule in account.schedules.values() if schedule.form == form)


def test_each_list_of_schedules_has_its_own_kind(get_whole, whole_account):
    """Either list alone is incomplete."""
    lists = [
        get_whole(path, {"limit": 100}).json()["schedules"]
        for path in ("/schedules", "/v3/schedules")
    ]
    ids = [{schedule["id"] for schedule in rows} for rows in lists]
    assert [len(schedule_ids) for schedule_ids in ids] == [20, 10]
    assert ids[0] | ids[1] == whole_account.schedules.keys()


@pytest.mark.parametrize(
    ("form", "path"), [("shifts", "/schedules/{}"), ("layers", "/v3/schedules/{}")]
)
def test_a_schedule_of_the_other_kind_is_refused(get, account, form, path):
    """Each endpoint answers 400 to ids of the other kind, and names the right endpoint."""
    response = get(path.format(of_form(account, form).id))
    assert response.status_code == 400
    assert "schedules API instead" in response.text


def test_schedules_without_include_have_no_layers(get):
    """Names, users and policies only."""
    assert not {"schedule_layers", "final_schedule"} & {*get("/schedules").json()["schedules"][0]}
    params = {"include[]": ["schedule_layers", "final_schedule"]}
    schedule = get("/schedules", params).json()["schedules"][0]
    assert schedule["schedule_layers"][0]["rendered_schedule_entries"] == []
    assert schedule["final_schedule"]["rendered_coverage_percentage"] is None


def test_a_schedule_is_rendered_only_for_a_window(get, account):
    """Without one: no entries and a null percentage, which is not the same as nobody."""
    path = f"/schedules/{of_form(account, 'layers').id}"
    blank = get(path).json()["schedule"]["final_schedule"]
    assert blank["rendered_schedule_entries"] == []
    assert blank["rendered_coverage_percentage"] is None
    final = get(path, WINDOW).json()["schedule"]["final_schedule"]
    assert final["rendered_coverage_percentage"] == 100.0
    assert final["rendered_schedule_entries"]


def test_rendered_entries_are_cut_at_the_window_unless_they_overflow(get, account):
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
    schedule = of_form(account, "layers")
    account.schedules[schedule.id] = replace(schedule, layers=(), overrides=())
    final = get(f"/schedules/{schedule.id}", WINDOW).json()["schedule"]["final_schedule"]
    assert final["rendered_schedule_entries"] == []
    assert final["rendered_coverage_percentage"] == 0.0


def test_schedules_have_secret_calendar_feeds(get, account):
    """Addresses that need no login."""
    for form, path in (("layers", "/schedules"), ("shifts", "/v3/schedules")):
        schedule = get(f"{path}/{of_form(account, form).id}").json()["schedule"]
        assert "/private/" in schedule["http_cal_url"]


def test_a_gap_in_a_shift_based_schedule_is_an_empty_member(get_whole, whole_account):
    """Coverage counts it as a gap."""
    flawed = next(
        schedule
        for schedule in whole_account.schedules.values()
        if schedule.layers and None in schedule.layers[0].user_ids
    )
    params = WINDOW | {"include[]": "final_schedule"}
    final = get_whole(f"/v3/schedules/{flawed.id}", params).json()["schedule"]["final_schedule"]
    members = [shift["member"] for shift in final["computed_shift_assignments"]]
    assert {"type": "empty_member"} in members
    assert 0 < final["rendered_coverage_percentage"] < 100
    assert (
        "final_schedule" not in get_whole(f"/v3/schedules/{flawed.id}", WINDOW).json()["schedule"]
    )


def test_users_of_a_schedule_depend_on_the_window(get, account):
    """A second: who is on call then; no window: everybody."""
    schedule = of_form(account, "layers")
    moment = {"since": "2026-11-01T12:00:00Z", "until": "2026-11-01T12:00:00Z"}
    path = f"/schedules/{schedule.id}/users"
    assert len(get(path, moment).json()["users"]) == 1
    everybody = {user["id"] for user in get(path).json()["users"]}
    assert everybody >= set(schedule.layers[0].user_ids)


def test_on_calls_without_a_window_are_current(get, account):
    """Each entry holds the account's moment, or is permanent."""
    entries = get("/oncalls", {"limit": 100, "time_zone": "UTC"}).json()["oncalls"]
    for entry in entries:
        if entry["schedule"] is None:
            assert entry["start"] is entry["end"] is None
        else:
            start, end = (datetime.fromisoformat(entry[key]) for key in ("start", "end"))
            assert start <= account.now < end
    assert {entry["schedule"] is None for entry in entries} == {True, False}


def test_on_calls_cover_both_kinds_of_schedules(get):
    """The one endpoint that does."""
    params = WINDOW | {"limit": 100}
    types = {
        entry["schedule"]["type"]
        for entry in get("/oncalls", params).json()["oncalls"]
        if entry["schedule"]
    }
    assert types == {"schedule_reference", "schedule_v3_reference"}


def test_on_call_shifts_are_whole_and_listed_per_policy_and_level(get, account):
    """They begin before the window, and one shift is listed twice where two policies use it."""
    first, second, *_ = account.policies.values()
    account.policies[second.id] = replace(second, levels=first.levels)
    schedule_id = next(iter(first.levels)).targets[0].id
    params = WINDOW | {"schedule_ids[]": schedule_id, "limit": 100, "time_zone": "UTC"}
    entries = get("/oncalls", params).json()["oncalls"]
    assert min(entry["start"] for entry in entries) < WINDOW["since"]
    shifts = [(entry["start"], entry["user"]["id"]) for entry in entries]
    assert len(shifts) >= 2 * len(set(shifts))


def test_on_calls_can_be_restricted_to_permanent_ones(get):
    """``schedule_ids[]=null``."""
    entries = get("/oncalls", WINDOW | {"schedule_ids[]": "null", "limit": 100}).json()["oncalls"]
    assert entries
    assert all(entry["schedule"] is None for entry in entries)


def test_earliest_on_calls_are_one_per_policy_level_and_user(get):
    """Coverage cannot be computed from them."""
    entries = get("/oncalls", WINDOW | {"earliest": "true", "limit": 100}).json()["oncalls"]
    keys = [
        (entry["escalation_policy"]["id"], entry["escalation_level"], entry["user"]["id"])
        for entry in entries
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
    """Only schedules that a policy uses are listed."""
    unused = replace(of_form(account, "layers"), id="PUNUSED", name="Unused")
    account.schedules["PUNUSED"] = unused
    assert get("/oncalls", WINDOW | {"schedule_ids[]": "PUNUSED"}).json()["oncalls"] == []
    assert get("/schedules/PUNUSED").json()["schedule"]["escalation_policies"] == []


def test_overrides_of_a_schedule_are_cut_at_the_window_or_whole(get, account):
    """The window is required, and each form has its own endpoint."""
    by_form = {entry.form: entry for entry in account.schedules.values()}
    day, hour = 86_400, 3_600
    at = account.epoch - account.epoch % day
    for form, path, start in (
        ("layers", "/schedules", "start"),
        ("shifts", "/v3/schedules", "start_time"),
    ):
        schedule = by_form[form]
        user = next(iter(account.users))
        override = ScheduleOverride(id="O1", start=at - hour, end=at + hour, user_id=user)
        account.schedules[schedule.id] = replace(schedule, overrides=(override,))
        url = f"{path}/{schedule.id}/overrides"
        window = {"since": _text(at), "until": _text(at + day)}
        for overflow, begin in (("false", at), ("true", at - hour)):
            (listed,) = get(url, window | {"overflow": overflow}).json()["overrides"]
            assert datetime.fromisoformat(listed[start]).timestamp() == begin
        assert (
            get(url, {"since": _text(at + day), "until": _text(at + 2 * day)}).json()["overrides"]
            == []
        )
        assert get(url).status_code == get(url, {"since": _text(at)}).status_code == 400
    for form, path in (("shifts", "/schedules"), ("layers", "/v3/schedules")):
        assert get(f"{path}/{by_form[form].id}/overrides", window).status_code == 400


def _text(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat()
