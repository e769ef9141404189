"""A credential that sees a part, and a clock that is wrong: both are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason

NAME = "pagerduty-test"


def nowhere(ran):
    """Give what is named in a run and not listed, as kind and key."""
    return {
        (one.kind.removeprefix("pagerduty."), one.key)
        for collection in ran.manifest.collections
        for one in collection.dangling
    }


@pytest.mark.parametrize("status", [403, 404])
def test_objects_outside_a_team_credential_are_named(lab, status):
    """The manifest lists every team that people are in and the list of teams has not."""
    mine, others = lab.become_user_of_one_team()
    lab.control.hidden_status = status
    ran = lab.read(first=True)

    assert ran.bodies["team"].keys() == {mine}
    assert {key for kind, key in nowhere(ran) if kind == "team"} == set(others)
    assert all(key not in ran.bodies[kind] for kind, key in nowhere(ran))
    assert ran.outcomes["user"] is Outcome.PARTIAL
    assert ran.reasons("user") >= {Reason.HIDDEN_REFERENCES}
    assert ran.exit is Exit.INSUFFICIENT


def names_hidden_team(results, hidden):
    """Tell whether a rule cannot tell because of a hidden team, and says of which."""
    unsure = {one.reason for one in results.results if one.status is Status.INSUFFICIENT}
    names = any(team in reason for reason in unsure for team in hidden)
    return results.status is Status.INSUFFICIENT and names


def test_no_rule_over_people_passes_beside_a_hidden_team(lab):
    """What people do in a team that nobody can see is not known, and each rule names a team."""
    _, hidden = lab.become_user_of_one_team()
    ran = lab.read(first=True)

    for rule in lab.rules_over("on_call"):
        assert names_hidden_team(ran.rules[rule], hidden), rule


def test_no_rule_over_teams_passes_beside_a_hidden_team(lab):
    """Of every team that owns something is said, and one that is there was not seen."""
    _, hidden = lab.become_user_of_one_team()
    ran = lab.read(first=True)

    assert ran.outcomes["team"] is Outcome.PARTIAL
    for rule in lab.rules_over("team_member") - lab.rules_over("on_call"):
        assert names_hidden_team(ran.rules[rule], hidden), rule


@pytest.mark.parametrize("status", [403, 404])
def test_a_hidden_policy_leaves_its_service_inconclusive(lab, status):
    """A service of a team that may be seen, handed to the policy of a team that may not."""
    mine, _ = lab.become_user_of_one_team()
    service = next(one for one in lab.account.services.values() if mine in one.team_ids)
    foreign = next(one for one in lab.account.policies.values() if mine not in one.team_ids)
    lab.account.services[service.id] = replace(service, policy_id=foreign.id)
    lab.control.hidden_status = status
    ran = lab.read(first=True)

    assert ("escalation_policy", foreign.id) in nowhere(ran)
    reached = lab.rules_over("service") & lab.rules_over("escalation_policy")
    for rule in reached - lab.rules_over("team_member"):
        results = ran.results(rule)
        result = results.get(f"pagerduty.service:{service.id}") or results[f"connection:{NAME}"]
        assert result.status is Status.INSUFFICIENT, rule


def test_a_deleted_user_is_a_finding_and_no_evidence_gap(lab):
    """Policies that still name them fail; the evidence is complete, and says whom nobody lists."""
    policy = next(iter(lab.account.policies.values()))
    user_id = next(
        target.id for level in policy.levels for target in level.targets if target.type == "user"
    )
    person = lab.account.users.pop(user_id)
    lab.account.deleted_users[user_id] = replace(person, deleted_at=lab.account.epoch - 86_400)
    ran = lab.read()

    assert ("user", user_id) in nowhere(ran)
    assert ran.outcomes["escalation_policy"] is ran.outcomes["user"] is Outcome.COMPLETE
    rule = "pagerduty_policy_names_no_deleted_user"
    assert ran.results(rule)[f"pagerduty.escalation_policy:{policy.id}"].status is Status.FAIL
    assert Reason.HIDDEN_REFERENCES not in {
        reason for kind in ran.by_kind for reason in ran.reasons(kind)
    }
