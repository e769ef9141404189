"""A console whose settings have no connection yet, and a simulated account to connect."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_settings import SMALL
from hunting import VAULT_KEY
from pagerduty_simulator import IdentitySimulator, PagerDutySimulator, build_account
from web.browsing import ManualClock
from web.integrations.connecting import SharedConsole, WatchedBrowser

from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources

SETTINGS = """\
version: 1
connections: []
rules: {{packs: [pagerduty-services]}}
web: {{allowed_hosts: ["{simulator}", "{identity}"]}}
"""


@pytest.fixture
def simulator():
    """A small simulated account on loopback."""
    with PagerDutySimulator(build_account(datetime.now(UTC), sizes=SMALL)) as running:
        yield running


@pytest.fixture
def identity(simulator):
    """An identity server beside it."""
    with IdentitySimulator(simulator.account, control=simulator.control) as server:
        yield server


@pytest.fixture
def settings_file(tmp_path, simulator, identity) -> Path:
    """Settings without a connection, whose operator allows the simulators."""
    path = tmp_path / "ccm.yaml"
    path.write_text(
        SETTINGS.format(
            simulator=simulator.base_url.removeprefix("http://"),
            identity=identity.base_url.removeprefix("http://"),
        )
    )
    return path


@pytest.fixture
def server(settings_file, monkeypatch, hunt) -> SharedConsole:
    """The console of these settings, for its administrator."""
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY)
    served = SharedConsole(settings_file, ManualClock(datetime.now(UTC)), hunt=hunt)
    with served.workspaces.get().write_store(create=True):
        pass  # sessions are stored in it
    return served


@pytest.fixture
def browser(server) -> WatchedBrowser:
    """The browser of the administrator."""
    return server.signed_in()


@pytest.fixture
def vault(tmp_path) -> Vault:
    """The vault of these settings."""
    return Vault(tmp_path / "ccm.vault", KeySources(environment={"CCM_VAULT_KEY": VAULT_KEY}))
