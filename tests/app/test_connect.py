"""Connecting in steps, as a console does it: each step in an event loop of its own."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ccm_core.app.connect import ConnectionSetup
from ccm_core.app.installation import all_plugins
from ccm_core.app.new_connection import NewConnection
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.config.template import without_connections
from ccm_core.errors import AuthenticationFailed, UsageError
from ccm_core.sdk.secret import Secret

REDIRECT = "http://127.0.0.1:8754/callback"


@pytest.fixture
def start(tmp_path, ports, simulator, identity):
    """Start setting up a connection by one of the connector's methods."""

    def started(method_name):
        catalog = all_plugins()
        connector = catalog.connectors["pagerduty"]
        method = next(one for one in connector.auth_methods if one.name == method_name)
        path = tmp_path / "ccm.yaml"
        file = SettingsFile.at(path, absent=without_connections(catalog.packs))
        values = {"base_url": simulator.base_url, "identity_url": identity.base_url}
        new = NewConnection.start(file, connector, method, "pagerduty", values, {})
        for key, described in list(new.missing_values()):
            new.set_value(key, described.get("default"))
        setup = ConnectionSetup(file, new, ports)
        setup.unlock_vault()
        return setup

    return started


def redirected(url):
    """Open the authorization URL as a browser does; return the address that it is sent to."""
    with httpx.Client(trust_env=False) as http:
        return http.get(url.reveal()).headers["location"]


def test_consent_takes_two_requests_and_no_listener(start, identity, tmp_path):
    """One returns the authorization URL and its state, the other exchanges what came back."""
    app = identity.identity.register()
    setup = start("oauth")
    setup.enter_secrets(
        {"client_id": Secret(app.client_id), "client_secret": Secret(app.client_secret)}
    )
    request = setup.begin_consent(REDIRECT)
    assert request.state.reveal() in request.url.reveal()
    assert not (tmp_path / "ccm.yaml").exists()

    granted = asyncio.run(setup.finish_consent(request, redirected(request.url)))
    assert granted.tokens.scopes == ("openid", "read")
    assert setup.adopt_account_settings(granted) == {"region": "us"}
    assert all(diagnosis.ok for diagnosis in asyncio.run(setup.test()).diagnoses)
    setup.save()
    assert "method: oauth" in (tmp_path / "ccm.yaml").read_text()


def test_consent_with_the_state_of_another_request_is_refused(start, identity):
    """The redirect belongs to the request whose state it carries."""
    app = identity.identity.register()
    setup = start("oauth")
    setup.enter_secrets(
        {"client_id": Secret(app.client_id), "client_secret": Secret(app.client_secret)}
    )
    first, second = setup.begin_consent(REDIRECT), setup.begin_consent(REDIRECT)
    with pytest.raises(UsageError, match="state"):
        asyncio.run(setup.finish_consent(second, redirected(first.url)))


def test_connection_that_fails_its_test_is_not_saved(start, tmp_path):
    """The test raises; nothing is written before ``save`` is called."""
    setup = start("api_key")
    setup.enter_secrets({"key": Secret("wrong")})
    with pytest.raises(AuthenticationFailed):
        asyncio.run(setup.test())
    assert not (tmp_path / "ccm.yaml").exists()


def test_saved_connection_leads_to_the_vault(start, simulator, tmp_path):
    """The settings refer to the vault, which holds the key."""
    setup = start("api_key")
    setup.enter_secrets({"key": Secret(simulator.api_key)})
    asyncio.run(setup.test())
    setup.save()
    text = (tmp_path / "ccm.yaml").read_text()
    assert "vault:pagerduty" in text
    assert simulator.api_key not in text
    assert setup.vault_file is not None
    assert setup.vault_file.exists()
