"""Filters, includes and single objects of the catalogue: services, policies, teams, users."""

from __future__ import annotations

import pytest


def test_services_are_filtered_by_teams(get_whole, whole_account):
    """``team_ids[]``, repeated, selects the objects of those teams."""
    team_ids = list(whole_account.teams)[:2]
    page = get_whole("/services", [("team_ids[]", team_id) for team_id in team_ids]).json()
    teams = {team["id"] for service in page["services"] for team in service["teams"]}
    assert teams == set(team_ids)


def test_secrets_need_an_include(get_whole):
    """An integration's key needs ``include[]=integrations``; addresses need contact methods."""
    plain = get_whole("/services").text
    assert "integration_key" not in plain
    assert "integration_key" in get_whole("/services", {"include[]": "integrations"}).text
    users = get_whole("/users").json()["users"]
    assert not any("address" in method for user in users for method in user["contact_methods"])
    whole = get_whole("/users", {"include[]": "contact_methods"}).json()["users"]
    assert all("address" in method for user in whole for method in user["contact_methods"])


def test_a_deleted_user_is_a_stub_even_where_users_are_included(get_whole, whole_account):
    """A policy still references it; it is not listed, and its own path is 404."""
    deleted = next(iter(whole_account.deleted_users))
    policies = get_whole("/escalation_policies", {"limit": 100, "include[]": "targets"}).json()
    stubs = [
        target
        for policy in policies["escalation_policies"]
        for rule in policy["escalation_rules"]
        for target in rule["targets"]
        if target["id"] == deleted
    ]
    assert [(stub["type"], "deleted_at" in stub) for stub in stubs] == [("user_reference", True)]
    assert get_whole(f"/users/{deleted}").status_code == 404
    listed = get_whole("/users", {"limit": 100, "offset": 100}).json()["users"]
    assert deleted not in {user["id"] for user in listed}


@pytest.mark.parametrize(
    ("path", "include", "field"),
    [
        pytest.param("/services", "escalation_policies", "escalation_policy", id="policy"),
        pytest.param("/oncalls", "users", "user", id="user"),
        pytest.param("/oncalls", "escalation_policies", "escalation_policy", id="policy on call"),
        pytest.param("/incidents", "services", "service", id="service"),
        pytest.param("/incidents", "escalation_policies", "escalation_policy", id="incident"),
        pytest.param("/log_entries", "incidents", "incident", id="incident of an entry"),
    ],
)
def test_objects_are_references_unless_included(get, path, include, field):
    """Five fields, or all of them."""
    short = get(path).json()[path.removeprefix("/")][0][field]
    whole = get(path, {"include[]": include}).json()[path.removeprefix("/")][0][field]
    assert {*short} == {"id", "type", "summary", "self", "html_url"}
    assert short["type"] == f"{whole['type']}_reference"
    assert {*short} < {*whole}


def test_an_unused_policy_has_an_empty_list_of_services(get_whole):
    """``services`` needs no include."""
    policies = get_whole("/escalation_policies", {"limit": 100}).json()["escalation_policies"]
    assert sum(policy["services"] == [] for policy in policies) == 1


@pytest.mark.parametrize(
    ("path", "key"),
    [
        pytest.param("/services/{services}", "service", id="service"),
        pytest.param("/escalation_policies/{policies}", "escalation_policy", id="policy"),
        pytest.param("/teams/{teams}", "team", id="team"),
        pytest.param("/users/{users}", "user", id="user"),
        pytest.param("/users/{users}/contact_methods", "contact_methods", id="contact methods"),
        pytest.param("/teams/{teams}/members", "members", id="members"),
    ],
)
def test_referenced_objects_can_be_read(get_whole, whole_account, path, key):
    """An id that no reference has is not found."""
    kind = path.split("{")[1].split("}")[0]
    object_id = next(iter(getattr(whole_account, kind)))
    assert key in get_whole(path.replace(f"{{{kind}}}", object_id)).json()
    response = get_whole(path.replace(f"{{{kind}}}", "PNOBODY"))
    assert (response.status_code, response.json()["error"]["code"]) == (404, 2100)


def test_abilities_are_names(get_whole):
    """One by one: 204 for one the plan has, 404 for an unknown name."""
    assert "teams" in get_whole("/abilities").json()["abilities"]
    assert get_whole("/abilities/sso").status_code == 204
    assert get_whole("/abilities/telepathy").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/teams", "/services?team_ids[]=P1", "/abilities/teams"],
    ids=["list", "filter", "name"],
)
def test_a_plan_without_teams_is_402(get, account, path):
    """The feature is missing; that differs from an empty list."""
    account.abilities.remove("teams")
    assert get(path).status_code == 402


def test_a_service_has_the_worst_status_of_its_open_incidents(get, account):
    """One field mixes health with administration: critical, warning, active, or disabled."""
    statuses = {
        service["status"] for service in get("/services", {"limit": 100}).json()["services"]
    }
    assert statuses <= {"active", "warning", "critical", "disabled"}
    triggered = {
        incident.references.service["id"]
        for incident in account.incidents
        if incident.state.status == "triggered"
    }
    for service in get("/services", {"limit": 100}).json()["services"]:
        assert (service["status"] == "critical") == (
            service["id"] in triggered and service["status"] != "disabled"
        )


def test_times_are_in_the_requested_zone(get):
    """Services use the account's zone by default."""
    default = get("/services").json()["services"][0]["created_at"]
    in_utc = get("/services", {"time_zone": "UTC"}).json()["services"][0]["created_at"]
    assert default.endswith(("-05:00", "-04:00"))
    assert in_utc.endswith("Z")
    assert get("/services", {"time_zone": "Mars/Olympus"}).status_code == 400
