"""Both servers on their sockets, with a clock that a test moves, and somebody with a browser."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx  # noqa: TID253 - every test here asks over HTTP
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
        """Tell the time."""
        return self.now

    def pass_by(self, **time) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


class Person:
    """Somebody who walks through the code flow with a browser, and then reads."""

    callback = CALLBACK

    def __init__(self, http: httpx.Client, server: IdentitySimulator, api: PagerDutySimulator):
        self.http = http
        self.server = server
        self.api = api

    def authorize(self, app, **changes):
        """Send the browser to the server; give the fields of the redirect."""
        request = {
            "client_id": app.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "read",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "s t+a&te",
        } | changes
        sent = {key: value for key, value in request.items() if value is not None}
        answer = self.http.get(self.server.authorize_url, params=sent)
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(CALLBACK + "?")
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    def exchange(self, app, its_code, **changes):
        """Exchange a code."""
        form = {
            "grant_type": "authorization_code",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "redirect_uri": CALLBACK,
            "code": its_code,
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

    def granted(self, app, **changes):
        """Walk through the code flow; give the tokens."""
        code = self.authorize(app, **changes)["code"]
        return self.exchange(app, code).json()

    def services(self, token):
        """Read something with a token."""
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
    """The clock of both servers, at noon again."""
    running[2].now = NOON
    return running[2]


@pytest.fixture
def api(running, clock):
    """The simulated API, at noon."""
    assert clock() == NOON
    return running[0]


@pytest.fixture
def server(running, clock):
    """The identity server beside it, as if it had just been started."""
    assert clock() == NOON
    identity, fresh = running[1].identity, IdentityState()
    for one in fields(identity):
        setattr(identity, one.name, getattr(fresh, one.name))
    return running[1]


@pytest.fixture
def http():
    """A client that follows nothing and trusts no proxy."""
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture(autouse=True)
def oauthlib_on_loopback(monkeypatch):
    """Let oauthlib talk to http, which it refuses even on loopback."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def person(http, server, api) -> Person:
    """Somebody who walks through the code flow."""
    return Person(http, server, api)
