"""The view ``pagerduty.user_access``."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("role", "name", "privileged", "stakeholder"),
    [
        ("owner", "Account Owner", True, False),
        ("admin", "Global Admin", True, False),
        ("user", "Manager", False, False),
        ("limited_user", "Responder", False, False),
        ("observer", "Observer", False, False),
        ("restricted_access", "Restricted Access", False, False),
        ("read_only_user", "Full Stakeholder", False, True),
        ("read_only_limited_user", "Limited Stakeholder", False, True),
        ("new_role", "new_role", False, False),
    ],
)
def test_a_role_is_told_by_its_name_in_the_product(only, pd, role, name, privileged, stakeholder):
    """What the role may do follows from it."""
    row = only("user_access", user=[pd.user("ann", role=role)])
    assert (row["role"], row["role_name"]) == (role, name)
    assert (row["privileged"], row["stakeholder"]) == (privileged, stakeholder)


def method(kind, *, enabled=True, **more):
    """Make a contact method."""
    return {"id": "C", "type": f"{kind}_contact_method", "enabled": enabled, **more}


@pytest.mark.parametrize(
    ("methods", "count"),
    [
        pytest.param([method("email"), method("sms")], 2, id="two types"),
        pytest.param([method("email"), method("email")], 1, id="one type twice"),
        pytest.param([method("email"), method("sms", enabled=False)], 1, id="one disabled"),
        pytest.param([method("email"), method("sms", blacklisted=True)], 1, id="one blocked"),
        pytest.param([method("email"), method("sms", enabled=None)], None, id="one not told"),
        pytest.param([method("email"), method("email", enabled=None)], 1, id="told otherwise"),
        pytest.param([method("sms", enabled=None, blacklisted=True)], 0, id="blocked anyway"),
        pytest.param([], 0, id="none"),
        pytest.param(None, None, id="not read"),
    ],
)
def test_contact_methods_are_counted_by_type(only, pd, methods, count):
    """Only what is enabled and not blocked reaches anybody."""
    row = only("user_access", user=[pd.user("ann", contact_methods=methods)])
    assert row.get("contact_methods") == count


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        pytest.param({}, False, id="nowhere"),
        pytest.param({"policy": "ann"}, True, id="named by a policy"),
        pytest.param({"on_call": "ann"}, True, id="in an on-call"),
        pytest.param({"policy": "bob", "on_call": "bob"}, False, id="somebody else is"),
    ],
)
def test_who_is_on_call_is_told(only, pd, evidence, expected):
    """By name in a policy, or through a schedule in an on-call."""
    policies = [pd.policy("P1", [pd.ref(evidence["policy"])])] if "policy" in evidence else []
    on_calls = [pd.on_call(evidence["on_call"])] if "on_call" in evidence else []
    row = only("user_access", user=[pd.user("ann")], escalation_policy=policies, on_call=on_calls)
    assert row["on_call"] is expected


def test_teams_and_where_the_user_manages_are_listed(only, pd):
    """The role in the team decides, not the base role."""
    row = only(
        "user_access",
        user=[pd.user("ann")],
        team=[pd.team("T1"), pd.team("T2")],
        team_member=[
            pd.member("T1", "ann", "manager"),
            pd.member("T2", "ann"),
            pd.member("T2", "bob", "manager"),
        ],
    )
    assert row["teams"] == [{"id": "T1", "title": "Team T1"}, {"id": "T2", "title": "Team T2"}]
    assert row["manager_of"] == [{"id": "T1", "title": "Team T1"}]


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([("T1", "manager")], id="the members of one team could not be read"),
        pytest.param([("T1", "manager"), ("T2", None)], id="a role is not told"),
    ],
)
def test_where_a_user_manages_is_open_while_a_membership_is(only, pd, members):
    """The user names two teams, so one role is missing; the teams themselves are known."""
    row = only(
        "user_access",
        user=[pd.user("ann", teams=[pd.ref("T1", "team"), pd.ref("T2", "team")])],
        team=[pd.team("T1"), pd.team("T2")],
        team_member=[pd.member(team, "ann", role) for team, role in members],
    )
    assert [team["id"] for team in row["teams"]] == ["T1", "T2"]
    assert "manager_of" not in row


def test_a_privileged_user_says_how_many_there_are(view, pd):
    """The others do not carry the count, and do not rest on it."""
    rows = view(
        "user_access",
        user=[pd.user("a", role="owner"), pd.user("b", role="admin"), pd.user("c", role="user")],
    )
    assert [row.body.get("privileged_users") for row in rows] == [2, 2, None]
    assert [row.names for row in rows] == [
        ("pagerduty.user:a", "pagerduty.user:b"),
        ("pagerduty.user:a", "pagerduty.user:b"),
        ("pagerduty.user:c",),
    ]


def test_a_user_without_a_role_leaves_the_count_open(view, pd):
    """One more could be an administrator."""
    rows = view("user_access", user=[pd.user("a", role="owner"), pd.user("b", role=None)])
    assert ["privileged_users" in row.body for row in rows] == [False, False]
    assert not {"role", "role_name", "privileged", "stakeholder"} & set(rows[1].body)


@pytest.mark.parametrize(("invited", "expected"), [(True, True), (False, False), (None, None)])
def test_a_pending_invitation_is_told(only, pd, invited, expected):
    """Where PagerDuty does not say, the key is left out."""
    row = only("user_access", user=[pd.user("ann", invited=invited)])
    assert row.get("invitation_pending") is expected
