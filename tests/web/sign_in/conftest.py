"""A console whose team signs in at a provider of ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from joserfc.jwk import RSAKey
from web.browsing import ManualClock
from web.sign_in.openid_provider import CLIENT_SECRET, OpenIdProviderOfTests, running
from web.sign_in.team import ROLES, SETTINGS, TeamConsole


@pytest.fixture(scope="session")
def signing_key() -> RSAKey:
    """The key of the provider."""
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@pytest.fixture(scope="session")
def other_key() -> RSAKey:
    """A key of somebody else."""
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@pytest.fixture
def clock() -> ManualClock:
    """The clock of the console and of the provider."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def provider(signing_key, clock):
    """The provider of the team."""
    with running(OpenIdProviderOfTests(clock, signing_key)) as served:
        yield served


@pytest.fixture
def console(tmp_path, provider, clock, monkeypatch) -> TeamConsole:
    """The console."""
    monkeypatch.setenv("CCM_SIGN_IN_SECRET", CLIENT_SECRET)
    path = tmp_path / "ccm.yaml"
    path.write_text(SETTINGS.format(issuer=provider.url, rest=ROLES, people=""))
    served = TeamConsole(path, clock)
    with served.workspaces.get().write_store(create=True):
        pass  # sessions are stored in it
    return served
