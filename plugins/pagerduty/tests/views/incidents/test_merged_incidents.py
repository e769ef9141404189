"""Merged incidents in ``pagerduty.incident_response``: they answer through their parent."""

from __future__ import annotations

from datetime import timedelta

import pytest

ANSWER = {"acknowledged_by_person", "time_to_acknowledge", "time_to_resolve", "open"}


def into(pd, key):
    """Return the resolve reason of an incident that was merged into another one."""
    return {"type": "merge_resolve_reason", "incident": pd.ref(key, "incident")}


def moved(pd, entry, seconds):
    """Move a log entry in time."""
    at = pd.now + timedelta(hours=-10, seconds=seconds)
    return entry | {"created_at": at.isoformat()}


@pytest.fixture
def merged_row(view, pd):
    """Return the row of an incident that was merged into a primary one.

    The child is triggered ``child`` seconds after the parent, and merged five seconds later.
    """

    def run(*entries, child=60, about=None, **parent):
        created = pd.instant(pd.now + timedelta(hours=-10, seconds=child))
        rows = view(
            "incident_response",
            incident=[
                pd.incident("I0", **parent),
                pd.incident("I1", created_at=created, resolve_reason=into(pd, "I0"))
                | (about or {}),
            ],
            incident_log_entry=[
                pd.entry("trigger", 0, key="L0", incident="I0"),
                moved(pd, pd.entry("trigger", key="L1"), child),
                moved(pd, pd.entry("resolve", key="L2"), child + 5),
                *(pd.entry(entry_type, at, incident="I0") for entry_type, at in entries),
            ],
            service=[pd.service("S1", support_hours=None)],
        )
        return next(row for row in rows if row.subject.key == "I1")

    return run


@pytest.mark.parametrize(
    ("child", "acknowledged", "expected"),
    [
        pytest.param(60, 300, 240, id="the parent was acknowledged later"),
        pytest.param(600, 300, 5, id="somebody was on the parent already: from the merge on"),
        pytest.param(-7200, 300, 7500, id="it had waited before the parent began"),
    ],
)
def test_acknowledgement_of_the_primary_counts_for_a_merged_incident(
    merged_row, child, acknowledged, expected
):
    """The time runs from its own trigger, so a merge into a new incident hides no delay."""
    row = merged_row(("acknowledge", acknowledged), ("resolve", 3600), child=child).body
    assert (row["merged"], row["merged_into"]["id"]) == (True, "I0")
    assert (row["acknowledged_by_person"], row["time_to_acknowledge"]) == (True, expected)
    assert row["sla_time_to_acknowledge"] == expected
    assert (row["time_to_resolve"], row["resolved_by"]) == (3600 - child, "person")


def test_merged_incident_is_open_while_its_primary_is(merged_row):
    """The merge closed it in PagerDuty and solved nothing."""
    row = merged_row(status="triggered").body
    assert (row["status"], row["open"], row["time_to_resolve"]) == ("resolved", True, None)
    assert (row["acknowledged_by_person"], row["time_to_acknowledge"]) == (False, None)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param({"child": 60}, False, id="the parent is older: it is judged instead"),
        pytest.param({"child": 0}, False, id="as old as the parent"),
        pytest.param({"child": -60}, True, id="older than the parent"),
        pytest.param({"urgency": "low"}, True, id="the parent is less urgent"),
        pytest.param({"about": {"urgency": "low"}}, False, id="the parent is more urgent"),
        pytest.param({"urgency": None}, None, id="the parent's urgency is not told"),
    ],
)
def test_merged_incident_is_primary_unless_its_parent_is_stricter(merged_row, case, expected):
    """Each incident is judged once; none gets out of it by being merged."""
    assert (
        merged_row(("acknowledge", 300), ("resolve", 900), **case).body.get("is_primary")
        is expected
    )


def test_merged_incident_row_has_the_digests_of_its_primary(merged_row):
    """Whoever asks finds the acknowledgement that counted."""
    names = set(merged_row(("acknowledge", 300), ("resolve", 900)).names)
    assert {"pagerduty.incident:I0", "pagerduty.incident_log_entry:L000300acknowledge"} <= names


@pytest.mark.parametrize(
    "incidents",
    [
        pytest.param({"I1": "I0"}, id="the parent is not in the evidence"),
        pytest.param({"I1": "I2", "I2": "I1"}, id="a circle"),
        pytest.param({"I1": "I1"}, id="into itself"),
        pytest.param({"I1": "I2", "I2": "I0"}, id="the last of the line is not in the evidence"),
    ],
)
def test_incomplete_merge_chain_is_unknown(view, pd, incidents):
    """What became of it after the merge is not known; it is judged by itself, in nobody's place."""
    rows = view(
        "incident_response",
        incident=[pd.incident(key, resolve_reason=into(pd, to)) for key, to in incidents.items()],
        incident_log_entry=[
            entry
            for key in incidents
            for entry in (
                pd.entry("trigger", 0, key=f"{key}t", incident=key),
                pd.entry("resolve", 5, key=f"{key}r", incident=key),
            )
        ],
    )
    assert all(not ANSWER & set(row.body) for row in rows)
    assert all(row.body["is_primary"] for row in rows)
    assert all(row.final for row in rows)


@pytest.fixture
def lost_row(view, pd):
    """Return the row of an incident that was merged after 900 s into one that is gone.

    Its log entries are ``(type, seconds, channel)``.
    """

    def run(*entries, hours=None):
        (row,) = view(
            "incident_response",
            incident=[pd.incident("I1", resolve_reason=into(pd, "I0"))],
            incident_log_entry=[
                pd.entry("trigger", 0),
                pd.entry("resolve", 900),
                *(pd.entry(kind, at, channel=channel) for kind, at, channel in entries),
            ],
            service=[
                pd.service("S1", support_hours=hours)
                | {"incident_urgency_rule": {"type": "constant", "urgency": "low"}}
            ],
        )
        return row

    return run


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param(
            [("acknowledge", 300, "website")],
            {"acknowledged_by_person": True, "time_to_acknowledge": 300, "until": 300},
            id="a person had acknowledged it",
        ),
        pytest.param([], {"until": 900}, id="nobody had acknowledged it"),
        pytest.param([("acknowledge", 300, "auto")], {"until": 900}, id="a bot had"),
        pytest.param([("acknowledge", 300, "api")], {}, id="a person or a script had"),
        pytest.param(
            [("acknowledge", 200, "api"), ("acknowledge", 300, "website")],
            {"acknowledged_by_person": True},
            id="a person or a script had, then a person",
        ),
    ],
)
def test_time_before_a_lost_merge_is_known(lost_row, entries, expected):
    """It cannot have been acknowledged through the other one before it was merged into that."""
    row = lost_row(*entries)
    names = {"until": "sla_time_alone"}
    read = ("acknowledged_by_person", "time_to_acknowledge", "until")
    fields = {
        name: row.body[names.get(name, name)] for name in read if names.get(name, name) in row.body
    }
    assert fields == expected
    assert not {"open", "resolved_by", "time_to_resolve"} & set(row.body)
    assert "pagerduty.incident:I0" in row.names
    assert "the incident I0" in row.unknown["*"]
    assert "gone at PagerDuty" in row.unknown["*"]


def test_time_before_a_lost_merge_counts_in_support_hours(lost_row):
    """A merge at night, outside the hours, is not late."""
    hours = {
        "type": "fixed_time_per_day",
        "time_zone": "UTC",
        "start_time": "09:00:00",
        "end_time": "17:00:00",
        "days_of_week": [1, 2, 3, 4, 5],
    }
    assert lost_row(hours=hours).body["sla_time_alone"] == 0


def test_an_acknowledgement_before_the_merge_does_not_count_for_the_child(view, pd):
    """A child that waited for two hours is late, however early somebody was on its parent."""
    rows = view(
        "incident_response",
        incident=[
            pd.incident("I0", urgency="low"),
            pd.incident("I1", resolve_reason=into(pd, "I0")),
        ],
        incident_log_entry=[
            pd.entry("trigger", 0, key="t0", incident="I0"),
            pd.entry("acknowledge", 60, incident="I0"),
            pd.entry("resolve", 9000, incident="I0"),
            pd.entry("trigger", 0, key="t1"),
            pd.entry("resolve", 7200),
        ],
    )
    child = next(row.body for row in rows if row.subject.key == "I1")
    assert (child["is_primary"], child["time_to_acknowledge"]) == (True, 7200)


def test_merge_chain_is_followed_to_its_end(view, pd):
    """The last one answers for all."""
    rows = view(
        "incident_response",
        incident=[
            pd.incident("I0"),
            pd.incident("I1", resolve_reason=into(pd, "I2")),
            pd.incident("I2", resolve_reason=into(pd, "I0")),
        ],
        incident_log_entry=[
            *(pd.entry("trigger", 0, key=f"t{key}", incident=key) for key in ("I0", "I1", "I2")),
            *(pd.entry("resolve", 5, key=f"r{key}", incident=key) for key in ("I1", "I2")),
            pd.entry("acknowledge", 30, incident="I0"),
            pd.entry("resolve", 90, incident="I0"),
        ],
    )
    assert [row.body["time_to_acknowledge"] for row in rows] == [30, 30, 30]
    assert [row.body["is_primary"] for row in rows] == [True, False, False]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        pytest.param(
            {"resolve_reason": True},
            "its log entries are not in the evidence",
            id="the parent is not there either",
        ),
        pytest.param({}, "its log entries are not in the evidence", id="no log entries"),
    ],
)
def test_incident_row_has_the_reasons_for_a_missing_response(view, pd, about, why):
    """Whoever reads that something is insufficient can see what to look for."""
    about = {"resolve_reason": into(pd, "I9")} if about else {}
    (row,) = view("incident_response", incident=[pd.incident(**about)])
    assert row.unknown["*"] == why
    assert row.unknown["clock_to_resolve"].startswith("its service was never in the evidence")
