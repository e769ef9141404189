"""Whoever opens a connection sees what it read, what it did not, and what to do about it."""

from __future__ import annotations

import pytest
from web.integrations.connecting import ended, words_of

from ccm_core.web.access.roles import Role

PAGE = "/integrations/acme"


@pytest.fixture
def ran(server, browser, simulator):
    """A browser of somebody whose connection ran, and may not read who is on call."""
    simulator.control.deny("/oncalls")
    browser.connected_by_key(simulator)
    browser.send(f"{PAGE}/run")
    assert ended(server).outcome == "unavailable"
    return browser


def test_what_a_credential_may_not_see_is_shown_with_the_next_step(ran):
    """Beside what was read, when it is due again, and what is known of the credential."""
    page = words_of(ran.get(PAGE).text)
    assert "what to do pagerduty.on_call access was denied" in page
    assert "GET /oncalls answered 403" in page
    assert "Next step: allow the credential to read it" in page
    assert "northwind-freight.pagerduty.com" in page
    assert "Key ******** in vault:acme" in page
    assert "Rotate by" in page


def test_the_list_shows_connectors_and_connections_with_their_health(ran):
    """How many kinds have a problem, of how many."""
    page = words_of(ran.get("/integrations").text)
    assert "acme PagerDuty unavailable" in page
    assert "1 of 27" in page
    assert "Connectors that are installed PagerDuty" in page


def test_a_viewer_sees_the_health_and_nothing_to_change(server, ran):
    """No button that would be refused."""
    server.role = Role.VIEWER
    page = server.signed_in().get(PAGE).text
    assert "access was denied" in page
    assert "Run now" not in page
    assert f"{PAGE}/remove" not in page


def test_granted_scopes_are_compared_with_those_that_are_asked(browser, simulator, identity):
    """And since when there is consent."""
    browser.connected_by_consent(simulator, identity)
    page = words_of(browser.get(PAGE).text)
    assert "Scopes read granted openid granted beside what was asked" in page
    assert "Token expires" in page


def test_settings_that_cannot_be_used_are_told(server, browser, simulator):
    """Every mistake, with its place in the file."""
    browser.connected_by_key(simulator)
    server.settings.write_text(server.settings.read_text().replace("api_key", "api_kee"))
    answer = browser.get("/integrations")
    assert (answer.status_code, "unknown method" in answer.text) == (409, True)


def test_a_connection_that_does_not_exist_is_told(browser):
    """With its name."""
    answer = browser.get("/integrations/nope")
    assert (answer.status_code, "no connection" in answer.text) == (404, True)


def test_hostile_names_stay_text(server, browser, simulator):
    """Settings and sources may say anything."""
    browser.connected_by_key(simulator)
    hostile = "<script>alert(1)</script>"
    text = server.settings.read_text()
    server.settings.write_text(
        text.replace("    connector:", f'    account: "{hostile}"\n    connector:')
    )
    page = browser.get(PAGE).text
    assert hostile not in page
    assert "&lt;script&gt;alert(1)" in page
