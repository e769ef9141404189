"""How users are notified is read with the list, or user by user, or it is said that it is not."""

from __future__ import annotations

import httpx  # noqa: TID253 - answers of a scripted account
import pytest

from ccm_core.sdk.errors import PermissionDenied
from ccm_core.sdk.types import CollectionNote

RULE = {"id": "N1", "type": "assignment_notification_rule", "urgency": "high"}
REFERENCE = {"id": "N1", "type": "assignment_notification_rule_reference"}


def users(*rules):
    """List two users with these rules each."""
    return {"users": [{"id": key, "notification_rules": list(rules)} for key in ("PA", "PB")]}


@pytest.fixture
def listed(account):
    """Collect users; give what was asked, the rules of each user, and the notes."""

    def run(answers):
        events = account("user", answers)
        rules = {user["id"]: user["notification_rules"] for user in events.items}
        return [path for path, _ in events.asked], rules

    return run


def test_rules_that_the_list_has_are_asked_for_nowhere_else(listed):
    """One request for a hundred users."""
    asked, rules = listed({"/users": users(RULE)})
    assert asked == ["/users"]
    assert rules == {"PA": [RULE], "PB": [RULE]}


def test_rules_that_are_references_are_read_user_by_user(account):
    """Of every urgency: the default of that endpoint is high."""
    whole = httpx.Response(200, json={"notification_rules": [RULE]})
    events = account(
        "user",
        {
            "/users": users(REFERENCE),
            "/users/PA/notification_rules": whole,
            "/users/PB/notification_rules": whole,
        },
    )
    assert [user["notification_rules"] for user in events.items] == [[RULE], [RULE]]
    assert events.asked[1] == ("/users/PA/notification_rules", [("urgency", "all")])
    assert events.shortfalls == []


@pytest.mark.parametrize("refusal", ["no right", "no scope", "gone", "no plan"])
def test_rules_that_are_refused_stay_unknown(account, refusal):
    """It is asked once, and everything else of the users is stored."""
    events = account("user", {"/users": users(REFERENCE), "/users/PA/notification_rules": refusal})
    assert [user["notification_rules"] for user in events.items] == [[REFERENCE], [REFERENCE]]
    assert len(events.asked) == 2
    assert events.shortfalls == []


def without_details(request):
    """Refuse whoever asks for contact methods."""
    return "no scope" if request.url.params.get_list("include[]") else users()


def test_users_are_listed_without_what_the_credential_may_not_read(account):
    """Roles and teams are no secret to it."""
    events = account("user", {"/users": without_details})
    assert [user["id"] for user in events.items] == ["PA", "PB"]
    assert len(events.asked) == 2


def test_users_that_are_refused_altogether_are_an_error(account):
    """Nothing is listed then."""
    with pytest.raises(PermissionDenied):
        account("user", {"/users": "no right"})


def test_what_is_not_known_is_noted(pagerduty):
    """The manifest says why."""
    from ccm_pagerduty.collectors.user import collect

    async def notes(session):
        events = [event async for event in collect(session, pagerduty.ask_for(window=None))]
        return [event.text for event in events if isinstance(event, CollectionNote)]

    def answer(request):
        if request.url.params.get_list("include[]"):
            error = {"message": "Token missing required scopes", "required_scopes": "x.read"}
            return httpx.Response(403, json={"error": error})
        page = {"limit": 100, "offset": 0, "more": False, "total": 2}
        return httpx.Response(200, json=users() | page)

    (note,) = pagerduty.talk(pagerduty.me(answer), notes)
    assert "how users are notified is not known" in note
    assert "x.read" in note
