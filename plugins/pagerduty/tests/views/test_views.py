"""What all views of the plugin have in common."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ccm_pagerduty.views import views

VIEWS = views()
every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


def test_views_are_sorted_and_named_after_the_plugin():
    """Two machines list them in the same order."""
    names = [view.name for view in VIEWS]
    assert names == sorted(set(names))
    assert all(name.startswith("pagerduty.") for name in names)


@every_view
def test_a_views_schema_is_a_valid_one_that_names_every_key(view):
    """The schema closes the row, so that a key it does not name is a mistake."""
    import jsonschema_rs

    schema = view.schema()
    jsonschema_rs.meta.validate(schema)
    assert schema["additionalProperties"] is False


def _fields(schema, path=""):
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", name, field
        yield from _fields(field, f"{path}.{name}")
    if "items" in schema:
        yield from _fields(schema["items"], f"{path}[]")


@every_view
def test_every_field_says_what_it_is_and_durations_their_unit(view):
    """Nobody has to read the code to write a rule."""
    fields = list(_fields(view.schema()))
    assert [path for path, _, field in fields if not field.get("description")] == []
    durations = {
        path
        for path, name, _ in fields
        if "seconds" in name
        or name == "cadence"
        or f"_{name}".endswith("_age")
        or name.startswith(("time_to_", "sla_time_"))
    }
    assert durations == {path for path, _, field in fields if field.get("x-ccm-unit") == "seconds"}


@every_view
def test_a_view_of_nothing_gives_no_rows(view):
    """An account without objects has no subjects."""
    from ccm_core.sdk.types import ViewRequest

    assert list(view.rows(ViewRequest(records={}))) == []


def test_importing_the_views_brings_no_heavy_library():
    """They are imported when a command starts."""
    code = (
        "import sys, ccm_pagerduty.views as v; v.views();"
        "print(sorted({'httpx', 'jsonschema', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


TEAMS = [
    {"id": "T2", "type": "team_reference", "summary": "Platform"},
    {"id": "T1", "type": "team_reference", "summary": "Night desk"},
    {"id": "T1", "type": "team_reference", "summary": "Night desk"},
    {"id": "T3", "type": "team_reference", "summary": "Old", "deleted_at": "2026-11-01T00:00:00Z"},
]


@pytest.mark.parametrize(
    ("name", "nouns"),
    [
        pytest.param("service_ownership", ["service"], id="a service"),
        pytest.param("service_readiness", ["service"], id="a service under another view"),
        pytest.param("policy_coverage", ["escalation_policy"], id="an escalation policy"),
        pytest.param("schedule_coverage", ["schedule"], id="a schedule"),
        pytest.param("user_access", ["user"], id="a user"),
        pytest.param("incident_response", ["incident", "service"], id="an incident"),
    ],
)
def test_the_teams_of_an_object_own_it(view, pd, name, nouns):
    """Sorted by name, once each; a deleted team owns nothing; an incident is its service's."""
    bodies = {
        "service": {**pd.service("S1"), "teams": TEAMS},
        "escalation_policy": {**pd.policy("P1"), "teams": TEAMS},
        "schedule": pd.schedule("D1", teams=TEAMS),
        "user": pd.user("ann", teams=TEAMS),
        "incident": pd.incident(),
    }
    (row,) = view(name, **{noun: [bodies[noun]] for noun in nouns})
    assert row.subject.owners == ("Night desk", "Platform")


def test_nobody_owns_an_incident_whose_service_is_hidden(view, pd):
    """The teams that an incident names took part in it."""
    (row,) = view("incident_response", incident=[pd.incident(teams=TEAMS)])
    assert row.subject.owners == ()
