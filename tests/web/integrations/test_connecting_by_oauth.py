"""A source is connected by consent: asked, granted, compared, confirmed, and only then saved."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pagerduty_simulator import AppKind
from pagerduty_simulator.api.scopes import REQUIRED
from web.integrations.connecting import CALLBACK, agreed, link_of, words_of


@pytest.fixture
def app(identity):
    """An app whose redirect URL is the console's."""
    return identity.identity.register(redirect_uris=(CALLBACK,))


@pytest.fixture
def setup(browser, simulator, identity) -> str:
    """A setup by consent, whose settings are entered."""
    return browser.begin("oauth", simulator, identity)


def test_consent_is_asked_for_shown_and_confirmed_before_it_is_saved(
    browser, setup, app, settings_file, vault
):
    """The account and what was granted are seen first; the tokens go into the vault."""
    page = browser.get(setup).text
    assert "http://127.0.0.1:8480/integrations/oauth/callback" in page
    for words in ("App name ccm", "Functionality OAuth 2.0", "Scope read", "Category"):
        assert words in words_of(page)
    asked = parse_qs(urlsplit(link_of(browser.enter_client(setup, app))).query)
    assert asked["scope"] == ["read"]
    assert asked["code_challenge_method"] == ["S256"]

    page = browser.get(setup).text
    shown = words_of(browser.follow(browser.come_back(agreed(page))).text)
    assert "Account northwind-freight , region us" in shown
    assert "read granted" in shown
    assert "northwind-freight is the account that I mean" in shown
    assert "Confirm first" in browser.follow(browser.send(f"{setup}/save")).text
    assert "acme" not in vault.names()

    page = words_of(browser.follow(browser.send(f"{setup}/save", confirmed="yes")).text)
    assert "The connection is saved." in page
    assert "Client secret ********" in page
    assert "method: oauth" in settings_file.read_text()
    assert set(vault.read("acme").secrets) >= {"access_token", "refresh_token"}


def test_a_scoped_app_is_asked_for_the_scopes_of_its_kinds(browser, simulator, identity):
    """They are shown to be copied, and compared with what was granted."""
    setup = browser.begin("oauth", simulator, identity, **{"field.app": "scoped"})
    assert "services.read" in words_of(browser.get(setup).text)
    app = identity.identity.register(
        *REQUIRED.values(), kind=AppKind.SCOPED, redirect_uris=(CALLBACK,)
    )
    page = browser.follow(browser.come_back(agreed(browser.enter_client(setup, app)))).text
    assert "services.read granted" in words_of(page)
    assert "not granted" not in words_of(page)


def test_an_app_connects_without_a_browser(browser, simulator, identity):
    """By its client id and secret alone, which are tested at once."""
    app = identity.identity.register(*REQUIRED.values(), kind=AppKind.SCOPED)
    subdomain = {"field.subdomain": "northwind-freight"}
    setup = browser.begin("oauth_app", simulator, identity, **subdomain)
    page = browser.enter_client(setup, app)
    assert "/services can be read" in words_of(page)
    assert "The connection is saved." in browser.follow(browser.send(f"{setup}/save")).text


def test_a_scope_that_was_not_granted_is_shown_with_what_to_do(browser, setup, identity):
    """Servers report it as no error; nothing of it is saved."""
    app = identity.identity.register("write", redirect_uris=(CALLBACK,))
    answer = browser.come_back(agreed(browser.enter_client(setup, app)))
    page = words_of(browser.follow(answer).text)
    assert "read not granted" in page
    assert "Add read to the app in PagerDuty, then make a new link" in page
    assert "Save" not in page.split("Your consent")[1].split("Give up")[0]


def test_whoever_does_not_agree_is_asked_again_with_another_link(browser, setup, app, identity):
    """The link that was answered counts no more."""
    page = browser.enter_client(setup, app)
    identity.identity.consents = False
    answer = browser.come_back(agreed(page))
    assert "access was denied" in browser.follow(answer).text
    assert "/oauth/authorize" not in browser.get(setup).text
    identity.identity.consents = True
    page = browser.follow(browser.send(f"{setup}/link")).text
    assert "What was granted" in browser.follow(browser.come_back(agreed(page))).text


def test_a_state_that_nobody_gave_out_is_refused(browser, setup, app):
    """Nothing is exchanged, and the log has it."""
    page = browser.enter_client(setup, app)
    answer = browser.get("/integrations/oauth/callback?code=stolen&state=forged")
    assert (answer.status_code, "belongs to no link" in answer.text) == (400, True)
    assert link_of(browser.get(setup).text) == link_of(page)
    assert "without its state" in browser.get("/activity").text


def test_a_state_counts_once(browser, setup, app, identity):
    """Whoever comes back twice is refused the second time."""
    address = agreed(browser.enter_client(setup, app))
    assert browser.come_back(address).status_code == 303
    assert browser.come_back(address).status_code == 400
    assert identity.identity.replays == 0


def test_a_state_counts_for_ten_minutes(server, browser, setup, app):
    """Then another link is made."""
    page = browser.enter_client(setup, app)
    server.clock.now += timedelta(minutes=11)
    answer = browser.come_back(agreed(page))
    assert "more than ten minutes ago" in browser.follow(answer).text
    assert "Make a new link" in browser.get(setup).text


def test_a_state_counts_in_its_session_alone(server, browser, setup, app):
    """Whoever else is signed in cannot be made to finish it."""
    address = agreed(browser.enter_client(setup, app))
    assert server.signed_in().come_back(address).status_code == 400
    assert browser.come_back(address).status_code == 303


def test_a_newer_link_replaces_the_one_before(browser, setup, app):
    """Of two tabs, the older one is refused."""
    older = agreed(browser.enter_client(setup, app))
    browser.send(f"{setup}/link")
    assert browser.come_back(older).status_code == 400


def test_an_answer_with_a_parameter_twice_is_refused(browser, setup, app):
    """It is no answer of an identity server."""
    address = agreed(browser.enter_client(setup, app))
    answer = browser.come_back(f"{address}&code=another")
    assert "twice" in browser.follow(answer).text


def test_a_wrong_client_secret_is_told(browser, setup, app):
    """And entered again."""
    page = browser.enter(setup, client_id=app.client_id, client_secret="not-the-one")
    answer = browser.follow(browser.come_back(agreed(page)))
    assert "check the client id and the client secret" in answer.text
    assert "Enter another client id and secret" in answer.text
