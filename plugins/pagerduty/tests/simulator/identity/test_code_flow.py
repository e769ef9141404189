"""The code flow as PagerDuty's page on OAuth describes it, and an independent client."""

from __future__ import annotations

import oauthlib.oauth2
import pytest
from pagerduty_simulator import AppKind


def test_the_code_flow_returns_the_documented_tokens(browser_user, server):
    """Tokens with their prefixes and plus signs, the scope with openid, seconds, an ID token."""
    tokens = browser_user.complete(server.identity.register())
    assert tokens["token_type"] == "bearer"
    assert tokens["access_token"].startswith("pdus+_0")
    assert tokens["refresh_token"].startswith("pdus+_1")
    assert tokens["scope"] == "openid read"
    assert tokens["expires_in"] == 30 * 86400
    assert {"id_token", "client_info"} < set(tokens)
    assert browser_user.services(tokens["access_token"]).status_code == 200


def test_the_state_is_returned_unchanged(browser_user, server):
    """Whatever characters it has."""
    assert browser_user.authorize(server.identity.register())["state"] == "s t+a&te"


def test_oauthlib_completes_the_code_flow(browser_user, http, server):
    """With PKCE and state; it refreshes the tokens as well."""
    app = server.identity.register()
    client = oauthlib.oauth2.WebApplicationClient(app.client_id)
    verifier = client.create_code_verifier(64)
    challenge = client.create_code_challenge(verifier, "S256")
    url = client.prepare_request_uri(
        server.authorize_url,
        redirect_uri=browser_user.callback,
        scope="read",
        state="xyz",
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    location = http.get(url).headers["location"]
    client.parse_request_uri_response(location, state="xyz")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = client.prepare_request_body(
        redirect_uri=browser_user.callback, client_secret=app.client_secret, code_verifier=verifier
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
    assert browser_user.services(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("requested", "scope"),
    [
        pytest.param("read", "openid read", id="what the app has"),
        pytest.param("Read", "openid", id="another case"),
        pytest.param("incidents.read", "openid", id="a scope of another kind of app"),
        pytest.param("openid read", "openid read", id="openid named"),
    ],
)
def test_a_wrong_scope_grants_openid_alone(browser_user, server, requested, scope):
    """In the code flow it is no error: it is only missing from the granted scopes."""
    app = server.identity.register()
    assert browser_user.complete(app, scope=requested)["scope"] == scope


def test_the_openid_scope_alone_opens_no_endpoint(browser_user, server):
    """Each call is 403 in a body without a code, with the scopes as strings."""
    tokens = browser_user.complete(server.identity.register(), scope="wrong")
    response = browser_user.services(tokens["access_token"])
    assert response.status_code == 403
    assert response.json() == {
        "error": {
            "message": "Token missing required scopes",
            "required_scopes": "services.read",
            "token_scopes": "openid",
        }
    }


def test_a_scoped_token_opens_its_own_resources(browser_user, http, api, server):
    """And no others."""
    app = server.identity.register("services.read", "users.read", kind=AppKind.SCOPED)
    tokens = browser_user.complete(app, scope="services.read")
    token = {"Authorization": f"Bearer {tokens['access_token']}"}
    statuses = {
        path: http.get(api.base_url + path, headers=token).status_code
        for path in ("/services", "/users", "/users/me", "/oncalls")
    }
    assert statuses == {"/services": 200, "/users": 403, "/users/me": 200, "/oncalls": 403}
    assert tokens["expires_in"] == 86400


@pytest.mark.parametrize(
    ("seconds", "status"),
    [pytest.param(29, 200, id="in time"), pytest.param(30, 400, id="too late")],
)
def test_a_code_lives_thirty_seconds(browser_user, server, clock, seconds, status):
    """No longer, by the server's clock."""
    app = server.identity.register()
    code = browser_user.authorize(app)["code"]
    clock.advance(seconds=seconds)
    assert browser_user.exchange(app, code).status_code == status


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
def test_a_wrong_code_exchange_is_refused(browser_user, server, changes, status, error):
    """With the error of RFC 6749, and no token."""
    app = server.identity.register()
    code = browser_user.authorize(app)["code"]
    response = browser_user.exchange(app, code, **changes)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert "access_token" not in response.json()


def test_a_code_is_valid_once(browser_user, server):
    """The second exchange is refused."""
    app = server.identity.register()
    code = browser_user.authorize(app)["code"]
    responses = [browser_user.exchange(app, code).status_code for _ in range(2)]
    assert responses == [200, 400]


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
def test_a_wrong_authorization_request_redirects_with_an_error(
    browser_user, server, kind, public, changes, error
):
    """And with the state: PKCE with S256 is required where documented."""
    app = server.identity.register(kind=AppKind(kind), public=public)
    back = browser_user.authorize(app, **changes)
    assert (back["error"], back["state"]) == (error, "s t+a&te")
    assert "code" not in back


def test_a_user_may_deny_consent(browser_user, server):
    """Then the redirect carries access_denied and a description."""
    server.identity.consents = False
    back = browser_user.authorize(server.identity.register())
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
def test_an_unregistered_redirect_address_is_not_used(browser_user, http, server, changes):
    """The browser stays on a page of the server."""
    app = server.identity.register()
    request = {
        "client_id": app.client_id,
        "redirect_uri": browser_user.callback,
        "response_type": "code",
    }
    response = http.get(server.authorize_url, params=request | changes)
    assert response.status_code == 400
    assert "location" not in response.headers
