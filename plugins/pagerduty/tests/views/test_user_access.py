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


def test_nothing_is_known_of_a_user_without_a_role(only, pd):
    """What the role allows is left out with it."""
    row = only("user_access", user=[pd.user("b", role=None)])
    assert not {"role", "role_name", "privileged", "stakeholder"} & set(row)


@pytest.mark.parametrize(("invited", "expected"), [(True, True), (False, False), (None, None)])
def test_pending_invitation_is_reported(only, pd, invited, expected):
    """Where PagerDuty does not say, the key is left out."""
    row = only("user_access", user=[pd.user("ann", invited=invited)])
    assert row.get("invitation_pending") is expected


def test_who_registered_the_app_has_accepted(only, pd):
    """An invitation whose link nobody followed stays sent after single sign-on."""
    app = {"id": "C1", "type": "push_notification_contact_method", "blacklisted": True}
    row = only("user_access", user=[pd.user("ann", invited=True, contact_methods=[app])])
    assert row["invitation_pending"] is False
    assert not {"pending_at_least_since", "pending_clock"} & set(row)


@pytest.mark.parametrize("methods", [None, []], ids=["not told", "none"])
def test_an_invitation_stays_pending_without_a_sign_of_the_person(only, pd, methods):
    """Contact methods that are hidden prove nothing."""
    row = only("user_access", user=[pd.user("ann", invited=True, contact_methods=methods)])
    assert row["invitation_pending"] is True


def test_pending_invitation_dates_from_the_first_observation_of_the_record(only, pd):
    """PagerDuty does not date it: since then it is pending at least."""
    row = only("user_access", user=[pd.user("ann", invited=True)])
    since = pd.now.isoformat().replace("+00:00", "Z")
    assert row["pending_at_least_since"] == since
    assert row["pending_clock"] == [{"since": since, "until": None, "hours": None}]


@pytest.mark.parametrize("invited", [False, None])
def test_user_without_a_pending_invitation_has_no_date(only, pd, invited):
    """Neither where it is accepted, nor where PagerDuty does not say."""
    row = only("user_access", user=[pd.user("ann", invited=invited)])
    assert not {"pending_at_least_since", "pending_clock"} & set(row)
