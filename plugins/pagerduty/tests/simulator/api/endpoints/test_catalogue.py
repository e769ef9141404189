"""Filters, includes and single objects of the catalogue: services, policies, teams, users."""

from __future__ import annotations

import pytest


def test_a_known_filter_filters(get_whole, whole_account):
    """``team_ids[]``, repeated, gives the objects of those teams."""
    wanted = list(whole_account.teams)[:2]
    page = get_whole("/services", [("team_ids[]", each) for each in wanted]).json()
    teams = {team["id"] for each in page["services"] for team in each["teams"]}
    assert teams == set(wanted)


def test_secrets_come_only_where_they_are_included(get_whole):
    """An integration's key needs ``include[]=integrations``; addresses need contact methods."""
    plain = get_whole("/services").text
    assert "integration_key" not in plain
    assert "integration_key" in get_whole("/services", {"include[]": "integrations"}).text
    users = get_whole("/users").json()["users"]
    assert not any("address" in each for user in users for each in user["contact_methods"])
    whole = get_whole("/users", {"include[]": "contact_methods"}).json()["users"]
    assert all("address" in each for user in whole for each in user["contact_methods"])


def test_a_deleted_user_is_a_stub_even_where_users_are_included(get_whole, whole_account):
    """A policy still names it; it is not listed, and its own address is 404."""
    gone = next(iter(whole_account.deleted_users))
    policies = get_whole("/escalation_policies", {"limit": 100, "include[]": "targets"}).json()
    stubs = [
        target
        for policy in policies["escalation_policies"]
        for rule in policy["escalation_rules"]
        for target in rule["targets"]
        if target["id"] == gone
    ]
    assert [(each["type"], "deleted_at" in each) for each in stubs] == [("user_reference", True)]
    assert get_whole(f"/users/{gone}").status_code == 404
    listed = get_whole("/users", {"limit": 100, "offset": 100}).json()["users"]
    assert gone not in {each["id"] for each in listed}


@pytest.mark.parametrize(
    ("path", "include", "find"),
    [
        pytest.param("/services", "escalation_policies", "escalation_policy", id="policy"),
        pytest.param("/oncalls", "users", "user", id="user"),
        pytest.param("/oncalls", "escalation_policies", "escalation_policy", id="policy on call"),
        pytest.param("/incidents", "services", "service", id="service"),
        pytest.param("/incidents", "escalation_policies", "escalation_policy", id="incident"),
        pytest.param("/log_entries", "incidents", "incident", id="incident of an entry"),
    ],
)
def test_objects_are_references_unless_included(get, path, include, find):
    """Five fields, or all of them."""
    short = get(path).json()[path.removeprefix("/")][0][find]
    whole = get(path, {"include[]": include}).json()[path.removeprefix("/")][0][find]
    assert {*short} == {"id", "type", "summary", "self", "html_url"}
    assert short["type"] == f"{whole['type']}_reference"
    assert {*short} < {*whole}


def test_an_unused_policy_has_an_empty_list_of_services(get_whole):
    """``services`` is there without being included."""
    policies = get_whole("/escalation_policies", {"limit": 100}).json()["escalation_policies"]
    assert sum(each["services"] == [] for each in policies) == 1


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
def test_single_objects_can_be_looked_up(get_whole, whole_account, path, key):
    """What a reference points at can be read, and what nobody points at cannot."""
    kind = path.split("{")[1].split("}")[0]
    known = next(iter(getattr(whole_account, kind)))
    assert key in get_whole(path.replace(f"{{{kind}}}", known)).json()
    answer = get_whole(path.replace(f"{{{kind}}}", "PNOBODY"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 2100)


def test_abilities_are_names(get_whole):
    """One by one: 204 has it, 404 nobody knows it."""
    assert "teams" in get_whole("/abilities").json()["abilities"]
    assert get_whole("/abilities/sso").status_code == 204
    assert get_whole("/abilities/telepathy").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/teams", "/services?team_ids[]=P1", "/abilities/teams"],
    ids=["list", "filter", "name"],
)
def test_a_plan_without_teams_says_402(get, account, path):
    """The feature is missing; that is not the same as there being none."""
    account.abilities.remove("teams")
    assert get(path).status_code == 402


def test_a_service_shows_the_worst_of_its_open_incidents(get, account):
    """One field mixes health with administration: critical, warning, active, or disabled."""
    seen = {each["status"] for each in get("/services", {"limit": 100}).json()["services"]}
    assert seen <= {"active", "warning", "critical", "disabled"}
    open_ones = {
        incident.references.service["id"]
        for incident in account.incidents
        if incident.state.status == "triggered"
    }
    for each in get("/services", {"limit": 100}).json()["services"]:
        assert (each["status"] == "critical") == (
            each["id"] in open_ones and each["status"] != "disabled"
        )


def test_times_are_written_in_the_zone_that_is_asked_for(get):
    """Services use the account's zone unless told otherwise."""
    usual = get("/services").json()["services"][0]["created_at"]
    in_utc = get("/services", {"time_zone": "UTC"}).json()["services"][0]["created_at"]
    assert usual.endswith(("-05:00", "-04:00"))
    assert in_utc.endswith("Z")
    assert get("/services", {"time_zone": "Mars/Olympus"}).status_code == 400
