"""The view ``pagerduty.account_administrators``."""

from __future__ import annotations

import pytest


def roles(pd, *names):
    """Make a user for each role."""
    return [pd.user(f"u{number}", role=role) for number, role in enumerate(names)]


@pytest.mark.parametrize(
    ("names", "listed", "count"),
    [
        pytest.param(["owner", "admin", "user"], 2, 2, id="an owner and an admin"),
        pytest.param(["owner"], 1, 1, id="the owner alone"),
        pytest.param(["owner", "admin", None], 2, None, id="a role that is not told"),
        pytest.param(["admin", "admin"], 2, None, id="no owner listed"),
        pytest.param(["limited_user"], 0, None, id="no administrator listed"),
    ],
)
def test_account_has_one_row_with_its_administrators(view, pd, names, listed, count):
    """Every account has an owner: a list without one is not whole."""
    (row,) = view("account_administrators", user=roles(pd, *names))
    assert (row.subject.kind, row.subject.key) == ("connection", "pagerduty-test")
    assert len(row.body["administrators"]) == row.body["administrators_at_least"] == listed
    assert row.body.get("administrator_count") == count


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["limited_user"], "no Account Owner is listed"),
        (["owner", None, None], "does not report the role of U1 and 1 more"),
    ],
)
def test_row_states_why_the_number_is_unknown(view, pd, names, reason):
    """Whoever reads it can look at the list of users."""
    (row,) = view("account_administrators", user=roles(pd, *names))
    assert reason in row.unknown["administrator_count"]


def test_row_rests_on_the_administrators_and_on_users_without_a_role(view, pd):
    """Nobody else changes it."""
    (row,) = view("account_administrators", user=roles(pd, "owner", "user", None))
    assert row.names == (
        "connection:pagerduty-test",
        "pagerduty.user:u0",
        "pagerduty.user:u2",
    )
