"""The hours of a service: what counts of the time an incident takes, by its urgency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ccm_pagerduty.views.incidents.service_hours import CountedHours, ServiceHours, service_hours
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


QUIET = {"type": "use_support_hours", "outside_support_hours": {"urgency": "low"}}


def hours_of(**about):
    """Return the hours of a service with these support hours, quiet outside them."""
    hours = service_hours({"support_hours": OFFICE | about, "incident_urgency_rule": QUIET})
    assert hours is not None
    assert hours.high is not None
    return hours


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
def test_support_hours_are_all_that_counts(since, until, hours):
    """An incident of Friday evening is as old on Monday morning as it was."""
    at = [datetime.fromisoformat(f"{text}+01:00") for text in (since, until)]
    assert hours_of().high.seconds(*at) == hours * 3600


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param("2026-10-25", 25, id="back: an hour comes twice"),
        pytest.param("2026-03-29", 23, id="forth: an hour is missing"),
        pytest.param("2026-11-23", 24, id="any other day"),
    ],
)
def test_support_hours_have_the_real_length_of_a_clock_change_day(day, hours):
    """From midnight to midnight by the wall."""
    all_day = hours_of(start_time="00:00:00", end_time="00:00:00", days_of_week=None)
    zone = ZoneInfo("Europe/Berlin")
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone)
    ends = (midnight + timedelta(days=1)).astimezone(UTC)
    assert all_day.low.seconds(midnight.astimezone(UTC), ends) == hours * 3600


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
    assert service_hours({"support_hours": OFFICE | overrides}) is None


def test_a_service_without_support_hours_counts_always_and_in_business_hours():
    """Null says that it has none; a missing key says nothing."""
    assert service_hours({"support_hours": None}) == ServiceHours()
    assert (ServiceHours().high, ServiceHours().low) == (
        CountedHours(),
        CountedHours(business=True, plain="business_hours"),
    )
    assert service_hours({}) is None


ALWAYS, IN_HOURS = "always", "in support hours"


def of_hours(outside, during="high"):
    """Return the urgency rule of a service that tells inside and outside support hours apart."""
    return {
        "type": "use_support_hours",
        "during_support_hours": {"type": "constant", "urgency": during},
        "outside_support_hours": outside,
    }


@pytest.mark.parametrize(
    ("rule", "counts"),
    [
        pytest.param(of_hours({"urgency": "low"}), IN_HOURS, id="quiet at night"),
        pytest.param(of_hours({"urgency": "high"}), ALWAYS, id="it pages at night too"),
        pytest.param(of_hours({"urgency": "severity_based"}), ALWAYS, id="it may page at night"),
        pytest.param(of_hours({"urgency": "high"}, "low"), ALWAYS, id="it pages at night only"),
        pytest.param({"type": "constant", "urgency": "high"}, ALWAYS, id="always of high urgency"),
        pytest.param({"type": "constant", "urgency": "severity_based"}, ALWAYS, id="by severity"),
        pytest.param({"type": "constant", "urgency": "low"}, IN_HOURS, id="always of low urgency"),
        pytest.param(of_hours(None), None, id="nothing told of the night"),
        pytest.param(of_hours({"urgency": None}), None, id="null told of the night"),
        pytest.param({"type": None}, None, id="a rule without a type"),
        pytest.param(None, None, id="no rule"),
    ],
)
def test_nights_count_where_the_service_pages_at_night(rule, counts):
    """High urgency outside the support hours is no reason to wait until the morning."""
    hours = service_hours({"support_hours": OFFICE, "incident_urgency_rule": rule})
    expected = {ALWAYS: CountedHours(), IN_HOURS: hours.low, None: None}
    assert hours.high == expected[counts]
    assert hours.low == CountedHours(hours.support, plain=hours.support.plain())


@pytest.mark.parametrize(
    ("name", "zone"),
    [("Eastern Time (US & Canada)", "America/New_York"), ("Bern", "Europe/Zurich")],
)
def test_support_hours_may_have_the_name_that_rails_has_for_a_zone(name, zone):
    """Such names stand where others have those of the IANA."""
    assert hours_of(time_zone=name).support.zone.key == zone


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
def test_support_hours_equal_a_stepwise_model(zone, start, end, days, night, bounds):
    """Quarter of an hour by quarter of an hour, each looked up on the wall."""
    since, until = (night + bound * QUARTER for bound in bounds)
    hours = hours_of(time_zone=zone, start_time=start, end_time=end, days_of_week=sorted(days))
    inside = sum(
        _is_supported(since + n * QUARTER, zone, start, end, days)
        for n in range(bounds[1] - bounds[0])
    )
    assert hours.high.seconds(since, until) == inside * 900
    assert hours.supports(since) == _is_supported(since, zone, start, end, days)


def _is_supported(at, zone, start, end, days):
    wall = at.astimezone(ZoneInfo(zone))
    now, today = wall.strftime("%H:%M:%S"), wall.isoweekday()
    yesterday = 7 if today == 1 else today - 1
    if start < end:
        return today in days and start <= now < end
    return (today in days and now >= start) or (yesterday in days and now < end)


def test_incident_uses_the_hours_of_its_service(view, pd):
    """Triggered on Monday at three in the morning, acknowledged at ten: one hour counts."""
    (row,) = view(
        "incident_response",
        incident=[pd.incident(at=-10)],
        incident_log_entry=[
            pd.entry("trigger", 0),
            pd.entry("acknowledge", 7 * 3600),
            pd.entry("resolve", 9 * 3600),
        ],
        service=[pd.service("S1", support_hours=OFFICE, incident_urgency_rule=QUIET)],
    )
    body = row.body
    assert (body["time_to_acknowledge"], body["sla_time_to_acknowledge"]) == (25200, 3600)
    assert (body["time_to_resolve"], body["sla_time_to_resolve"]) == (32400, 10800)
    assert read_clock(body["clock_to_resolve"]).elapsed(pd.now) == timedelta(seconds=10800)
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
    assert not {"sla_time_to_resolve", "clock_to_resolve", "in_support_hours"} & set(row.body)
