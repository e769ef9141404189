"""What somebody may try at sign-in: each ends in a page that says so, and in no session."""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from web.sign_in.openid_provider import SECRETS
from web.sign_in.test_signing_in import activity, sessions

LATER = 4_000_000_000


def refused(console, browser, answer, status=403):
    """Check that nobody was let in, and that nothing tells a secret."""
    assert answer.status_code == status, answer.text
    assert "Not signed in" in answer.text
    assert "ccm-session" not in answer.headers.get("set-cookie", "")
    assert sessions(console) == []
    assert browser.get("/settings").headers["location"] == "/sign-in"
    entries = [f"{entry.about} {entry.after}" for entry in activity(console)]
    for secret in SECRETS:
        assert secret not in answer.text
        assert not any(secret in entry for entry in entries)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": ...},
        {"nonce": ["another"]},
        {"aud": "another"},
        {"aud": ...},
        {"aud": []},
        {"aud": ["ccm-console", "another"]},
        {"aud": ["ccm-console", "another"], "azp": "another"},
        {"azp": "another"},
        {"iss": "https://evil.example"},
        {"iss": ...},
        {"exp": 1_000_000_000},
        {"exp": ...},
        {"exp": "soon"},
        {"iat": ...},
        {"iat": LATER},
        {"nbf": LATER},
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "subject\n1"},
        {"sub": "sübject"},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(console, provider, claims):
    """Its signature is right; what it says is not."""
    provider.claims = claims
    browser = console.team_browser()
    refused(console, browser, browser.sign_in_at(provider))
    assert activity(console)[0].kind == "sign-in refused"


@pytest.mark.parametrize("how", ["unknown key", "other key of that name", "none", "shared secret"])
def test_an_id_token_that_the_provider_did_not_sign_is_refused(console, provider, other_key, how):
    """Neither with a key of elsewhere, nor without any, nor with the public key as a secret."""
    if how == "unknown key":
        provider.signed_by, provider.header = other_key, {"kid": other_key.kid}
    elif how == "other key of that name":
        provider.signed_by = other_key
    elif how == "none":
        provider.algorithm = "none"
    else:
        provider.algorithm = "HS256"
    browser = console.team_browser()
    refused(console, browser, browser.sign_in_at(provider))


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "access_denied", "code": ...},
        {"error": "server_error", "error_description": "<script>alert(1)</script>", "code": ...},
        {"code": ...},
        {"code": ""},
        {"code": "made-up-code"},
        {"iss": "https://evil.example"},
        {"iss": ...},
    ],
    ids=str,
)
def test_an_answer_that_is_none_is_refused(console, provider, answer):
    """Denied, without a code, with a made-up one, or of another issuer (RFC 9207)."""
    provider.answer = answer
    browser = console.team_browser()
    page = browser.sign_in_at(provider)
    refused(console, browser, page)
    assert "<script>" not in page.text
    assert activity(console)[0].kind == "sign-in refused"


def test_denying_is_said_in_words(console, provider):
    """Whoever changed their mind reads that, and not a fault."""
    provider.answer = {"error": "access_denied", "code": ...}
    assert "denied" in console.team_browser().sign_in_at(provider).text


@pytest.mark.parametrize("state", ["", "forged", "x" * 43, "\ud83d\ude00", "a&state=b"])
def test_a_forged_state_is_refused_and_is_no_entry(console, provider, state):
    """Anybody can send one: the ledger is not to be flooded."""
    browser = console.team_browser()
    fields = dict(parse_qsl(urlsplit(provider.agree(browser.leave())).query))
    raw = state.encode("utf-8", "surrogatepass")
    query = urlencode({**fields, "state": raw})
    refused(console, browser, browser.get(f"/sign-in/callback?{query}"))
    assert activity(console) == []


def test_an_answer_counts_once(console, provider):
    """The second time there is no session, whoever has the address."""
    browser = console.team_browser()
    address = provider.agree(browser.leave())
    assert browser.come_back(address).headers["location"] == "/"
    browser.send("/sign-out")
    refused(console, browser, browser.come_back(address))


def test_a_code_counts_once_in_another_answer_too(console, provider):
    """A code of somebody else is no use with a state of one's own."""
    first = dict(parse_qsl(urlsplit(provider.agree(console.team_browser().leave())).query))
    browser = console.team_browser()
    second = dict(parse_qsl(urlsplit(provider.agree(browser.leave())).query))
    query = urlencode({**second, "code": first["code"]})
    refused(console, browser, browser.get(f"/sign-in/callback?{query}"))
    assert provider.problems == ["invalid_grant"]


def test_an_answer_counts_in_the_browser_that_asked_alone(console, provider):
    """Nobody is signed in as somebody else by a link that they were sent."""
    address = provider.agree(console.team_browser().leave())
    victim = console.team_browser()
    refused(console, victim, victim.come_back(address))
    victim.leave()
    refused(console, victim, victim.come_back(address))


@pytest.mark.parametrize("later", [timedelta(minutes=10), timedelta(minutes=-1)])
def test_an_answer_counts_for_ten_minutes(console, provider, clock, later):
    """And not after them, nor with a clock that went back."""
    browser = console.team_browser()
    address = provider.agree(browser.leave())
    clock.now += later
    refused(console, browser, browser.come_back(address))


def test_an_answer_with_a_parameter_twice_is_refused(console, provider):
    """What one parser takes for the code is not what another one does."""
    browser = console.team_browser()
    refused(console, browser, browser.come_back(f"{provider.agree(browser.leave())}&code=other"))


def test_settings_that_change_in_between_end_a_sign_in(console, provider):
    """It was begun with others."""
    browser = console.team_browser()
    address = provider.agree(browser.leave())
    console.write(provider.url, "    claim: teams\n    roles: {admin: [compliance]}")
    refused(console, browser, browser.come_back(address))


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"issuer": ...},
        {"authorization_endpoint": "http://login.example.com/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": ...},
        {"token_endpoint": "http://login.example.com/token"},
        {"jwks_uri": "http://169.254.169.254/keys"},
        {"jwks_uri": 7},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
def test_a_provider_that_cannot_be_trusted_is_not_asked(console, provider, discovery):
    """Of another name, in the clear, or without PKCE by S256."""
    provider.discovery = discovery
    browser = console.team_browser()
    refused(console, browser, browser.get("/sign-in/team"), 502)


def test_a_provider_that_is_down_is_said(console, provider):
    """Before and after somebody went there."""
    browser = console.team_browser()
    address = provider.agree(browser.leave())
    provider.token_status = 503
    refused(console, browser, browser.come_back(address))
    console.write("http://127.0.0.1:9")
    refused(console, browser, browser.get("/sign-in/team"), 502)


@pytest.mark.parametrize("secret", [None, "another secret"], ids=["missing", "wrong"])
def test_a_client_secret_that_is_missing_or_wrong_is_told_to_nobody_outside(
    console, provider, monkeypatch, caplog, secret
):
    """Its place is in the log, its value nowhere."""
    browser = console.team_browser()
    address = provider.agree(browser.leave())
    if secret is None:
        monkeypatch.delenv("CCM_SIGN_IN_SECRET")
    else:
        monkeypatch.setenv("CCM_SIGN_IN_SECRET", secret)
    with caplog.at_level(logging.DEBUG):
        page = browser.come_back(address)
    refused(console, browser, page)
    assert "CCM_SIGN_IN_SECRET" not in page.text
    assert "another secret" not in page.text + caplog.text
    assert ("CCM_SIGN_IN_SECRET" in caplog.text) is (secret is None)


def test_a_sign_in_leaves_no_secret_in_the_log(console, provider, caplog):
    """Neither state nor code, verifier, nonce or token."""
    browser = console.team_browser()
    with caplog.at_level(logging.DEBUG):
        address = provider.agree(browser.leave())
        request = next(iter(provider.codes.values()))
        browser.come_back(address)
    # What the provider of the test and the client of the test print is not the console's.
    ours = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("ccm"))
    for name in ("state", "nonce", "code_challenge"):
        assert request[name] not in ours
    for secret in SECRETS:
        assert secret not in caplog.text


def test_refused_answers_do_not_flood_the_ledger(console, provider):
    """Ten of a minute are entries; every one is refused."""
    provider.answer = {"error": "access_denied", "code": ...}
    for _ in range(13):
        browser = console.team_browser()
        refused(console, browser, browser.sign_in_at(provider))
    assert len(activity(console)) == 10
    provider.answer = {}
    assert console.team_browser().sign_in_at(provider).headers["location"] == "/"


def test_broken_settings_are_told_to_nobody_who_is_not_signed_in(console, provider):
    """The sign-in page comes all the same, and does not quote them."""
    console.write(provider.url, "    roles: {admin: [platform], nonsense: [x]}")
    browser = console.team_browser()
    assert browser.get("/sign-in").status_code == 200
    page = browser.get("/sign-in/team")
    assert page.status_code == 400
    assert "nonsense" not in page.text
