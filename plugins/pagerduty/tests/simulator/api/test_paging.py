"""Classic paging: limits, offsets, totals and the cap."""

from __future__ import annotations

import pytest

CLASSIC = {
    "/services": "services",
    "/escalation_policies": "escalation_policies",
    "/schedules": "schedules",
    "/oncalls": "oncalls",
    "/incidents": "incidents",
    "/log_entries": "log_entries",
    "/users": "users",
    "/teams": "teams",
    "/priorities": "priorities",
}

MORE_THAN_25 = {"/services", "/oncalls", "/incidents", "/log_entries", "/users"}


@pytest.mark.parametrize(("path", "key"), CLASSIC.items(), ids=CLASSIC)
def test_a_page_has_25_records_by_default(get_whole, path, key):
    """Without parameters: 25 at most, no total, and whether there is more."""
    page = get_whole(path).json()
    assert {*page} == {key, "limit", "offset", "total", "more"}
    assert (page["limit"], page["offset"], page["total"]) == (25, 0, None)
    assert len(page[key]) <= 25
    assert page["more"] == (path in MORE_THAN_25)


def test_a_page_limit_above_100_is_reduced(get_whole):
    """To 100."""
    page = get_whole("/users", {"limit": 500}).json()
    assert (page["limit"], len(page["users"])) == (100, 100)


def test_a_page_has_a_total_on_request(get_whole):
    """``total=true``, in lower case, and not Python's ``True``."""
    assert get_whole("/users", {"total": "true"}).json()["total"] == 120
    assert get_whole("/users?total=True").json()["total"] is None


def test_a_page_offset_counts_records(get_whole):
    """Two pages of seven are the first fourteen."""
    ids = [user["id"] for user in get_whole("/users", {"limit": 14}).json()["users"]]
    second = get_whole("/users", {"limit": 7, "offset": 7}).json()["users"]
    assert [user["id"] for user in second] == ids[7:]


def test_the_list_of_shift_based_schedules_has_its_own_limits(get_whole):
    """100 by default, 1,000 at most, and references only."""
    page = get_whole("/v3/schedules").json()
    assert page["limit"] == 100
    assert get_whole("/v3/schedules", {"limit": 5000}).json()["limit"] == 1000
    assert {schedule["type"] for schedule in page["schedules"]} == {"schedule_v3_reference"}


@pytest.mark.parametrize("offset", ["9901", "10000", "250000"])
def test_a_page_beyond_10000_is_refused(get_whole, offset):
    """``offset + limit`` above the cap is refused with code 2002."""
    response = get_whole("/incidents", {"limit": 100, "offset": offset})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == 2002
    assert error["errors"][0].startswith("Offset+limit exceeds maximum allowed value of 10000.")


def test_the_last_page_below_the_cap_is_returned(get_whole):
    """Offset 9,900 and limit 100 is the last usable request."""
    page = get_whole("/log_entries", {"limit": 100, "offset": 9900}).json()
    assert len(page["log_entries"]) == 100
    assert page["more"] is True


@pytest.mark.parametrize("value", ["-1", "ten", "1.5"])
def test_a_page_limit_that_is_no_number_is_refused(get_whole, value):
    """400, in the ordinary shape."""
    response = get_whole("/users", {"limit": value})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == 2001


def test_an_unknown_parameter_is_ignored(get_whole):
    """A misspelled filter returns the whole account."""
    page = get_whole("/services", {"teams_ids[]": "PNOBODY", "total": "true"}).json()
    assert page["total"] == 60
