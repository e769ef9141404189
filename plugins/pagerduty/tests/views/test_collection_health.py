"""The view ``pagerduty.collection_health``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

HOUR = 3600
SCHEDULED = (("incident", HOUR),)


def health(only, pd, *hours, now=0, outcome="complete", first=-24 * 40):
    """Return the row of incidents collected at these hours; runs go back further."""
    runs = [pd.run(first, scheduled=SCHEDULED)]
    runs += [pd.run(at, ("incident", {"outcome": outcome}), scheduled=SCHEDULED) for at in hours]
    return only("collection_health", manifest=[*runs, pd.run(now, scheduled=SCHEDULED)])


@pytest.mark.parametrize(
    ("hours", "pause"),
    [
        pytest.param(range(-24 * 30, 0), 1, id="every hour of the period"),
        pytest.param([*range(-24 * 30, -10), *range(-5, 0)], 6, id="a gap"),
        pytest.param(range(-24 * 30, -7), 8, id="none of late"),
        pytest.param([-24 * 31, -1], 24 * 31 - 1, id="a pause that reaches into the period"),
        pytest.param([], 24 * 30, id="never"),
    ],
)
def test_longest_interval_is_reported(only, pd, hours, pause):
    """Until now, and from before the period where it reaches into it."""
    row = health(only, pd, *hours)
    assert (row["cadence"], row["longest_interval"]) == (HOUR, pause * HOUR)
    assert row["consecutive_missed"] == pause - 1


def test_time_before_a_new_connection_is_not_counted(only, pd):
    """The first run is where watching begins."""
    row = health(only, pd, -3, -2, -1, first=-3)
    assert (row["longest_interval"], row["collections"]) == (HOUR, 3)
    assert row["observed_since"] == "2026-11-23T09:00:00Z"


def test_unsuccessful_collection_ends_no_interval(only, pd):
    """Trying is not collecting."""
    row = health(only, pd, -2, -1, outcome="failed")
    assert (row["collections"], row["longest_interval"]) == (0, 24 * 30 * HOUR)
    assert row["last_outcome"] == "failed"


def test_never_collected_kind_has_a_null_collection_time(only, pd):
    """What a collection would tell is left out."""
    row = health(only, pd)
    assert row["last_collected_at"] is None
    assert not {"last_outcome", "unknown_fields", "rejected_records", "last_collected_age"} & set(
        row
    )


def test_unknown_fields_are_reported(only, pd):
    """The newest collection tells; what an earlier one saw is over."""
    runs = [
        pd.run(-2, ("incident", {"unknown_fields": ["old"]}), scheduled=SCHEDULED),
        pd.run(-1, ("incident", {"unknown_fields": ["body.new"]}), scheduled=SCHEDULED),
    ]
    assert only("collection_health", manifest=runs)["unknown_fields"] == ["body.new"]


def test_each_scheduled_kind_has_a_row(view, pd):
    """Also for one that no run collected yet."""
    scheduled = (("incident", HOUR), ("user", 24 * HOUR))
    rows = view("collection_health", manifest=[pd.run(-1, ("user",), scheduled=scheduled)])
    assert [(row.subject.kind, row.subject.key) for row in rows] == [
        ("evidence_kind", "pagerduty.incident"),
        ("evidence_kind", "pagerduty.user"),
    ]


@given(hours=st.sets(st.integers(min_value=-24 * 35, max_value=-1)))
def test_longest_interval_equals_an_hourly_model(make_view, pd, hours):
    """Hour by hour: how long it is since the last collection, at its worst."""
    runs = [pd.run(-24 * 40, scheduled=SCHEDULED)]
    runs += [pd.run(at, ("incident",), scheduled=SCHEDULED) for at in sorted(hours)]
    (row,) = make_view("collection_health", manifest=[*runs, pd.run(0, scheduled=SCHEDULED)])
    worst = 0
    for hour in range(-24 * 30, 1):
        since = max((at for at in hours if at < hour), default=None)
        worst = max(worst, hour - (-24 * 30 if since is None else since))
    assert row.body["longest_interval"] == worst * HOUR


@pytest.mark.parametrize(
    ("pause", "missed"),
    [(0.5, 0), (1, 0), (1.9, 0), (2, 1), (2.1, 1), (25, 24)],
)
def test_slightly_late_run_is_not_a_missed_collection(only, pd, pause, missed):
    """Only a time that has passed whole counts."""
    row = health(only, pd, -30, -pause, first=-30 - pause)
    assert health(only, pd, -pause, first=-pause)["consecutive_missed"] == missed
    assert row["consecutive_missed"] >= missed


def test_an_amendment_hides_nothing_of_what_it_amends(only, pd):
    """What was read stands in the collections of the run, the outcome in their amendment."""
    run = pd.run(
        -1,
        ("incident", {"id": "1", "unknown_fields": ["new"]}),
        ("incident", {"id": "2"}),
        ("incident", {"id": "1/references", "amends": "1", "outcome": "partial"}),
        scheduled=SCHEDULED,
    )
    run["collections"][0]["counts"]["rejected"] = 2
    row = only("collection_health", manifest=[run])
    assert row["last_outcome"] == "partial"
    assert row["rejected_records"] == 2
    assert row["unknown_fields"] == ["new"]
