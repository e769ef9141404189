"""A workspace of a folder, with a caller who hears messages and is asked nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from cli_settings import SETTINGS, SMALL
from hunting import VAULT_KEY
from pagerduty_simulator import IdentitySimulator, PagerDutySimulator, build_account

from ccm_core.app.ports import CallerPorts
from ccm_core.app.workspace import Workspace


@pytest.fixture
def messages():
    """What the caller was shown."""
    return []


@pytest.fixture
def ports(messages, monkeypatch):
    """A caller without a terminal; the vault's key is in the environment."""
    from ccm_core.auth.vault_encryption import KeySources

    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY)
    return CallerPorts(
        show_message=messages.append, key_sources=lambda: KeySources(environment=os.environ)
    )


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
def workspace(tmp_path, simulator, ports, monkeypatch):
    """Settings that lead to the simulated account."""
    monkeypatch.setenv("PD_KEY", simulator.api_key)
    path = tmp_path / "ccm.yaml"
    path.write_text(SETTINGS.format(url=simulator.base_url))
    return Workspace.open(path, ports)
