"""A credential that sees part of an account says so, and nothing that it cannot see passes."""

from __future__ import annotations

import pytest
from pagerduty_simulator.api.credentials import SimulatedCredential

pytestmark = pytest.mark.no_cover  # its lines are covered by others


def hidden(manifest) -> set[str]:
    """Give what the run's shortfalls name as hidden."""
    return {
        subject
        for one in manifest["collections"]
        for fall in one["shortfalls"]
        if fall["reason"] == "hidden_references"
        for subject in fall["subjects"]
    }


def as_user_of_one_team(simulator):
    """Make the key that of a user who sees one team."""
    user = next(user for user in simulator.account.users.values() if user.role == "limited_user")
    key = simulator.api_key
    simulator.control.api_keys = {key: SimulatedCredential(secret=key, user_id=user.id)}
    simulator.control.visible_teams = {min(simulator.account.teams)}


@pytest.mark.parametrize("status", [403, 404])
def test_an_object_that_is_named_but_not_listed_is_hidden(ccm, connected, status):
    """With one team's view, the objects of the others are named as hidden; the exit code is 3."""
    as_user_of_one_team(connected)
    connected.control.hidden_status = status
    ran = ccm("run", "--json")

    manifest = ran.json["manifests"][0]
    hidden_objects = hidden(manifest)
    assert ran.code == 3
    assert any(one.startswith("pagerduty.team:") for one in hidden_objects)
    assert not any(one.startswith("pagerduty.user:") for one in hidden_objects)
    unseen = {one.partition(":")[2] for one in hidden_objects}
    for rule in ran.json["evaluation"]["rules"]:
        passed = {one["subject"]["key"] for one in rule["results"] if one["status"] == "pass"}
        assert not passed & unseen


def test_a_credential_of_the_whole_account_hides_nothing(ccm, connected):
    """What was deleted is no gap: it is a finding about what still names it."""
    ran = ccm("collect", "--json")
    assert ran.code == 0
    assert hidden(ran.json[0]) == set()


def test_a_deleted_schedule_is_a_failure_of_the_levels_that_name_it(ccm, connected):
    """For an account key it is not hidden but gone: the level reaches nobody from now on."""
    ccm("collect")
    policy = ccm("evidence", "export", "--kind", "pagerduty.escalation_policy").lines[0]["body"]
    targets = [target for rule in policy["escalation_rules"] for target in rule["targets"]]
    schedule = next(target["id"] for target in targets if target["type"].startswith("schedule"))
    del connected.account.schedules[schedule]
    ran = ccm("run", "--all", "--json")

    assert hidden(ran.json["manifests"][0]) == set()
    statuses = {
        rule["rule"]: result["status"]
        for rule in ran.json["evaluation"]["rules"]
        for result in rule["results"]
        if result["subject"]["key"] == policy["id"]
    }
    assert statuses["pagerduty_policy_every_level_reaches_a_person"] == "fail"
    past = "pagerduty_policy_first_level_was_covered"  # whom it paged then cannot be read any more
    assert {rule for rule, status in statuses.items() if status == "insufficient"} == {past}


def test_every_manifest_names_what_its_credential_cannot_see(ccm, connected, folder):
    """Also that of a run in which nothing was due; the report shows it."""
    as_user_of_one_team(connected)
    connected.control.deny("/oncalls")
    first = ccm("collect", "--json").json[0]
    missed = {(one["kind"], one["reason"]): one for one in first["visibility_gaps"]}
    teams = missed["pagerduty.user", "hidden_references"]
    assert (teams["objects"], len(teams["subjects"])) == (2, 2)
    assert missed["pagerduty.on_call", "denied"]["objects"] is None

    connected.control.allow("/oncalls")
    ccm("collect")
    second_run = ccm("run", "--json").json["manifests"][0]
    assert "pagerduty.user" in second_run["not_due"]
    assert teams in second_run["visibility_gaps"]
    denied = {one["kind"] for one in second_run["visibility_gaps"] if one["reason"] == "denied"}
    assert denied == {"pagerduty.audit_record"}  # for administrators alone
    page = (folder / "ccm-report.html").read_text()
    assert f"references to objects that are not visible: {teams['subjects'][0]}" in page
