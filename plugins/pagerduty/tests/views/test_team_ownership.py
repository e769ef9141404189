"""The view ``pagerduty.team_ownership``."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("members", "count", "has_manager", "managers"),
    [
        pytest.param([("ann", "manager"), ("bob", "responder")], 2, True, ["ann"], id="one"),
        pytest.param([("bob", "responder")], 1, False, [], id="none"),
        pytest.param([], 0, False, [], id="nobody at all"),
        pytest.param([("bob", None)], 1, None, [], id="a role that is not told"),
        pytest.param([("ann", "manager"), ("bob", None)], 2, True, ["ann"], id="one is enough"),
    ],
)
def test_managers_are_members_with_that_role(only, pd, members, count, has_manager, managers):
    """A role that is not told leaves it open, unless another one settles it."""
    row = only(
        "team_ownership",
        team=[pd.team("T1")],
        team_member=[pd.member("T1", user, role) for user, role in members],
        user=[pd.user("ann"), pd.user("bob")],
    )
    assert row["member_count"] == count
    assert row.get("has_manager") is has_manager
    assert [manager["id"] for manager in row["managers"]] == managers


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("owner", True),
        ("admin", True),
        ("user", True),
        ("limited_user", False),
        ("observer", False),
        (None, None),
    ],
)
def test_member_with_a_managing_account_role_manages_the_team(only, pd, role, expected):
    """A Manager, Global Admin or Account Owner may change every team, whatever the role in it."""
    row = only(
        "team_ownership",
        team=[pd.team("T1")],
        team_member=[pd.member("T1", "ann", "responder")],
        user=[pd.user("ann", role=role)],
    )
    assert row.get("has_manager") is expected
    assert row.get("manager_count") == (None if expected is None else int(expected))


def test_account_role_of_a_member_who_is_not_listed_is_unknown(only, pd):
    """The user may be hidden."""
    row = only("team_ownership", team=[pd.team("T1")], team_member=[pd.member("T1", "ann")])
    assert row.get("has_manager") is None


def test_deleted_user_is_not_a_manager(only, pd):
    """A stub that is left in a team is not a member."""
    deleted_at = pd.member("T1", "ann", "manager", deleted_at="2026-11-01T00:00:00Z")
    row = only("team_ownership", team=[pd.team("T1")], team_member=[deleted_at])
    assert (row["member_count"], row["has_manager"]) == (0, False)


def test_a_team_owns_the_services_and_policies_that_name_it(view, pd):
    """Each team has its own."""
    policy = pd.policy("P1", [pd.ref("ann")]) | {"teams": [pd.ref("T1", "team")]}
    rows = view(
        "team_ownership",
        team=[pd.team("T1"), pd.team("T2")],
        service=[pd.service("S1", teams=["T1"]), pd.service("S2", teams=["T1", "T2"])],
        escalation_policy=[policy],
    )
    assert [[ref["id"] for ref in row.body["services"]] for row in rows] == [["S1", "S2"], ["S2"]]
    assert [[ref["id"] for ref in row.body["policies"]] for row in rows] == [["P1"], []]
    assert rows[1].names == ("pagerduty.service:S2", "pagerduty.team:T2")
