"""Clocks run in stretches and in hours of the week, and know when a limit is reached."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.clock import (
    NEVER,
    Clock,
    Stretch,
    in_business_hours,
    read_clock,
    read_date,
    read_weekly_hours,
    weekly_hours,
)

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
OFFICE = {"time_zone": "UTC", "days": [1, 2, 3, 4, 5], "start": "09:00:00", "end": "17:00:00"}
NIGHT = {"time_zone": "Europe/Berlin", "days": [6], "start": "22:00:00", "end": "06:00:00"}

GONE = {"days": [7], "start": "02:30:00", "end": "05:00:00"}


def stretch(since, until=None, hours=None):
    """Return a stretch of a clock, as a row holds it."""
    return {"since": since, "until": until, "hours": hours}


@pytest.mark.parametrize(
    ("clock", "until", "hours"),
    [
        ([stretch("2026-01-05T08:00:00Z")], "2026-01-05T10:00:00Z", 2),
        ([stretch("2026-01-05T08:00:00Z", hours=OFFICE)], "2026-01-05T10:00:00Z", 1),
        ([stretch("2026-01-05T08:00:00Z", hours=OFFICE)], "2026-01-12T10:00:00Z", 41),
        ([stretch("2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z")], "2026-01-12T10:00:00Z", 1),
        (
            [
                stretch("2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z"),
                stretch("2026-01-06T08:00:00Z"),
            ],
            "2026-01-06T11:00:00Z",
            4,
        ),
        # The clocks of Berlin go forward in this night, which has an hour less.
        ([stretch("2026-03-28T00:00:00Z", hours=NIGHT)], "2026-03-30T00:00:00Z", 7),
        # It has no 02:30: the hours begin when the clocks change, and are 03:00 to 05:00.
        (
            [stretch("2026-03-28T00:00:00Z", hours=NIGHT | GONE)],
            "2026-03-30T00:00:00Z",
            2,
        ),
        # It comes twice in October.
        (
            [stretch("2026-10-24T00:00:00Z", hours=NIGHT | GONE)],
            "2026-10-26T00:00:00Z",
            3.5,
        ),
        ([stretch("2026-01-05T08:00:00Z")], "2026-01-01T00:00:00Z", 0),
        ([], "2026-01-01T00:00:00Z", 0),
    ],
)
def test_a_clock_counts_the_time_in_which_it_runs(clock, until, hours):
    """It counts whole stretches, or the hours of the week in them."""
    assert read_clock(clock).elapsed(datetime.fromisoformat(until)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("clock", "hours", "deadline"),
    [
        ([stretch("2026-01-05T08:00:00Z")], 2, "2026-01-05T10:00:00Z"),
        ([stretch("2026-01-05T08:00:00Z", hours=OFFICE)], 2, "2026-01-05T11:00:00Z"),
        ([stretch("2026-01-09T16:00:00Z", hours=OFFICE)], 2, "2026-01-12T10:00:00Z"),
        ([stretch("2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z")], 2, None),
        ([], 1, None),
    ],
)
def test_a_deadline_is_when_the_clock_has_run_so_long(clock, hours, deadline):
    """A clock that stops before has none."""
    expected = datetime.fromisoformat(deadline) if deadline else NEVER
    assert read_clock(clock).deadline(timedelta(hours=hours)) == expected


def test_a_negative_limit_has_no_deadline():
    """It is a mistake, and no moment before the clock began."""
    with pytest.raises(ValueError, match="negative"):
        read_clock([stretch("2026-01-05T08:00:00Z")]).deadline(timedelta(seconds=-1))


@pytest.mark.parametrize(
    ("clock", "problem"),
    [
        ([{"since": "2026-01-05T08:00:00Z"}], "no clock"),
        (["2026-01-05T08:00:00Z"], "no clock"),
        ([stretch("2026-01-05T08:00:00Z", "2026-01-04T08:00:00Z")], "ends"),
        ([stretch("2026-01-05T08:00:00Z"), stretch("2026-01-06T08:00:00Z")], "overlap"),
        ([stretch("yesterday")], "yesterday"),
        ([stretch("2026-01-05T08:00:00Z", hours=OFFICE | {"time_zone": "Moon/Sea"})], "Moon/Sea"),
        ([stretch("2026-01-05T08:00:00Z", hours=OFFICE | {"days": [0]})], "weekdays"),
        ([stretch("2026-01-05T08:00:00Z", hours=OFFICE | {"start": "9"})], "9"),
    ],
)
def test_what_is_no_clock_is_refused(clock, problem):
    """The message names what is wrong."""
    with pytest.raises(ValueError, match=problem):
        read_clock(clock)


zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
times = st.sampled_from(["00:00:00", "06:30:00", "09:00:00", "17:00:00", "22:15:00"])
hours = st.builds(
    weekly_hours,
    zones,
    st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
    times,
    times,
)
moments = st.integers(0, 400 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


@given(moments, st.none() | hours, st.integers(1, 200 * 60))
def test_a_clock_has_run_the_limit_at_its_deadline(since, weekly, minutes):
    """Exactly then, and not a microsecond before."""
    clock = Clock((Stretch(since=since, hours=weekly),))
    limit = timedelta(minutes=minutes)
    deadline = clock.deadline(limit)
    assert clock.elapsed(deadline) == limit
    assert clock.elapsed(deadline - timedelta(microseconds=1)) < limit


@given(moments, hours, moments, moments)
def test_elapsed_time_never_shrinks(since, weekly, one, other):
    """It grows by no more than what passes."""
    clock = read_clock(Clock((Stretch(since=since, hours=weekly),)).plain())
    early, late = sorted((one, other))
    assert timedelta() <= clock.elapsed(late) - clock.elapsed(early) <= late - early


LORD_HOWE = {
    "time_zone": "Australia/Lord_Howe",
    "days": [7],
    "start": "00:00:00",
    "end": "00:00:00",
}


@pytest.mark.parametrize(("day", "hours"), [("2026-04-05", 24.5), ("2026-10-04", 23.5)])
def test_a_zone_may_change_its_clocks_by_half_an_hour(day, hours):
    """A day of Lord Howe Island has half an hour more or less."""
    since = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=1)
    clock = read_clock([stretch(since.isoformat(), hours=LORD_HOWE)])
    assert clock.elapsed(since + timedelta(days=4)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("text", "days", "zone", "start"),
    [
        ("Mon-Fri 09:00-17:00", [1, 2, 3, 4, 5], "UTC", "09:00:00"),
        ("Mon,Wed,Fri 08:30-16:00 Europe/Berlin", [1, 3, 5], "Europe/Berlin", "08:30:00"),
        ("Sat-Mon 22:00-06:00 Eastern Time (US & Canada)", [1, 6, 7], "America/New_York", "22:00"),
        ("daily 00:00-00:00 Australia/Lord_Howe", [*range(1, 8)], "Australia/Lord_Howe", "00:00"),
    ],
)
def test_hours_are_read_as_people_write_them(text, days, zone, start):
    """Days, times of day and, where it is not UTC, the zone."""
    hours = read_weekly_hours(text)
    assert (sorted(hours.days), hours.zone.key) == (days, zone)
    assert hours.start == time.fromisoformat(start)


@pytest.mark.parametrize(
    "text",
    [
        *("", "Mon-Fri", "9-17", "Mon-Fri 9-17", "Man-Fri 09:00-17:00", "Mon-Fri 09:00-25:00"),
        "Mon-Fri 09:00-17:00 Nowhere/Land",
    ],
)
def test_hours_that_are_written_otherwise_are_refused(text):
    """A mistake is never read as other hours."""
    with pytest.raises(ValueError, match=r"expected|there is no|must be"):
        read_weekly_hours(text)


def test_business_hours_take_the_place_that_a_clock_left_to_them():
    """Hours that the row has stay; a holiday has none."""
    begin = "2026-01-05T00:00:00Z"
    clock = [
        stretch(begin, "2026-01-08T00:00:00Z", hours="business_hours"),
        stretch("2026-01-08T00:00:00Z", hours=OFFICE),
    ]
    hours = read_weekly_hours("Mon-Fri 09:00-17:00", ("2026-01-06",))
    read = read_clock(in_business_hours(clock, hours))
    assert read.elapsed(datetime(2026, 1, 8, tzinfo=UTC)) == timedelta(hours=16)
    assert read.elapsed(datetime(2026, 1, 9, tzinfo=UTC)) == timedelta(hours=24)
    assert read_clock(read.plain()) == read


def test_a_clock_that_leaves_its_hours_open_measures_nothing():
    """Else it would run all of the time."""
    with pytest.raises(ValueError, match="business hours of a parameter"):
        read_clock([stretch("2026-01-05T00:00:00Z", hours="business_hours")])


@pytest.mark.parametrize("text", ["25/12/2026", "20261225", "2026-W52-5", "2026-02-30", "", 3])
def test_dates_that_are_written_otherwise_are_refused(text):
    """A holiday has one form, so that nobody mistakes its day for its month."""
    assert read_date("2026-12-25") == date(2026, 12, 25)
    with pytest.raises(ValueError, match="expected a date such as 2026-12-25, got"):
        read_date(text)
