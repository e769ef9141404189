"""How long tokens live, how they are renewed, and what a library makes of an ID token."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
from pagerduty_simulator import AppKind
from pagerduty_simulator.api.responses import SimulatedResponse


def test_rotation_kills_the_old_refresh_token_at_once(person, server):
    """The new pair works, the old refresh token does not, and the server counts both."""
    app = server.identity.register()
    old = person.granted(app)
    new = person.refresh(app, old["refresh_token"])
    again = person.refresh(app, old["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert person.services(new.json()["access_token"]).status_code == 200
    assert person.refresh(app, new.json()["refresh_token"]).status_code == 200
    assert (server.identity.rotations, server.identity.replays) == (2, 1)


def test_a_plus_that_is_not_encoded_is_lost(person, http, server):
    """A form reads it as a blank, so the token is not known."""
    app = server.identity.register()
    old = person.granted(app)["refresh_token"]
    form = f"grant_type=refresh_token&client_id={app.client_id}"
    body = f"{form}&client_secret={app.client_secret}&refresh_token={old}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert http.post(server.token_url, content=body, headers=kind).status_code == 400
    assert (
        http.post(server.token_url, content=body.replace("+", "%2B"), headers=kind).status_code
        == 200
    )


def test_a_token_is_refused_from_the_second_it_expires(person, server, clock):
    """The API answers 401; the refresh token goes on to work."""
    app = server.identity.register()
    server.identity.access_lifetime = timedelta(seconds=5)
    found = person.granted(app)
    assert found["expires_in"] == 5
    clock.pass_by(seconds=4)
    assert person.services(found["access_token"]).status_code == 200
    clock.pass_by(seconds=1)
    assert person.services(found["access_token"]).status_code == 401
    assert person.refresh(app, found["refresh_token"]).status_code == 200


def test_a_refresh_token_grows_old(person, server, clock):
    """After 210 days it is dead."""
    app = server.identity.register()
    found = person.granted(app)
    clock.pass_by(days=210)
    assert person.refresh(app, found["refresh_token"]).status_code == 400


def test_revoking_ends_every_refresh_token(person, server):
    """As the button on the app's page does."""
    app = server.identity.register()
    found = person.granted(app)
    server.identity.revoke_all()
    assert person.refresh(app, found["refresh_token"]).json()["error"] == "invalid_grant"


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
def test_client_credentials_name_the_account(person, http, server, scope, status):
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
    assert person.services(answer.json()["access_token"]).status_code == 200


def test_a_library_checks_the_id_token(person, http, server, clock):
    """PyJWT finds the key by its id, checks RS256, and reads the account out of the claims."""
    app = server.identity.register()
    token = person.granted(app)["id_token"]
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


def test_the_keys_are_public_ones(http, server):
    """No part of the private key is served."""
    (key,) = http.get(server.keys_url).json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_the_token_endpoint_fails_as_it_is_told(person, server):
    """In HTML, or with a 500, as often as was scripted; then it is honest again."""
    app = server.identity.register()
    server.identity.failures.extend(
        [
            SimulatedResponse(status=200, body=b"<html>", content_type="text/html"),
            SimulatedResponse(status=500),
        ]
    )
    code = person.authorize(app)["code"]
    answers = [person.exchange(app, code) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 500, 200]
    assert answers[0].headers["content-type"] == "text/html"


def test_a_token_is_asked_for_with_a_form(http, server):
    """JSON, or another path, is turned away."""
    assert http.post(server.token_url, json={}).status_code == 415
    assert http.get(server.token_url).status_code == 404
