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
        pytest.param(600, 300, 0, id="somebody was on the parent already"),
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
    """Nothing is known of the response, and so no rule can pass."""
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
    assert all("is_primary" not in row.body for row in rows)


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
            "it was merged into the incident I9, which is not in the evidence",
            id="the parent is not there",
        ),
        pytest.param({}, "its log entries are not in the evidence", id="no log entries"),
    ],
)
def test_incident_row_has_the_reasons_for_a_missing_response(view, pd, about, why):
    """Whoever reads that something is insufficient can see what to look for."""
    about = {"resolve_reason": into(pd, "I9")} if about else {}
    (row,) = view("incident_response", incident=[pd.incident(**about)])
    assert row.unknown["*"] == why
    assert row.unknown["clock"].startswith("its service was never in the evidence")
