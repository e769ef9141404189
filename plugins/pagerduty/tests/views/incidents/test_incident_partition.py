"""Incidents part by part: the rows are those that come out of all of the evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.views import views
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.sdk.json_codec import digest, encode
from ccm_core.sdk.types import Record, RecordSource, ViewRequest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
NOTE, SERVICE = "pagerduty.incident_note", "pagerduty.service"
HOURS = {
    "type": "fixed_time_per_day",
    "time_zone": "Europe/Berlin",
    "start_time": "09:00:00",
    "end_time": "17:00:00",
    "days_of_week": [1, 2, 3, 4, 5],
}
IDS = [f"I{number}" for number in range(6)]
INCIDENTS = st.fixed_dictionaries(
    {
        "created": st.sampled_from([-800, -721, -720, -719, -30, -1]),
        "status": st.sampled_from(["triggered", "acknowledged", "resolved"]),
        "urgency": st.sampled_from(["high", "low", None]),
        "service": st.sampled_from(["S0", "S1", "S2", None]),
        "into": st.none() | st.sampled_from(IDS),
    }
)
ENTRIES = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(["trigger", "acknowledge", "resolve", "escalate", "urgency_change"]),
    st.sampled_from([-30, -2, -1]),
)
RULES = [None, {"type": "constant", "urgency": "high"}, {"type": "constant", "urgency": "low"}]
SERVICES = st.fixed_dictionaries(
    {},
    optional={
        "support_hours": st.sampled_from([None, HOURS]),
        "incident_urgency_rule": st.sampled_from(RULES),
    },
)
EVIDENCE = st.fixed_dictionaries(
    {
        INCIDENT: st.dictionaries(st.sampled_from(IDS), INCIDENTS),
        LOG_ENTRY: st.dictionaries(st.sampled_from("abcdefgh"), ENTRIES),
        NOTE: st.dictionaries(st.sampled_from("xyz"), st.sampled_from(IDS)),
        SERVICE: st.dictionaries(st.sampled_from(["S0", "S1"]), SERVICES),
    }
)


def hours(number):
    """Write an instant that is so many hours from the first moment."""
    return (NOW + timedelta(hours=number)).isoformat()


def body_of(kind, key, entry):
    """Make the body of an object."""
    if kind == SERVICE:
        return {"id": key, "name": key, **entry}
    if kind == NOTE:
        fields = {"created_at": hours(-1), "mentions_review": True, "sites": []}
        return {"id": key, "incident": {"id": entry}, **fields}
    if kind == LOG_ENTRY:
        incident, entry_type, at = entry
        return {
            "id": key,
            "type": f"{entry_type}_log_entry",
            "created_at": hours(at),
            "agent": {"id": "ann", "type": "user_reference"},
            "channel": {"type": "website"},
            "incident": {"id": incident},
        }
    merged = {"type": "merge_resolve_reason", "incident": {"id": entry["into"]}}
    return {
        "id": key,
        "created_at": hours(entry["created"]),
        "status": entry["status"],
        "urgency": entry["urgency"],
        "service": entry["service"] and {"id": entry["service"]},
        "resolve_reason": entry["into"] and merged,
    }


def records(evidence):
    """Make the records of some evidence, by kind."""
    return {
        kind: [record(kind, key, entry) for key, entry in sorted(of_kind.items())]
        for kind, of_kind in evidence.items()
    }


def record(kind, key, entry):
    """Make one record."""
    body = body_of(kind, key, entry)
    return Record(
        kind=kind,
        version=1,
        key=key,
        connection="c",
        observed_at=NOW,
        collection="c1",
        source=RecordSource(endpoint="/", page=1, response_digest=digest(b"")),
        body=body,
        digest=digest(encode(body)),
    )


@pytest.fixture(scope="module")
def view():
    """Return the view."""
    return next(
        candidate for candidate in views() if candidate.name == "pagerduty.incident_response"
    )


@pytest.fixture(scope="module")
def parts(view):
    """Return the partitioning of the view."""
    return view.partitions()


def rows(view, records):
    """Derive rows."""
    return list(view.rows(ViewRequest(records=records)))


def together(parts, records):
    """Put the names of records together to parts: sets of names that share records."""
    groups = []
    for kind, names_of in parts.names.items():
        for entry in records[kind]:
            names = set(names_of(entry))
            touching = [group for group in groups if group & names]
            groups = [group for group in groups if not group & names]
            groups.append(names.union(*touching))
    return groups


@settings(deadline=None, max_examples=60)
@given(evidence=EVIDENCE)
def test_partition_alone_yields_its_rows(view, parts, evidence):
    """Whether the view is handed all evidence, or that of a part and all services."""
    current = records(evidence)
    every = rows(view, current)
    apart = []
    for names in together(parts, current):
        own = {
            kind: [row for row in current[kind] if names & set(names_of(row))]
            for kind, names_of in parts.names.items()
        }
        rows_of_part = rows(view, own | {SERVICE: current[SERVICE]})
        assert {parts.name(row) for row in rows_of_part} <= names
        apart += rows_of_part

    assert sorted(apart, key=lambda row: row.subject.key) == every


@settings(deadline=None, max_examples=60)
@given(evidence=EVIDENCE, services=st.dictionaries(st.sampled_from(["S0", "S1"]), SERVICES))
def test_only_incidents_that_use_a_service_depend_on_it(view, parts, evidence, services):
    """The rows of the others are the same whatever happens to it."""
    current = records(evidence)
    changed_evidence = current | records({SERVICE: services})
    changed = {
        row.key
        for row in {
            row.key: row for row in (*current[SERVICE], *changed_evidence[SERVICE])
        }.values()
        if row not in current[SERVICE] or row not in changed_evidence[SERVICE]
    }
    used = parts.uses[INCIDENT, SERVICE]
    users = {row.key for row in current[INCIDENT] if changed & set(used(row))}
    touched = set().union(*(names for names in together(parts, current) if names & users))

    def left(rows):
        return [row for row in rows if parts.name(row) not in touched]

    assert left(rows(view, current)) == left(rows(view, changed_evidence))
