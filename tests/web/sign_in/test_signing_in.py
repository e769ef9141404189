"""Somebody of a team signs in by OpenID Connect, and may do what the settings say now."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from ccm_core.web.access.roles import Role
from ccm_core.web.access.team_roles import MOST_POWERFUL_FIRST


def sessions(console):
    """The sessions that the store has."""
    from ccm_core.model.console.session import CredentialKind

    with console.workspaces.get().read_store() as store:
        return store.console.sessions(CredentialKind.COOKIE)


def activity(console):
    """The entries of the activity log, the newest first."""
    with console.workspaces.get().read_store() as store:
        return [entry for _, entry in store.console.activity(limit=50)]


def test_a_viewer_of_the_team_reads_and_is_no_administrator(console, provider):
    """From the sign-in page to the provider and back, with an entry of who came."""
    browser = console.team_browser()
    assert 'href="/sign-in/team"' in browser.get("/sign-in").text
    answer = browser.sign_in_at(provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = browser.get("/settings")
    assert page.status_code == 200
    assert "Dana Petrov" in page.text
    assert browser.get("/activity").status_code == 403
    signed_in = activity(console)[1]
    assert (signed_in.kind, signed_in.issuer, signed_in.subject) == (
        "signed in",
        provider.url,
        "subject-1",
    )
    assert provider.problems == []


def test_the_link_to_the_provider_proves_who_asks(console, provider):
    """PKCE by S256, a state and a nonce of its own each time, and a cookie for ten minutes."""
    browser = console.team_browser()
    answer = browser.get("/sign-in/team")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["openid profile"]
    assert query["redirect_uri"] == ["http://127.0.0.1:8480/sign-in/callback"]
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Max-Age=600"))
    again = parse_qs(urlsplit(browser.leave()).query)
    for name in ("state", "nonce", "code_challenge"):
        assert query[name] != again[name]


def test_settings_without_a_provider_offer_none(console):
    """The one-time link alone signs in."""
    console.settings.write_text("version: 1\nconnections: []\n")
    browser = console.team_browser()
    assert "/sign-in/team" not in browser.get("/sign-in").text
    assert browser.get("/sign-in/team").status_code == 404
    assert browser.get("/sign-in/callback?state=x&code=y").status_code == 404
    assert browser.sign_in().headers["location"] == "/"


def test_signing_in_again_begins_another_session_and_ends_the_first(console, provider):
    """A session that somebody fixed before is worth nothing."""
    browser = console.team_browser()
    browser.sign_in_at(provider)
    first = browser.client.cookies["ccm-session"]
    browser.sign_in_at(provider)
    assert browser.client.cookies["ccm-session"] != first
    assert len(sessions(console)) == 1


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["compliance"], Role.VIEWER),
        (["platform"], Role.ADMIN),
        (["compliance", "platform"], Role.ADMIN),
        (["nobody", "owners", "external"], Role.CONTROL_OWNER),
        (["external"], Role.AUDITOR),
        (["external", "compliance"], Role.VIEWER),
        (["signers", "owners"], Role.APPROVER),
        ("platform", Role.ADMIN),
        (["Platform"], None),
        (["plat"], None),
        ([], None),
        (["nobody"], None),
        (..., None),
        (7, None),
        ({"platform": True}, None),
        ([["platform"]], None),
        ([f"group-{number}" for number in range(1_001)] + ["platform"], None),
    ],
)
def test_the_most_powerful_role_of_the_claim_counts_and_without_one_nobody_is_let_in(
    console, provider, groups, role
):
    """Values count exactly as they stand; what cannot be used gives nothing."""
    console.write(
        provider.url,
        "    roles: {viewer: [compliance], admin: [platform], control_owner: [owners],"
        " approver: [signers], auditor: [external]}",
    )
    provider.claims = {"groups": groups}
    browser = console.team_browser()
    answer = browser.sign_in_at(provider)
    if role is not None:
        assert answer.headers["location"] == "/"
        assert [session.role for session in sessions(console)] == [role.value]
        return
    assert answer.status_code == 403
    assert "Dana Petrov" in answer.text
    assert sessions(console) == []
    assert (activity(console)[0].kind, activity(console)[0].subject) == (
        "sign-in refused",
        "subject-1",
    )
    assert browser.get("/settings").headers["location"] == "/sign-in"


def test_every_role_has_its_place_among_the_powerful():
    """A role that is forgotten would never be given."""
    assert sorted(MOST_POWERFUL_FIRST) == sorted(Role)


@pytest.mark.parametrize(
    ("rest", "settings", "activities"),
    [
        ("    roles: {admin: [compliance]}", 200, 200),
        ("    roles: {auditor: [compliance]}", 403, 403),
        ("    roles: {admin: [platform]}", 303, 303),
        ("    claim: teams\n    roles: {admin: [compliance]}", 303, 303),
        ("    roles: {viewer: [compliance]}\n    until: {compliance: 2020-01-01}", 303, 303),
    ],
    ids=["more", "less", "none", "another claim", "ended"],
)
def test_a_role_is_looked_up_at_each_request(console, provider, rest, settings, activities):
    """What the settings say now counts for those who are signed in already."""
    browser = console.team_browser()
    browser.sign_in_at(provider)
    console.write(provider.url, rest)
    assert browser.get("/settings").status_code == settings
    assert browser.get("/activity").status_code == activities


def test_another_issuer_in_the_settings_ends_the_sessions_of_the_first(console, provider):
    """The same subject of somebody else is somebody else."""
    browser = console.team_browser()
    browser.sign_in_at(provider)
    console.write("https://login.example.com")
    assert browser.get("/settings").headers["location"] == "/sign-in"


def test_a_value_counts_through_its_last_day_and_not_after_it(console, provider, clock):
    """While somebody is signed in, too."""
    last = clock.now.date()
    console.write(
        provider.url, f"    roles: {{viewer: [compliance]}}\n    until: {{compliance: {last}}}"
    )
    browser = console.team_browser()
    browser.sign_in_at(provider)
    assert browser.get("/settings").status_code == 200
    midnight = (clock.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    clock.now = midnight - timedelta(seconds=1)
    before = browser.get("/settings").status_code
    clock.now = midnight
    assert browser.get("/settings").headers["location"] == "/sign-in"
    assert console.team_browser().sign_in_at(provider).status_code == 403
    # The session itself lasts eight hours without use: on a long day it had ended before.
    assert before in {200, 303}


PEOPLE = """\
people:
  - id: dana
    name: Dana of the Settings
    email: {email}
    oidc: [{{issuer: "{issuer}", subject: {subject}}}]
"""


@pytest.mark.parametrize(
    ("subject", "name"),
    [("subject-1", "Dana of the Settings"), ("subject-2", "Dana Petrov")],
    ids=["by the subject", "never by the e-mail address"],
)
def test_people_of_the_settings_are_known_by_issuer_and_subject(console, provider, subject, name):
    """An e-mail address may belong to somebody else tomorrow."""
    people = PEOPLE.format(issuer=provider.url, subject=subject, email="dana@acme.example")
    console.write(provider.url, people=people)
    browser = console.team_browser()
    browser.sign_in_at(provider)
    assert name in browser.get("/settings").text


def test_who_is_none_of_the_people_acts_on_no_finding(console, provider):
    """An act names a person: never whoever the console runs as."""
    console.write(provider.url, "    roles: {control_owner: [compliance]}")
    browser = console.team_browser()
    browser.sign_in_at(provider)
    answer = browser.send("/findings/act", finding="any", verb="comment", text="looked at it")
    assert answer.status_code == 400
    assert "none of the people" in answer.text
    assert "subject-1" in answer.text
