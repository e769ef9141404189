"""Lifetimes and renewal of tokens, and ID tokens as a library reads them."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from urllib.parse import urlsplit

import jwt
import pytest
from pagerduty_simulator import AppKind
from pagerduty_simulator.api.responses import SimulatedResponse


def test_rotation_invalidates_the_old_refresh_token(browser_user, server):
    """The new pair works, the old refresh token does not, and the server counts both."""
    app = server.identity.register()
    old = browser_user.complete(app)
    new = browser_user.refresh(app, old["refresh_token"])
    replayed = browser_user.refresh(app, old["refresh_token"])
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert browser_user.services(new.json()["access_token"]).status_code == 200
    assert browser_user.refresh(app, new.json()["refresh_token"]).status_code == 200
    assert (server.identity.rotations, server.identity.replays) == (2, 1)


def test_a_token_with_an_unencoded_plus_is_refused(browser_user, http, server):
    """A form reads it as a blank, so the token is unknown."""
    app = server.identity.register()
    old = browser_user.complete(app)["refresh_token"]
    form = f"grant_type=refresh_token&client_id={app.client_id}"
    body = f"{form}&client_secret={app.client_secret}&refresh_token={old}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert http.post(server.token_url, content=body, headers=kind).status_code == 400
    assert (
        http.post(server.token_url, content=body.replace("+", "%2B"), headers=kind).status_code
        == 200
    )


def test_an_access_token_is_refused_from_the_second_it_expires(browser_user, server, clock):
    """The API responds 401; the refresh token remains valid."""
    app = server.identity.register()
    server.identity.access_lifetime = timedelta(seconds=5)
    tokens = browser_user.complete(app)
    assert tokens["expires_in"] == 5
    clock.advance(seconds=4)
    assert browser_user.services(tokens["access_token"]).status_code == 200
    clock.advance(seconds=1)
    assert browser_user.services(tokens["access_token"]).status_code == 401
    assert browser_user.refresh(app, tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_expires(browser_user, server, clock):
    """After 210 days."""
    app = server.identity.register()
    tokens = browser_user.complete(app)
    clock.advance(days=210)
    assert browser_user.refresh(app, tokens["refresh_token"]).status_code == 400


def test_revoking_ends_every_refresh_token(browser_user, server):
    """As the button on the app's page does."""
    app = server.identity.register()
    tokens = browser_user.complete(app)
    server.identity.revoke_all()
    assert browser_user.refresh(app, tokens["refresh_token"]).json()["error"] == "invalid_grant"


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
def test_client_credentials_need_the_account_as_a_scope(browser_user, http, server, scope, status):
    """A scope that does not fit is an error here; there is neither refresh nor ID token."""
    app = server.identity.register("services.read", kind=AppKind.SCOPED)
    form = {"grant_type": "client_credentials", "scope": scope, "client_id": app.client_id}
    response = http.post(server.token_url, data=form | {"client_secret": app.client_secret})
    assert response.status_code == status
    if status == 400:
        assert response.json()["error_description"] == "Invalid scope"
        return
    assert set(response.json()) == {"token_type", "access_token", "scope", "expires_in"}
    assert response.json()["expires_in"] == 86400
    assert browser_user.services(response.json()["access_token"]).status_code == 200


def test_pyjwt_verifies_the_id_token(browser_user, http, server, clock):
    """It selects the key by its id, verifies RS256, and reads the account from the claims."""
    app = server.identity.register()
    token = browser_user.complete(app)["id_token"]
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
    assert claims["iat"] == clock().timestamp()


def test_the_served_keys_are_public(http, server):
    """No part of the private key is served."""
    (key,) = http.get(server.keys_url).json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_the_token_endpoint_fails_as_scripted(browser_user, server):
    """In HTML, or with a 500; then it responds properly again."""
    app = server.identity.register()
    server.identity.failures.extend(
        [
            SimulatedResponse(status=200, body=b"<html>", content_type="text/html"),
            SimulatedResponse(status=500),
        ]
    )
    code = browser_user.authorize(app)["code"]
    responses = [browser_user.exchange(app, code) for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 500, 200]
    assert responses[0].headers["content-type"] == "text/html"


def test_a_token_request_must_be_a_form(http, server):
    """JSON is refused, and so is another method."""
    assert http.post(server.token_url, json={}).status_code == 415
    assert http.get(server.token_url).status_code == 404


def test_a_token_request_whose_client_disconnects_is_no_error(server):
    """A client that ends in the middle of its form changes no token, and the server goes on."""
    address = urlsplit(server.token_url)
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 100\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=refresh_token"
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode())
        time.sleep(0.05)
    time.sleep(0.05)
    assert server.app.failures == []
    assert (server.identity.rotations, server.identity.replays) == (0, 0)
