"""The view ``pagerduty.collection_health``."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.sdk.timestamps import format_instant, parse_instant

HOUR = 3600
SCHEDULED = (("incident", HOUR),)


def health(only, pd, *hours, now=0, outcome="complete", first=-24 * 40):
    """Return the row of incidents collected at these hours; runs go back further."""
    runs = [pd.run(first, scheduled=SCHEDULED)]
    runs += [pd.run(at, ("incident", {"outcome": outcome}), scheduled=SCHEDULED) for at in hours]
    return only("collection_health", manifest=[*runs, pd.run(now, scheduled=SCHEDULED)])


def missed(pd, since, until, rounds):
    """Return missed collections between two hours as a row has them."""
    instants = [format_instant(parse_instant(pd.instant(at))) for at in (since, until)]
    return {"since": instants[0], "until": instants[1], "rounds": rounds}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param(range(-24, 0), [], id="every hour"),
        pytest.param([*range(-24, -10), *range(-5, 0)], [(-11, -5, 5)], id="a gap"),
        pytest.param([-24, -20, -18], [(-20, -18, 1), (-24, -20, 3)], id="newest first"),
        pytest.param([-24, -22, -18], [(-22, -18, 3)], id="older ones only where longer"),
        pytest.param([-24, -22, -20], [(-22, -20, 1)], id="the later of two equal ones"),
        pytest.param(range(-20, 0), [(-24, -20, 3)], id="from the first run that was scheduled"),
        pytest.param([], [], id="never collected, which is overdue"),
    ],
)
def test_missed_collections_are_listed_as_intervals(only, pd, hours, expected):
    """Each from the collection before to the one after."""
    row = health(only, pd, *hours, first=-24)
    assert row["cadence"] == HOUR
    assert row["missed"] == [missed(pd, *entry) for entry in expected]


@pytest.mark.parametrize(
    ("hours", "overdue_since", "last"),
    [
        pytest.param([-3, -1], "2026-11-23T12:00:00Z", "2026-11-23T11:00:00Z", id="on time"),
        pytest.param([-8], "2026-11-23T05:00:00Z", "2026-11-23T04:00:00Z", id="none of late"),
        pytest.param([], "2026-11-22T13:00:00Z", None, id="never"),
    ],
)
def test_a_collection_is_overdue_one_required_frequency_after_the_last(
    only, pd, hours, overdue_since, last
):
    """The clock runs from there, whenever somebody looks."""
    row = health(only, pd, *hours, first=-24)
    assert row["overdue"] == [{"since": overdue_since, "until": None, "hours": None}]
    assert row["last_successful_at"] == last


def test_time_before_a_kind_was_scheduled_is_not_counted(only, pd):
    """A kind that an update adds was not missed before; nor was any before the first run."""
    runs = [
        pd.run(-24 * 30, ("user",), scheduled=(("user", HOUR),)),
        *(pd.run(at, ("incident",), scheduled=SCHEDULED) for at in (-3, -2, -1)),
    ]
    row = only("collection_health", manifest=runs)
    assert row["missed"] == []
    assert row["overdue"][0]["since"] == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize(("tried", "waiting_since"), [((-3,), None), ((), "2026-11-22T12:00:00Z")])
def test_only_a_kind_that_was_never_collected_waits(only, pd, tried, waiting_since):
    """Where it was, the start of the observation would move with each run that grows too old."""
    assert health(only, pd, *tried, first=-24)["waiting_since"] == waiting_since


def test_a_run_that_did_not_try_a_kind_leaves_its_row_as_it_is(view, pd):
    """Also where the run that was the first has grown too old to be read."""
    daily = (("incident", HOUR), ("user", 24 * HOUR))
    runs = [pd.run(at, ("incident",), scheduled=daily) for at in range(-40, -20)]
    runs.append(pd.run(-20, ("incident",), ("user",), scheduled=daily))
    later = [pd.run(at, ("incident",), scheduled=daily) for at in (-19, -18)]
    (_, before), (_, after) = (
        view("collection_health", manifest=manifests) for manifests in (runs, [*runs[5:], *later])
    )
    assert after == before


def test_a_row_rests_on_the_run_since_which_the_frequency_is_another(view, pd):
    """The one that tried the kind last does not state the frequency that is required now."""
    often = (("incident", HOUR / 2),)
    runs = [pd.run(at, ("incident",), scheduled=SCHEDULED) for at in (-5, -4)]
    changed = [pd.run(at, scheduled=often) for at in (-3, -2, -1)]
    (row,) = view("collection_health", manifest=[*runs, *changed])
    tried, stated, *unread = (f"pagerduty.manifest:{run['run']}" for run in [runs[-1], *changed])
    assert row.body["cadence"] == HOUR / 2
    assert {tried, stated} < set(row.names)
    assert not set(unread) & set(row.names)


def test_unsuccessful_collection_ends_no_interval(only, pd):
    """Trying is not collecting."""
    row = health(only, pd, -2, -1, outcome="failed", first=-24)
    assert row["last_successful_at"] is None
    assert row["overdue"][0]["since"] == "2026-11-22T13:00:00Z"
    assert row["last_outcome"] == "failed"


def test_a_kind_without_a_required_frequency_misses_nothing_that_is_known(view, pd):
    """So that no rule passes for want of one."""
    (row,) = view("collection_health", manifest=[pd.run(-1, scheduled=(("incident", 0),))])
    assert not {"missed", "overdue"} & set(row.body)
    assert "no frequency" in row.unknown["missed"]


def test_a_row_does_not_grow_with_the_history(view, pd):
    """A year of runs of which each second one was missed is told by a few of them."""
    runs = [pd.run(at, ("incident",), scheduled=SCHEDULED) for at in range(-4000, 0, 2)]
    (row,) = view("collection_health", manifest=runs)
    assert row.body["missed"] == [missed(pd, -4, -2, 1)]
    assert len(row.evidence_digests) <= 4
    assert len(row.names) <= 5


def test_the_last_listed_one_stands_for_all_older_ones(view, pd):
    """A history in which each pause is shorter than the one before hides none of them."""
    hours, at = [], -5000
    for pause in range(60, 1, -1):
        hours.append(at)
        at += pause
    runs = [pd.run(at, ("incident",), scheduled=SCHEDULED) for at in [*hours, at]]
    (row,) = view("collection_health", manifest=runs)
    rounds = [entry["rounds"] for entry in row.body["missed"]]
    assert rounds == [*range(1, 24), 59]
    assert row.body["missed"][-1]["since"] == missed(pd, -5000, 0, 0)["since"]
    assert row.body["missed"][-1]["until"] == row.body["missed"][-2]["since"]


def test_never_collected_kind_has_a_null_collection_time(only, pd):
    """What a collection would tell is left out."""
    row = health(only, pd)
    assert row["last_collected_at"] is None
    assert not {"last_outcome", "unknown_fields", "rejected_records"} & set(row)


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


@given(
    hours=st.sets(st.integers(min_value=-60, max_value=-1)),
    since=st.integers(min_value=-60, max_value=-1),
    limit=st.integers(min_value=0, max_value=20),
)
def test_what_is_listed_answers_for_every_limit_and_every_period(
    make_view, pd, hours, since, limit
):
    """As all missed collections would: the newest that exceeds a limit is always listed."""
    runs = [pd.run(-70, scheduled=SCHEDULED)]
    runs += [pd.run(at, ("incident",), scheduled=SCHEDULED) for at in sorted(hours)]
    (row,) = make_view("collection_health", manifest=[*runs, pd.run(0, scheduled=SCHEDULED)])
    exceeding = [
        (first, second)
        for first, second in pairwise([-70, *sorted(hours)])
        if second > since and second - first - 1 > limit
    ]
    begin = missed(pd, since, 0, 0)["since"]
    listed = [
        entry for entry in row.body["missed"] if entry["until"] > begin and entry["rounds"] > limit
    ]
    assert bool(listed) == bool(exceeding)
    if exceeding:
        first, second = exceeding[-1]
        assert listed[0] == missed(pd, first, second, second - first - 1)


@pytest.mark.parametrize(
    ("pause", "rounds"),
    [(0.5, 0), (1, 0), (1.9, 0), (2, 1), (2.1, 1), (25, 24)],
)
def test_slightly_late_run_is_not_a_missed_collection(only, pd, pause, rounds):
    """Only a time that has passed whole counts."""
    row = health(only, pd, -pause, 0, first=-pause, now=1)
    assert [entry["rounds"] for entry in row["missed"]] == ([rounds] if rounds else [])


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
