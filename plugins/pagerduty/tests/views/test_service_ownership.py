"""The views ``pagerduty.service_ownership`` and ``pagerduty.service_responders``."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("team_refs", "listed", "expected"),
    [
        pytest.param(["T1"], ["T1"], True, id="owned"),
        pytest.param([], ["T1"], False, id="owned by nobody"),
        pytest.param(["T2"], ["T1"], None, id="its team is not listed"),
        pytest.param(["T1", "T2"], ["T1"], True, id="one of two listed"),
    ],
)
def test_an_owner_is_a_team_that_is_listed(only, pd, team_refs, listed, expected):
    """A team that is named and not listed may be hidden: nothing is said."""
    row = only(
        "service_ownership",
        service=[pd.service("S1", teams=team_refs)],
        team=[pd.team(team) for team in listed],
    )
    assert row.get("has_owner_team") is expected
    assert [team["id"] for team in row["owner_teams"]] == team_refs


@pytest.mark.parametrize(
    ("deleted", "owners", "expected"),
    [
        pytest.param(["T1"], [], False, id="its only team"),
        pytest.param(["T2"], ["T1"], True, id="one of two"),
    ],
)
def test_deleted_team_owns_nothing(only, pd, deleted, owners, expected):
    """A team that was listed once and is gone is not hidden."""
    teams = sorted({*deleted, *owners})
    row = only(
        "service_ownership",
        service=[pd.service("S1", teams=teams)],
        team=[pd.team(team) for team in owners],
        vanished={"team": [pd.team(team) for team in deleted]},
    )
    assert row["has_owner_team"] is expected
    assert [team["id"] for team in row["owner_teams"]] == owners


def responders(only, pd, *, on_call=("ann",), members=("ann",), teams=("T1",), listed=("T1",)):
    """Return the row of a service with these users on call and in its team."""
    return only(
        "service_responders",
        service=[pd.service("S1", teams=teams)],
        escalation_policy=[pd.policy("P1", [pd.ref(user) for user in on_call])],
        user=[pd.user(user) for user in ("ann", "bob")],
        team=[pd.team(team) for team in listed],
        team_member=[pd.member("T1", user) for user in members],
    )


@pytest.mark.parametrize(
    ("case", "non_member_responders"),
    [
        pytest.param({}, [], id="everybody belongs"),
        pytest.param({"members": ()}, ["ann"], id="a stranger"),
        pytest.param({"on_call": ("ann", "bob")}, ["bob"], id="one of two is a stranger"),
        pytest.param({"on_call": ("ann", "gone")}, [], id="who cannot answer does not count"),
        pytest.param({"teams": ()}, None, id="it has no owner"),
        pytest.param({"listed": ()}, None, id="its owner is hidden"),
        pytest.param({"teams": ("T1", "T2")}, None, id="one of its owners is hidden"),
    ],
)
def test_responders_of_a_service_belong_to_its_owner_teams(only, pd, case, non_member_responders):
    """Where the members of an owner cannot be seen, nothing is said."""
    row = responders(only, pd, **case)
    assert row["unclear"] == []
    outside = row.get("non_member_responders")
    assert (
        outside if outside is None else [person["id"] for person in outside]
    ) == non_member_responders


def test_responders_with_a_hidden_schedule_may_be_others_too(only, pd):
    """What is known of the others is stated beside it."""
    bodies = {
        "service": [pd.service("S1")],
        "user": [pd.user("ann"), pd.user("bob")],
        "team": [pd.team("T1")],
        "team_member": [pd.member("T1", "ann")],
    }
    hidden = pd.ref("D9", "schedule")
    row = only(
        "service_responders", escalation_policy=[pd.policy("P1", [pd.ref("ann"), hidden])], **bodies
    )
    reason = "the schedule D9: this schedule is not in the evidence"
    assert row["unclear"] == [row["observed"] | {"unknown": reason}]
    assert row["non_member_responders"] == []
    row = only(
        "service_responders", escalation_policy=[pd.policy("P1", [pd.ref("bob"), hidden])], **bodies
    )
    assert [person["id"] for person in row["non_member_responders"]] == ["bob"]
    assert [period["unknown"] for period in row["unclear"]] == [reason]


def test_only_responders_of_the_first_level_have_to_belong_to_the_owner(only, pd):
    """Managers and other teams help out on higher levels."""
    row = only(
        "service_responders",
        service=[pd.service("S1")],
        escalation_policy=[
            pd.policy("P1", [pd.ref("ann")], [pd.ref("bob"), pd.ref("D9", "schedule")])
        ],
        user=[pd.user("ann"), pd.user("bob")],
        team=[pd.team("T1")],
        team_member=[pd.member("T1", "ann")],
    )
    assert [person["id"] for person in row["responders"]] == ["ann"]
    assert (row["non_member_responders"], row["unclear"]) == ([], [])


def test_policy_without_levels_has_no_responders(only, pd):
    """Another check fails for it."""
    row = only(
        "service_responders",
        service=[pd.service("S1")],
        escalation_policy=[pd.policy("P1")],
        user=[pd.user("ann")],
        team=[pd.team("T1")],
        team_member=[pd.member("T1", "ann")],
    )
    assert (row["responders"], row["non_member_responders"]) == ([], [])


@pytest.mark.parametrize("deleted", [False, True])
def test_service_without_a_policy_has_no_responders(only, pd, deleted):
    """Another check fails for it, also where the policy was deleted."""
    row = only(
        "service_responders",
        service=[pd.service("S1", policy="P9" if deleted else None)],
        vanished={"escalation_policy": [pd.policy("P9", [pd.ref("ann")])]},
        user=[pd.user("ann")],
        team=[pd.team("T1")],
        team_member=[pd.member("T1", "ann")],
    )
    assert (row["responders"], row["non_member_responders"], row["unclear"]) == ([], [], [])
