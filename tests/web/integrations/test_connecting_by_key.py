"""A source is connected with a key: what the vendor's side needs, test, and only then save."""

from __future__ import annotations

import pytest
from web.integrations.connecting import words_of

from ccm_core.web.access.roles import Role


def test_a_key_is_tested_and_then_saved_into_the_vault(browser, simulator, settings_file, vault):
    """The settings refer to the vault, and say nothing else than what was typed."""
    setup = browser.begin("api_key", simulator)
    before = settings_file.read_text()
    page = words_of(browser.enter(setup, key=simulator.api_key))
    assert "/services can be read" in page
    assert settings_file.read_text() == before
    assert "acme" not in vault.names()

    page = words_of(browser.follow(browser.send(f"{setup}/save")).text)
    assert "The connection is saved." in page
    assert 'auth: {method: api_key, key: "vault:acme"}' in settings_file.read_text()
    assert vault.read("acme").secrets["key"].reveal() == simulator.api_key
    assert browser.get(setup).status_code == 404


def test_every_step_of_the_vendors_side_is_spelled_out(browser, simulator):
    """What to enter, that it is shown once, as whom, and where that is documented."""
    page = browser.get(browser.begin("api_key", simulator)).text
    for words in ("Description ccm", "Read-only API Key", "copy the key now", "service account"):
        assert words in words_of(page)
    assert "https://developer.pagerduty.com/docs/authentication" in page
    assert "https://developer.pagerduty.com/api-reference/" in page


def test_a_key_that_is_refused_is_not_saved(browser, simulator, settings_file):
    """The cause and the next step are shown, and the key is entered again."""
    setup = browser.begin("api_key", simulator)
    page = words_of(browser.enter(setup, key="u+wrong-4711"))
    assert "The test failed" in page
    assert "answered 401" in page
    assert "create a read-only API key" in page
    answer = browser.follow(browser.send(f"{setup}/save"))
    assert "Test the connection first" in answer.text
    assert "acme" not in settings_file.read_text()
    assert "/services can be read" in words_of(browser.enter(setup, key=simulator.api_key))


def test_an_endpoint_that_is_denied_is_shown_and_may_be_saved(browser, simulator):
    """What cannot be read is inconclusive later, and never a pass."""
    simulator.control.deny("/oncalls")
    setup = browser.begin("api_key", simulator)
    page = words_of(browser.enter(setup, key=simulator.api_key))
    assert "problem: /oncalls GET /oncalls answered 403" in page
    assert "never a pass" in page
    assert "The connection is saved." in browser.follow(browser.send(f"{setup}/save")).text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        pytest.param({"name": ""}, "needs a name", id="no name"),
        pytest.param({"name": "a b"}, "name", id="a name with a blank"),
        pytest.param({"setting.lookback": "900d"}, "at most 180d", id="too far back"),
        pytest.param({"setting.page_size": "many"}, "expected a whole number", id="no number"),
        pytest.param({"setting.share": "nan"}, "expected a number", id="not a number"),
        pytest.param({"setting.region": "mars"}, "mars", id="no such region"),
    ],
)
def test_mistakes_are_told_beside_what_was_typed(browser, simulator, form, words):
    """Nothing typed is lost, and nothing is begun."""
    typed = {"setting.base_url": simulator.base_url, "setting.lookahead": "7d", **form}
    answer = browser.send(
        "/integrations/connect/pagerduty", **{"method": "api_key", "name": "acme", **typed}
    )
    assert answer.status_code == 409
    assert words in words_of(answer.text)
    assert 'value="7d"' in answer.text


def test_a_name_that_is_taken_is_refused(browser, simulator):
    """Another connection is never replaced by accident; it is by intent."""
    browser.connected_by_key(simulator)
    answer = browser.send(
        "/integrations/connect/pagerduty",
        **{"method": "api_key", "name": "acme", "setting.base_url": simulator.base_url},
    )
    assert "exists already" in answer.text
    page = browser.get("/integrations/connect/pagerduty?method=api_key&name=acme").text
    assert "Set up acme again" in page
    assert f'value="{simulator.base_url}"' in page
    assert browser.begin("api_key", simulator, replaces="yes").startswith("/integrations/setup/")


def test_no_reference_is_written_whatever_is_typed(browser, simulator, settings_file, vault):
    """A place that the server would read a secret from is taken for the secret itself."""
    setup = browser.begin("api_key", simulator)
    assert "answered 401" in browser.enter(setup, key="env:PATH")
    browser.send(
        f"{setup}/secrets", **{"secret.key": simulator.api_key, "field.key": "file:/etc/passwd"}
    )
    browser.send(f"{setup}/save")
    text = settings_file.read_text()
    assert "vault:acme" in text
    assert "file:" not in text


def test_a_setup_belongs_to_its_session(server, browser, simulator):
    """Somebody else who is signed in does not find it, and it ends when it rests too long."""
    setup = browser.begin("api_key", simulator)
    assert server.signed_in().get(setup).status_code == 404
    assert browser.get(setup).status_code == 200
    server.clock.now = server.clock.now.replace(year=server.clock.now.year + 1)
    browser.sign_in()
    assert browser.get(setup).status_code == 404


def test_a_setup_that_is_given_up_is_forgotten(browser, simulator):
    """With what was entered."""
    setup = browser.begin("api_key", simulator)
    browser.enter(setup, key=simulator.api_key)
    assert browser.send(f"{setup}/cancel").headers["location"] == "/integrations"
    assert browser.get(setup).status_code == 404


def test_a_connection_that_somebody_else_saved_meanwhile_is_not_replaced(
    server, browser, simulator, settings_file
):
    """Two at once: the second is told, and the file is what the first made of it."""
    other = server.signed_in()
    first, second = (each.begin("api_key", simulator) for each in (browser, other))
    for each, setup in ((browser, first), (other, second)):
        each.enter(setup, key=simulator.api_key)
    assert "saved" in browser.follow(browser.send(f"{first}/save")).text
    after_first = settings_file.read_text()
    page = words_of(other.follow(other.send(f"{second}/save")).text)
    assert "saved by somebody else in the meantime" in page
    assert settings_file.read_text() == after_first


def test_connections_of_two_people_are_both_saved(server, browser, simulator, settings_file):
    """A file that changed since a setup began is read again before it is written."""
    other = server.signed_in()
    first = browser.begin("api_key", simulator, name="one")
    second = other.begin("api_key", simulator, name="two")
    for each, setup in ((browser, first), (other, second)):
        each.enter(setup, key=simulator.api_key)
        each.send(f"{setup}/save")
    assert "name: one" in settings_file.read_text()
    assert "name: two" in settings_file.read_text()


def test_what_was_done_is_in_the_activity_log(browser, simulator):
    """Who saved which connection, with its settings and without its secrets."""
    browser.connected_by_key(simulator)
    page = words_of(browser.get("/activity").text)
    assert "test of connection acme, before it is saved" in page
    assert "connection acme" in page
    assert "vault:acme" in page
    assert "Tess Ter" in page


def test_a_vault_that_cannot_be_written_is_told_before_a_secret_is_asked_for(
    browser, simulator, monkeypatch, settings_file
):
    """With what to do on the server."""
    monkeypatch.delenv("CCM_VAULT_KEY")
    settings_file.write_text(f"{settings_file.read_text()}# read again\n")
    form = {"method": "api_key", "name": "acme", "setting.base_url": simulator.base_url}
    answer = browser.send("/integrations/connect/pagerduty", **form)
    assert (answer.status_code, "CCM_VAULT_KEY" in answer.text) == (409, True), answer.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.CONTROL_OWNER, Role.APPROVER])
def test_nobody_but_an_administrator_connects(server, role):
    """Neither by the page, nor by its form."""
    server.role = role
    browser = server.signed_in()
    assert browser.get("/integrations/connect/pagerduty").status_code == 403
    answer = browser.send("/integrations/connect/pagerduty", csrf="0" * 64, method="api_key")
    assert answer.status_code == 403
    if role is not Role.AUDITOR:
        assert "/integrations/connect/" not in browser.get("/integrations").text
