"""Incidents part by part: the rows are those that come out of all of the evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.views import views
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.sdk.json_codec import digest, encode
from ccm_core.sdk.types import Record, RecordSource, ViewRequest, Window

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
SERVICE = "pagerduty.service"
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
    st.sampled_from(["trigger", "acknowledge", "resolve", "escalate"]),
    st.sampled_from([-30, -2, -1]),
)
SERVICES = st.fixed_dictionaries({}, optional={"support_hours": st.sampled_from([None, HOURS])})
EVIDENCE = st.fixed_dictionaries(
    {
        INCIDENT: st.dictionaries(st.sampled_from(IDS), INCIDENTS),
        LOG_ENTRY: st.dictionaries(st.sampled_from("abcdefgh"), ENTRIES),
        SERVICE: st.dictionaries(st.sampled_from(["S0", "S1"]), SERVICES),
    }
)


def hours(number):
    """Write an instant that is so many hours from the first moment."""
    return (NOW + timedelta(hours=number)).isoformat()


def body_of(kind, key, told):
    """Make the body of an object."""
    if kind == SERVICE:
        return {"id": key, "name": key, **told}
    if kind == LOG_ENTRY:
        incident, what, at = told
        return {
            "id": key,
            "type": f"{what}_log_entry",
            "created_at": hours(at),
            "agent": {"id": "ann", "type": "user_reference"},
            "channel": {"type": "website"},
            "incident": {"id": incident},
        }
    merged = {"type": "merge_resolve_reason", "incident": {"id": told["into"]}}
    return {
        "id": key,
        "created_at": hours(told["created"]),
        "status": told["status"],
        "urgency": told["urgency"],
        "service": told["service"] and {"id": told["service"]},
        "resolve_reason": told["into"] and merged,
    }


def records(evidence):
    """Make the records of some evidence, by kind."""
    return {
        kind: [record(kind, key, told) for key, told in sorted(found.items())]
        for kind, found in evidence.items()
    }


def record(kind, key, told):
    """Make one record."""
    body = body_of(kind, key, told)
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
    """Give the view."""
    return next(one for one in views() if one.name == "pagerduty.incident_response")


@pytest.fixture(scope="module")
def parts(view):
    """Give how its rows fall into parts."""
    return view.partitions()


def rows(view, found, now):
    """Derive rows."""
    horizon = Window(now - timedelta(days=30), now + timedelta(days=1))
    return list(view.rows(ViewRequest(records=found, now=now, horizon=horizon)))


def together(parts, found):
    """Put the names of records together to parts: sets of names that share records."""
    made = []
    for kind, names_of in parts.names.items():
        for one in found[kind]:
            names = set(names_of(one))
            touching = [other for other in made if other & names]
            made = [other for other in made if not other & names]
            made.append(names.union(*touching))
    return made


@settings(deadline=None, max_examples=60)
@given(evidence=EVIDENCE)
def test_a_part_alone_gives_its_rows(view, parts, evidence):
    """Whether the view is handed all evidence, or that of a part and all services."""
    found = records(evidence)
    every = rows(view, found, NOW)
    apart = []
    for names in together(parts, found):
        own = {
            kind: [one for one in found[kind] if names & set(names_of(one))]
            for kind, names_of in parts.names.items()
        }
        came = rows(view, own | {SERVICE: found[SERVICE]}, NOW)
        assert {parts.name(row) for row in came} <= names
        apart += came

    assert sorted(apart, key=lambda row: row.subject.key) == every


@settings(deadline=None, max_examples=60)
@given(evidence=EVIDENCE, services=st.dictionaries(st.sampled_from(["S0", "S1"]), SERVICES))
def test_only_incidents_that_use_a_service_depend_on_it(view, parts, evidence, services):
    """The rows of the others are the same whatever happens to it."""
    found = records(evidence)
    other = found | records({SERVICE: services})
    changed = {
        one.key
        for one in {one.key: one for one in (*found[SERVICE], *other[SERVICE])}.values()
        if one not in found[SERVICE] or one not in other[SERVICE]
    }
    used = parts.uses[INCIDENT, SERVICE]
    users = {one.key for one in found[INCIDENT] if changed & set(used(one))}
    touched = set().union(*(names for names in together(parts, found) if names & users))

    def left(made):
        return [row for row in made if parts.name(row) not in touched]

    assert left(rows(view, found, NOW)) == left(rows(view, other, NOW))


@settings(deadline=None, max_examples=60)
@given(evidence=EVIDENCE, passed=st.sampled_from([0.5, 1, 2, 30, 800]))
def test_time_makes_ages_grow_and_nothing_else(view, parts, evidence, passed):
    """But where an incident of the part leaves the period."""
    found = records(evidence)
    later = NOW + timedelta(hours=passed)
    leaving = {
        one.key
        for one in found[INCIDENT]
        if NOW - timedelta(days=30)
        <= parts.horizon_instants[INCIDENT](one)
        < later - timedelta(days=30)
    }
    touched = set().union(*(names for names in together(parts, found) if names & leaving))

    def left(now):
        return {
            row.subject.key: row for row in rows(view, found, now) if parts.name(row) not in touched
        }

    then, now = left(NOW), left(later)
    assert then.keys() == now.keys()
    for key, row in then.items():
        ages = {name: now[key].body[name] for name in parts.age_fields if name in row.body}
        assert all(row.body[name] <= age for name, age in ages.items())
        assert replace(row, body=row.body | ages) == now[key]
