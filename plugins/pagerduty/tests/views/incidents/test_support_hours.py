"""Support hours: what counts of the time an incident takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ccm_pagerduty.views.incidents.support_hours import SlaClock, sla_clock
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.sdk.intervals import read_clock

OFFICE = {
    "type": "fixed_time_per_day",
    "time_zone": "Europe/Berlin",
    "start_time": "09:00:00",
    "end_time": "17:00:00",
    "days_of_week": [1, 2, 3, 4, 5],
}


def clock(**about):
    """Return the SLA clock of a service with these support hours."""
    sla = sla_clock({"support_hours": OFFICE | about})
    assert sla is not None
    return sla


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        pytest.param("2026-11-23T09:00", "2026-11-23T17:00", 8, id="one day"),
        pytest.param("2026-11-23T00:00", "2026-11-24T00:00", 8, id="around a day"),
        pytest.param("2026-11-20T16:00", "2026-11-23T10:00", 2, id="over a weekend"),
        pytest.param("2026-11-21T08:00", "2026-11-22T20:00", 0, id="on a weekend"),
        pytest.param("2026-11-23T12:00", "2026-11-23T12:00", 0, id="no time at all"),
        pytest.param("2026-11-23T12:00", "2026-11-23T11:00", 0, id="backwards"),
    ],
)
def test_sla_clock_counts_support_hours_only(since, until, hours):
    """An incident of Friday evening is as old on Monday morning as it was."""
    at = [datetime.fromisoformat(f"{text}+01:00") for text in (since, until)]
    assert clock().elapsed_seconds(*at) == hours * 3600


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param("2026-10-25", 25, id="back: an hour comes twice"),
        pytest.param("2026-03-29", 23, id="forth: an hour is missing"),
        pytest.param("2026-11-23", 24, id="any other day"),
    ],
)
def test_sla_clock_counts_the_real_hours_of_a_clock_change_day(day, hours):
    """From midnight to midnight by the wall."""
    all_day = clock(start_time="00:00:00", end_time="00:00:00", days_of_week=None)
    zone = ZoneInfo("Europe/Berlin")
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone)
    ends = (midnight + timedelta(days=1)).astimezone(UTC)
    assert all_day.elapsed_seconds(midnight.astimezone(UTC), ends) == hours * 3600


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({"time_zone": "Nowhere/Land"}, id="a zone that is none"),
        pytest.param({"time_zone": None}, id="no zone"),
        pytest.param({"start_time": "nine"}, id="a time that is none"),
        pytest.param({"end_time": None}, id="no end"),
    ],
)
def test_unreadable_support_hours_are_unknown(overrides):
    """Then nothing is known of what counts."""
    assert sla_clock({"support_hours": OFFICE | overrides}) is None


def test_sla_clock_without_support_hours_always_runs():
    """Null says that it has none; a missing key says nothing."""
    assert sla_clock({"support_hours": None}) == SlaClock()
    assert sla_clock({}) is None


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
QUARTER = timedelta(minutes=15)
NIGHTS = (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC))
quarters = st.integers(min_value=0, max_value=95)


def written(quarter):
    """Write a time of day; none lies where clocks change."""
    quarter = quarter if not 0 < quarter < 16 else 16
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}:00"


@given(
    zone=st.sampled_from(ZONES),
    start=quarters.map(written),
    end=quarters.map(written),
    days=st.sets(st.integers(min_value=1, max_value=7), min_size=1),
    night=st.sampled_from(NIGHTS),
    bounds=st.tuples(st.integers(-400, 400), st.integers(-400, 400)).map(sorted),
)
def test_sla_clock_equals_a_stepwise_model(zone, start, end, days, night, bounds):
    """Quarter of an hour by quarter of an hour, each looked up on the wall."""
    since, until = (night + bound * QUARTER for bound in bounds)
    hours = clock(time_zone=zone, start_time=start, end_time=end, days_of_week=sorted(days))
    inside = sum(
        _is_supported(since + n * QUARTER, zone, start, end, days)
        for n in range(bounds[1] - bounds[0])
    )
    assert hours.elapsed_seconds(since, until) == inside * 900
    assert hours.is_running(since) == _is_supported(since, zone, start, end, days)


def _is_supported(at, zone, start, end, days):
    wall = at.astimezone(ZoneInfo(zone))
    now, today = wall.strftime("%H:%M:%S"), wall.isoweekday()
    yesterday = 7 if today == 1 else today - 1
    if start < end:
        return today in days and start <= now < end
    return (today in days and now >= start) or (yesterday in days and now < end)


def test_incident_uses_the_sla_clock_of_its_service(view, pd):
    """Triggered on Monday at three in the morning, acknowledged at ten: one hour counts."""
    (row,) = view(
        "incident_response",
        incident=[pd.incident(at=-10)],
        incident_log_entry=[
            pd.entry("trigger", 0),
            pd.entry("acknowledge", 7 * 3600),
            pd.entry("resolve", 9 * 3600),
        ],
        service=[pd.service("S1", support_hours=OFFICE)],
    )
    body = row.body
    assert (body["time_to_acknowledge"], body["sla_time_to_acknowledge"]) == (25200, 3600)
    assert (body["time_to_resolve"], body["sla_time_to_resolve"]) == (32400, 10800)
    assert read_clock(body["clock"]).elapsed(pd.now) == timedelta(seconds=10800)
    assert (body["occurred_at"], body["in_support_hours"]) == ("2026-11-23T02:00:00Z", False)
    assert "pagerduty.service:S1" in row.names


def test_sla_fields_of_an_unlisted_service_are_unknown(view, pd):
    """It may have had hours."""
    (row,) = view(
        "incident_response",
        incident=[pd.incident()],
        incident_log_entry=[pd.entry("trigger"), pd.entry("resolve", 60)],
    )
    assert row.body["time_to_resolve"] == 60
    assert not {"sla_time_to_resolve", "clock", "in_support_hours"} & set(row.body)
