"""A provider, a client, and the simulated identity server beside the simulated API."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from pagerduty_simulator import (
    AccountSizes,
    IdentitySimulator,
    IdentityState,
    PagerDutySimulator,
    SimulatorControl,
    build_account,
)

from ccm_core.auth import oauth_messages
from ccm_core.auth.oauth_messages import OAuthClient
from ccm_core.auth.token_endpoint import TokenEndpoint
from ccm_core.sdk.oauth import OAuthProvider
from ccm_core.sdk.secret import Secret

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIZES = AccountSizes(services=2, policies=2, schedules=2, users=8, teams=1, incidents=2)
REDIRECT = "http://127.0.0.1:4711/callback"
BASE_URLS = {"us": "https://api.pagerduty.com", "eu": "https://api.eu.pagerduty.com"}
ISSUER = "https://identity.pagerduty.com/global/oauth/anonymous"


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def pass_by(self, **time) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


@pytest.fixture(scope="session")
def _servers():
    clock = Clock()
    account = build_account(NOON, sizes=SIZES)
    with (
        PagerDutySimulator(account, control=SimulatorControl(now=clock)) as api,
        IdentitySimulator(account, control=api.control) as server,
    ):
        yield SimpleNamespace(clock=clock, api=api, server=server)


@pytest.fixture
def servers(_servers):
    """Both servers on their sockets, as if they had just been started at noon."""
    _servers.clock.now = NOON
    fresh = IdentityState()
    for one in fields(fresh):
        setattr(_servers.server.identity, one.name, getattr(fresh, one.name))
    return _servers


@pytest.fixture
def clock(servers) -> Clock:
    """The clock of the servers and of the program."""
    return servers.clock


@pytest.fixture
def identity(servers) -> IdentityState:
    """What the identity server knows."""
    return servers.server.identity


@pytest.fixture
def provider(servers) -> OAuthProvider:
    """The simulated identity server, as a plugin would describe it."""
    return OAuthProvider(
        authorize_url=servers.server.authorize_url,
        token_url=servers.server.token_url,
        keys_url=servers.server.keys_url,
        issuer=ISSUER,
        base_urls=BASE_URLS,
    )


def as_client(app) -> OAuthClient:
    """Take on the identity of a registered app."""
    secret = app.client_secret
    return OAuthClient(
        client_id=app.client_id, client_secret=None if secret is None else Secret(secret)
    )


def walk(endpoint, *, scopes=("read",)):
    """Walk through the code flow with a browser that agrees; give the tokens."""
    attempt = oauth_messages.authorization_request(
        endpoint.provider, endpoint.client, redirect_uri=REDIRECT, scopes=scopes
    )
    code = oauth_messages.code_from_redirect(browse(attempt), attempt)
    return asyncio.run(endpoint.redeem(attempt, code))


def browse(attempt) -> str:
    """Open the link as a browser does; give the address that it is sent to."""
    with httpx.Client(trust_env=False) as http:
        return http.get(attempt.url.reveal()).headers["location"]


@pytest.fixture
def endpoint(provider, identity, clock) -> TokenEndpoint:
    """The token endpoint, with an app that may read."""
    return TokenEndpoint(
        provider=provider,
        client=as_client(identity.register()),
        user_agent="ccm-test/1",
        clock=clock,
    )


@pytest.fixture(scope="session")
def oauth():
    """Give the tools of these tests by name."""
    return SimpleNamespace(
        as_client=as_client, walk=walk, browse=browse, redirect=REDIRECT, noon=NOON, issuer=ISSUER
    )
