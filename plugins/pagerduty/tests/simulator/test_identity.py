"""The identity server: what PagerDuty's page on OAuth says, and a client that nobody here wrote."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx  # noqa: TID253 - every test here asks over HTTP
import jwt
import oauthlib.oauth2
import pytest
from ccm_pagerduty.simulator import (
    AccountSizes,
    AppKind,
    Identity,
    IdentitySimulator,
    PagerDutySimulator,
    Steering,
    build_account,
)
from ccm_pagerduty.simulator.answers import Answer

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


@pytest.fixture(scope="module")
def running():
    """Both servers on their sockets, and the clock that they share."""
    clock = Clock()
    with (
        PagerDutySimulator(build_account(NOON, sizes=SIZES), steering=Steering(now=clock)) as api,
        IdentitySimulator(api.account, steering=api.steering) as server,
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
    identity, fresh = running[1].identity, Identity()
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


def authorize(http, server, app, **changes):
    """Send the browser to the server; give the fields of the redirect."""
    asked = {
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "read",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s t+a&te",
    } | changes
    sent = {key: value for key, value in asked.items() if value is not None}
    answer = http.get(server.authorize_url, params=sent)
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK + "?")
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def exchange(http, server, app, its_code, **changes):
    """Exchange a code."""
    form = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": CALLBACK,
        "code": its_code,
        "code_verifier": VERIFIER,
    } | changes
    return http.post(
        server.token_url, data={key: value for key, value in form.items() if value is not None}
    )


def refresh(http, server, app, token):
    """Exchange a refresh token."""
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": app.client_id}
    return http.post(server.token_url, data=form | {"client_secret": app.client_secret})


def granted(http, server, app, **changes):
    """Walk through the code flow; give the tokens."""
    code = authorize(http, server, app, **changes)["code"]
    return exchange(http, server, app, code).json()


def services(http, api, token):
    """Read something with a token."""
    return http.get(f"{api.base_url}/services", headers={"Authorization": f"Bearer {token}"})


def test_the_code_flow_gives_what_is_documented(http, api, server):
    """Tokens with their prefixes and plus signs, the scope with openid, seconds, an ID token."""
    found = granted(http, server, server.identity.register())
    assert found["token_type"] == "bearer"
    assert found["access_token"].startswith("pdus+_0")
    assert found["refresh_token"].startswith("pdus+_1")
    assert found["scope"] == "openid read"
    assert found["expires_in"] == 30 * 86400
    assert {"id_token", "client_info"} < set(found)
    assert services(http, api, found["access_token"]).status_code == 200


def test_the_state_comes_back_as_it_was(http, server):
    """Whatever characters are in it."""
    assert authorize(http, server, server.identity.register())["state"] == "s t+a&te"


def test_a_library_walks_through_the_code_flow(http, api, server):
    """Oauthlib's client gets tokens with PKCE and state, and refreshes them."""
    app = server.identity.register()
    client = oauthlib.oauth2.WebApplicationClient(app.client_id)
    verifier = client.create_code_verifier(64)
    challenge = client.create_code_challenge(verifier, "S256")
    url = client.prepare_request_uri(
        server.authorize_url,
        redirect_uri=CALLBACK,
        scope="read",
        state="xyz",
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    location = http.get(url).headers["location"]
    client.parse_request_uri_response(location, state="xyz")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = client.prepare_request_body(
        redirect_uri=CALLBACK, client_secret=app.client_secret, code_verifier=verifier
    )
    first = http.post(server.token_url, content=body, headers=headers)
    client.parse_request_body_response(first.text, scope=["openid", "read"])
    body = client.prepare_refresh_body(
        refresh_token=client.refresh_token,
        client_id=app.client_id,
        client_secret=app.client_secret,
    )
    second = http.post(server.token_url, content=body, headers=headers)
    tokens = client.parse_request_body_response(second.text, scope=["openid", "read"])
    assert tokens["refresh_token"] != first.json()["refresh_token"]
    assert services(http, api, tokens["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("asked", "scope"),
    [
        pytest.param("read", "openid read", id="what the app has"),
        pytest.param("Read", "openid", id="another case"),
        pytest.param("incidents.read", "openid", id="a scope of another kind of app"),
        pytest.param("openid read", "openid read", id="openid named"),
    ],
)
def test_a_wrong_scope_gives_openid_alone(http, server, asked, scope):
    """In the code flow it is no error: it is only missing from what is granted."""
    app = server.identity.register()
    assert granted(http, server, app, scope=asked)["scope"] == scope


def test_openid_alone_opens_nothing(http, api, server):
    """Each call answers 403 in a body without a code, with the scopes as strings."""
    found = granted(http, server, server.identity.register(), scope="wrong")
    answer = services(http, api, found["access_token"])
    assert answer.status_code == 403
    assert answer.json() == {
        "error": {
            "message": "Token missing required scopes",
            "required_scopes": "services.read",
            "token_scopes": "openid",
        }
    }


def test_a_scoped_token_opens_its_own_resources(http, api, server):
    """And no others."""
    app = server.identity.register("services.read", "users.read", kind=AppKind.SCOPED)
    found = granted(http, server, app, scope="services.read")
    token = {"Authorization": f"Bearer {found['access_token']}"}
    statuses = {
        path: http.get(api.base_url + path, headers=token).status_code
        for path in ("/services", "/users", "/users/me", "/oncalls")
    }
    assert statuses == {"/services": 200, "/users": 403, "/users/me": 200, "/oncalls": 403}
    assert found["expires_in"] == 86400


@pytest.mark.parametrize(
    ("seconds", "status"),
    [pytest.param(29, 200, id="in time"), pytest.param(30, 400, id="too late")],
)
def test_a_code_lives_thirty_seconds(http, server, clock, seconds, status):
    """No longer, by the clock that the server was given."""
    app = server.identity.register()
    code = authorize(http, server, app)["code"]
    clock.pass_by(seconds=seconds)
    assert exchange(http, server, app, code).status_code == status


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        pytest.param({"code": "no-such-code"}, 400, "invalid_grant", id="an unknown code"),
        pytest.param({"code_verifier": "b" * 43}, 400, "invalid_grant", id="another verifier"),
        pytest.param({"code_verifier": None}, 400, "invalid_grant", id="no verifier"),
        pytest.param({"redirect_uri": "http://127.0.0.1/x"}, 400, "invalid_grant", id="redirect"),
        pytest.param({"client_secret": "wrong"}, 401, "invalid_client", id="a wrong secret"),
        pytest.param({"client_secret": None}, 401, "invalid_client", id="no secret"),
        pytest.param({"client_id": "nobody"}, 401, "invalid_client", id="an unknown client"),
        pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", id="a grant"),
    ],
)
def test_a_wrong_exchange_is_refused(http, server, changes, status, error):
    """With the error that RFC 6749 gives it, and no token."""
    app = server.identity.register()
    code = authorize(http, server, app)["code"]
    answer = exchange(http, server, app, code, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "access_token" not in answer.json()


def test_a_code_is_used_once(http, server):
    """The second exchange of it is refused."""
    app = server.identity.register()
    code = authorize(http, server, app)["code"]
    answers = [exchange(http, server, app, code).status_code for _ in range(2)]
    assert answers == [200, 400]


@pytest.mark.parametrize(
    ("kind", "public", "changes", "error"),
    [
        pytest.param("scoped", False, {"code_challenge": None}, "invalid_request", id="scoped"),
        pytest.param("classic", True, {"code_challenge": None}, "invalid_request", id="public"),
        pytest.param(
            "classic", False, {"code_challenge_method": "plain"}, "invalid_request", id="plain"
        ),
        pytest.param("classic", False, {"scope": None}, "invalid_request", id="no scope"),
        pytest.param(
            "classic", False, {"response_type": "token"}, "unsupported_response_type", id="token"
        ),
    ],
)
def test_a_wrong_authorization_comes_back_as_an_error(http, server, kind, public, changes, error):
    """In the redirect, with the state: PKCE with S256 is needed where it is documented so."""
    app = server.identity.register(kind=AppKind(kind), public=public)
    back = authorize(http, server, app, **changes)
    assert (back["error"], back["state"]) == (error, "s t+a&te")
    assert "code" not in back


def test_a_person_may_say_no(http, server):
    """Then the redirect carries access_denied and a description."""
    server.identity.consents = False
    back = authorize(http, server, server.identity.register())
    assert back["error"] == "access_denied"
    assert back["error_description"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"redirect_uri": "https://evil.example/callback"}, id="another host"),
        pytest.param({"redirect_uri": "http://127.0.0.1/other"}, id="another path"),
        pytest.param({"client_id": "nobody"}, id="an unknown client"),
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(http, server, changes):
    """The browser stays on a page of the server."""
    app = server.identity.register()
    asked = {"client_id": app.client_id, "redirect_uri": CALLBACK, "response_type": "code"}
    answer = http.get(server.authorize_url, params=asked | changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_rotation_kills_the_old_refresh_token_at_once(http, api, server):
    """The new pair works, the old refresh token does not, and the server counts both."""
    app = server.identity.register()
    old = granted(http, server, app)
    new = refresh(http, server, app, old["refresh_token"])
    again = refresh(http, server, app, old["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert services(http, api, new.json()["access_token"]).status_code == 200
    assert refresh(http, server, app, new.json()["refresh_token"]).status_code == 200
    assert (server.identity.rotations, server.identity.replays) == (2, 1)


def test_a_plus_that_is_not_encoded_is_lost(http, server):
    """A form reads it as a blank, so the token is not known."""
    app = server.identity.register()
    old = granted(http, server, app)["refresh_token"]
    form = f"grant_type=refresh_token&client_id={app.client_id}"
    body = f"{form}&client_secret={app.client_secret}&refresh_token={old}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert http.post(server.token_url, content=body, headers=kind).status_code == 400
    assert (
        http.post(server.token_url, content=body.replace("+", "%2B"), headers=kind).status_code
        == 200
    )


def test_a_token_is_refused_from_the_second_it_expires(http, api, server, clock):
    """The API answers 401; the refresh token goes on to work."""
    app = server.identity.register()
    server.identity.access_life = timedelta(seconds=5)
    found = granted(http, server, app)
    assert found["expires_in"] == 5
    clock.pass_by(seconds=4)
    assert services(http, api, found["access_token"]).status_code == 200
    clock.pass_by(seconds=1)
    assert services(http, api, found["access_token"]).status_code == 401
    assert refresh(http, server, app, found["refresh_token"]).status_code == 200


def test_a_refresh_token_grows_old(http, server, clock):
    """After 210 days it is dead."""
    app = server.identity.register()
    found = granted(http, server, app)
    clock.pass_by(days=210)
    assert refresh(http, server, app, found["refresh_token"]).status_code == 400


def test_revoking_ends_every_refresh_token(http, server):
    """As the button on the app's page does."""
    app = server.identity.register()
    found = granted(http, server, app)
    server.identity.revoke_all()
    assert refresh(http, server, app, found["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        pytest.param("as_account-us.northwind-freight services.read", 200, id="right"),
        pytest.param("services.read", 400, id="no account"),
        pytest.param("as_account-eu.northwind-freight services.read", 400, id="another region"),
        pytest.param("as_account-us.acme services.read", 400, id="another subdomain"),
        pytest.param("as_account-us.northwind-freight users.read", 400, id="another scope"),
    ],
)
def test_client_credentials_name_the_account(http, api, server, scope, status):
    """A scope that does not fit is an error here; there is neither refresh nor ID token."""
    app = server.identity.register("services.read", kind=AppKind.SCOPED)
    form = {"grant_type": "client_credentials", "scope": scope, "client_id": app.client_id}
    answer = http.post(server.token_url, data=form | {"client_secret": app.client_secret})
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error_description"] == "Invalid scope"
        return
    assert set(answer.json()) == {"token_type", "access_token", "scope", "expires_in"}
    assert answer.json()["expires_in"] == 86400
    assert services(http, api, answer.json()["access_token"]).status_code == 200


def test_a_library_checks_the_id_token(http, server):
    """PyJWT finds the key by its id, checks RS256, and reads the account out of the claims."""
    app = server.identity.register()
    token = granted(http, server, app)["id_token"]
    keys = jwt.PyJWKSet.from_dict(http.get(server.keys_url).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=app.client_id,
        issuer="https://identity.pagerduty.com/global/oauth/anonymous",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["aud"] == ["https://api.pagerduty.com", app.client_id]
    assert (claims["region"], claims["subdomain"]) == ("UnitedStates", "northwind-freight")
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["iat"] == NOON.timestamp()


def test_the_keys_are_public_ones(http, server):
    """No part of the private key is served."""
    (key,) = http.get(server.keys_url).json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_the_token_endpoint_fails_as_it_is_told(http, server):
    """In HTML, or with a 500, as often as was asked; then it is honest again."""
    app = server.identity.register()
    server.identity.failures.extend(
        [Answer(status=200, body=b"<html>", content_type="text/html"), Answer(status=500)]
    )
    code = authorize(http, server, app)["code"]
    answers = [exchange(http, server, app, code) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 500, 200]
    assert answers[0].headers["content-type"] == "text/html"


def test_a_token_is_asked_for_with_a_form(http, server):
    """JSON, or another path, is turned away."""
    assert http.post(server.token_url, json={}).status_code == 415
    assert http.get(server.token_url).status_code == 404
