"""Both servers on their sockets, with a clock that a test moves, and a user with a browser."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx  # noqa: TID253 - every test here reads over HTTP
import pytest
from pagerduty_simulator import (
    AccountSizes,
    IdentitySimulator,
    IdentityState,
    PagerDutySimulator,
    SimulatorControl,
    build_account,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIZES = AccountSizes(services=2, policies=2, schedules=2, users=8, teams=1, incidents=2)
CALLBACK = "http://127.0.0.1:4711/callback"
VERIFIER = "a" * 43
CHALLENGE = "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"
"""Computed once with openssl from the verifier."""


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, **time) -> None:
        """Move the clock forward."""
        self.now += timedelta(**time)


class BrowserUser:
    """A user who completes the code flow with a browser, and then reads."""

    callback = CALLBACK

    def __init__(self, http: httpx.Client, server: IdentitySimulator, api: PagerDutySimulator):
        self.http = http
        self.server = server
        self.api = api

    def authorize(self, app, **changes):
        """Send the browser to the server; return the fields of the redirect."""
        request = {
            "client_id": app.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "read",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "s t+a&te",
        } | changes
        params = {key: value for key, value in request.items() if value is not None}
        response = self.http.get(self.server.authorize_url, params=params)
        assert response.status_code == 302, response.text
        assert response.headers["location"].startswith(CALLBACK + "?")
        return dict(parse_qsl(urlsplit(response.headers["location"]).query))

    def exchange(self, app, code, /, **changes):
        """Exchange a code."""
        form = {
            "grant_type": "authorization_code",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "redirect_uri": CALLBACK,
            "code": code,
            "code_verifier": VERIFIER,
        } | changes
        return self.http.post(
            self.server.token_url,
            data={key: value for key, value in form.items() if value is not None},
        )

    def refresh(self, app, token):
        """Exchange a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": app.client_id}
        return self.http.post(
            self.server.token_url, data=form | {"client_secret": app.client_secret}
        )

    def complete(self, app, **changes):
        """Complete the code flow; return the tokens."""
        code = self.authorize(app, **changes)["code"]
        return self.exchange(app, code).json()

    def services(self, token):
        """Read the services with a token."""
        return self.http.get(
            f"{self.api.base_url}/services", headers={"Authorization": f"Bearer {token}"}
        )


@pytest.fixture(scope="module")
def running():
    """Both servers on their sockets, and the clock that they share."""
    clock = Clock()
    with (
        PagerDutySimulator(
            build_account(NOON, sizes=SIZES), control=SimulatorControl(now=clock)
        ) as api,
        IdentitySimulator(api.account, control=api.control) as server,
    ):
        yield api, server, clock


@pytest.fixture
def clock(running) -> Clock:
    """The clock of both servers, reset to noon."""
    running[2].now = NOON
    return running[2]


@pytest.fixture
def api(running, clock):
    """The simulated API, at noon."""
    assert clock() == NOON
    return running[0]


@pytest.fixture
def server(running, clock):
    """The identity server beside it, in its initial state."""
    assert clock() == NOON
    identity, initial = running[1].identity, IdentityState()
    for field in fields(identity):
        setattr(identity, field.name, getattr(initial, field.name))
    return running[1]


@pytest.fixture
def http():
    """A client that follows no redirect and uses no proxy."""
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture(autouse=True)
def oauthlib_on_loopback(monkeypatch):
    """Let oauthlib talk to http, which it refuses even on loopback."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def browser_user(http, server, api) -> BrowserUser:
    """A user who completes the code flow."""
    return BrowserUser(http, server, api)
