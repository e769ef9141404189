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
def test_role_has_its_product_name(only, pd, role, name, privileged, stakeholder):
    """What the role may do follows from it."""
    row = only("user_access", user=[pd.user("ann", role=role)])
    assert (row["role"], row["role_name"]) == (role, name)
    assert (row["privileged"], row["stakeholder"]) == (privileged, stakeholder)


def test_privileged_user_row_has_their_number(view, pd):
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


def test_number_of_privileged_users_is_unknown_with_an_unknown_role(view, pd):
    """One more could be an administrator."""
    rows = view("user_access", user=[pd.user("a", role="owner"), pd.user("b", role=None)])
    assert ["privileged_users" in row.body for row in rows] == [False, False]
    assert not {"role", "role_name", "privileged", "stakeholder"} & set(rows[1].body)


@pytest.mark.parametrize(("invited", "expected"), [(True, True), (False, False), (None, None)])
def test_pending_invitation_is_reported(only, pd, invited, expected):
    """Where PagerDuty does not say, the key is left out."""
    row = only("user_access", user=[pd.user("ann", invited=invited)])
    assert row.get("invitation_pending") is expected
