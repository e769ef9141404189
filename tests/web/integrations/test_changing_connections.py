"""A saved connection is changed: its settings, its cadences, its credential; or it is removed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pagerduty_simulator.api.credentials import SimulatedCredential
from web.integrations.connecting import agreed, words_of

from ccm_core.web.access.roles import Role

PAGE = "/integrations/acme"


@pytest.fixture
def by_key(browser, simulator):
    """A browser of somebody who has just connected with a key."""
    browser.connected_by_key(simulator)
    return browser


@pytest.fixture
def new_key(simulator) -> str:
    """A second key that the account lets in."""
    key = "u+the-new-key-4711"
    simulator.control.api_keys[key] = SimulatedCredential(secret=key)
    return key


# -- settings and cadences --------------------------------------------------------------------


def test_settings_are_tested_and_saved_and_go_back_to_their_defaults(by_key, settings_file):
    """Only what is typed is written."""
    assert 'placeholder="30d"' in by_key.get(f"{PAGE}/edit").text
    page = by_key.follow(
        by_key.send(f"{PAGE}/edit", **{"setting.lookback": "60d", "setting.region": ""})
    )
    assert "The connection is saved." in page.text
    assert "lookback: 60d" in settings_file.read_text()
    by_key.send(f"{PAGE}/edit", **{"setting.lookback": ""})
    assert "lookback" not in settings_file.read_text()


def test_settings_that_fail_their_test_are_not_saved(by_key, settings_file, simulator):
    """What was typed is still there."""
    before = settings_file.read_text()
    answer = by_key.send(f"{PAGE}/edit", **{"setting.lookback": "900d"})
    assert (answer.status_code, "at most 180d" in answer.text) == (409, True)
    assert 'value="900d"' in answer.text
    simulator.control.api_keys.clear()
    answer = by_key.send(f"{PAGE}/edit", **{"setting.lookback": "60d"})
    assert (answer.status_code, "401" in answer.text) == (409, True)
    assert settings_file.read_text() == before


def test_a_stored_credential_is_never_sent_to_another_address(
    by_key, simulator, settings_file, vault
):
    """It is entered again for another region, and what is saved stays until then."""
    before, asked = settings_file.read_text(), len(simulator.control.requests)
    answer = by_key.send(f"{PAGE}/edit", **{"setting.region": "eu"})
    setup = answer.headers["location"]
    assert setup.startswith("/integrations/setup/")
    assert "never sent to another address" in by_key.follow(answer).text
    assert len(simulator.control.requests) == asked
    answer = by_key.follow(by_key.send(f"{setup}/save"))
    assert "Test the connection first" in answer.text
    assert settings_file.read_text() == before

    by_key.enter(setup, key=simulator.api_key)
    assert "The connection is saved." in by_key.follow(by_key.send(f"{setup}/save")).text
    assert "region: eu" in settings_file.read_text()
    assert vault.read("acme").secrets["key"].reveal() == simulator.api_key


def test_the_same_address_in_other_words_keeps_the_credential(browser, simulator, settings_file):
    """A region that is written and is the default anyway: leaving it out changes no address."""
    browser.connected_by_key(simulator, **{"setting.region": "us"})
    assert "region: us" in settings_file.read_text()
    answer = browser.send(f"{PAGE}/edit", **{"setting.region": ""})
    assert answer.headers["location"].startswith(PAGE)
    assert "region" not in settings_file.read_text()


def test_cadences_are_saved_by_kind(by_key, settings_file):
    """Those that differ; the others are as the connector recommends."""
    form = {"cadence.pagerduty.user": "12h", "cadence.pagerduty.team": ""}
    assert by_key.send(f"{PAGE}/cadences", **form).status_code == 303
    assert "pagerduty.user: 12h" in settings_file.read_text()
    assert "every 12h" in by_key.get(PAGE).text
    answer = by_key.send(f"{PAGE}/cadences", **{"cadence.pagerduty.user": "30d"})
    assert (answer.status_code, "at most 7d" in answer.text) == (409, True)
    by_key.send(f"{PAGE}/cadences", **{"cadence.pagerduty.user": ""})
    assert "12h" not in settings_file.read_text()


# -- rotate -----------------------------------------------------------------------------------


def test_a_key_is_replaced_after_its_test(by_key, new_key, vault):
    """The page says what is left to do at the source."""
    answer = by_key.send(f"{PAGE}/rotate", **{"field": "key", "secret.new": new_key})
    assert "revoke the old one" in by_key.follow(answer).text
    assert vault.read("acme").secrets["key"].reveal() == new_key
    assert "key of connection acme" in by_key.get("/activity").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        pytest.param("", "Nothing was entered", id="nothing"),
        pytest.param("u+wrong-4711", "continues with the old one", id="refused"),
        pytest.param("the same", "uses already", id="the same one"),
    ],
)
def test_a_key_that_fails_its_test_replaces_nothing(by_key, simulator, vault, typed, words):
    """And is not in the answer."""
    secret = simulator.api_key if typed == "the same" else typed
    before = vault.read("acme")
    answer = by_key.send(f"{PAGE}/rotate", **{"field": "key", "secret.new": secret})
    assert (answer.status_code, words in answer.text) == (409, True)
    assert "4711" not in answer.text
    assert vault.read("acme") == before


def test_a_secret_that_is_kept_elsewhere_is_not_written(browser, simulator, settings_file):
    """The page says where it is, and how it comes into the vault."""
    connection = f"""connections:
  - name: acme
    connector: pagerduty
    settings: {{base_url: "{simulator.base_url}"}}
    auth: {{method: api_key, key: "env:PD_KEY"}}
"""
    text = settings_file.read_text().replace("connections: []\n", connection)
    settings_file.write_text(text)
    page = browser.get(f"{PAGE}/rotate").text
    assert "where ccm does not write" in words_of(page)
    assert 'name="secret.new"' not in page
    answer = browser.send(f"{PAGE}/rotate", **{"field": "key", "secret.new": "u+the-new-one"})
    assert answer.status_code == 409
    assert settings_file.read_text() == text


# -- re-authorise -----------------------------------------------------------------------------


def test_another_consent_is_given_with_the_client_that_is_saved(
    browser, simulator, identity, vault
):
    """The tokens of before are in use until the new ones are saved."""
    browser.connected_by_consent(simulator, identity)
    before = vault.read("acme").secrets
    answer = browser.send(f"{PAGE}/reauthorise")
    setup = answer.headers["location"]
    page = browser.follow(browser.send(f"{setup}/link")).text
    browser.follow(browser.come_back(agreed(page)))
    assert vault.read("acme").secrets == before
    browser.send(f"{setup}/save", confirmed="yes")
    after = vault.read("acme").secrets
    assert after["client_secret"] == before["client_secret"]
    assert after["access_token"] != before["access_token"]


def test_a_client_secret_is_replaced_by_a_renewal(browser, simulator, identity, vault):
    """The grant stays."""
    browser.connected_by_consent(simulator, identity)
    (app,) = identity.identity.apps.values()
    identity.identity.apps[app.client_id] = replace(app, client_secret="pdeas-new-4711")
    form = {"field": "client_secret", "secret.new": "pdeas-new-4711"}
    assert browser.send(f"{PAGE}/rotate", **form).status_code == 303
    assert vault.read("acme").secrets["client_secret"].reveal() == "pdeas-new-4711"


def test_a_key_needs_nobodys_consent(by_key):
    """There is nothing to re-authorise."""
    answer = by_key.send(f"{PAGE}/reauthorise")
    assert (answer.status_code, "rotate its secret" in answer.text) == (400, True)
    assert "Re-authorise" not in by_key.get(PAGE).text


# -- remove -----------------------------------------------------------------------------------


def test_a_connection_is_removed_by_its_name(by_key, settings_file, vault):
    """With its secrets; who does not type the name removes nothing."""
    answer = by_key.send(f"{PAGE}/remove", name="acm")
    assert (answer.status_code, "acme" in settings_file.read_text()) == (409, True)
    answer = by_key.follow(by_key.send(f"{PAGE}/remove", name="acme"))
    assert "The connection is removed" in answer.text
    assert "acme" not in settings_file.read_text()
    assert "acme" not in vault.names()
    assert by_key.get(PAGE).status_code == 404


@pytest.mark.parametrize("form", ["edit", "cadences", "rotate", "reauthorise", "remove", "run"])
def test_nobody_but_an_administrator_changes_a_connection(server, by_key, settings_file, form):
    """Whoever may read sees the page, without what changes it."""
    before = settings_file.read_text()
    server.role = Role.VIEWER
    viewer = server.signed_in()
    page = viewer.get(PAGE).text
    assert f"{PAGE}/{form}" not in page
    answer = viewer.send(f"{PAGE}/{form}", name="acme")
    assert answer.status_code == 403
    assert settings_file.read_text() == before


def test_a_form_without_the_token_of_its_session_changes_nothing(by_key, settings_file):
    """Nor does one of another origin; a secret that it had is not sent back."""
    before = settings_file.read_text()
    secret = {"field": "key", "secret.new": "u+typed-4711"}
    answer = by_key.send(f"{PAGE}/rotate", csrf="0" * 64, **secret)
    assert (answer.status_code, "4711" in answer.text) == (403, False)
    assert (
        by_key.send(f"{PAGE}/remove", origin="https://evil.example", name="acme").status_code == 403
    )
    assert settings_file.read_text() == before
