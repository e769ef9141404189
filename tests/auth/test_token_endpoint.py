"""The token endpoint: grants against the simulated identity server, and every way it can fail."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import httpx
import pytest
from pagerduty_simulator import AppKind
from pagerduty_simulator.api.responses import SimulatedResponse, json_response

from ccm_core.auth.oauth_messages import authorization_request, code_from_redirect, missing_scopes
from ccm_core.auth.token_endpoint import TokenEndpoint
from ccm_core.errors import (
    AuthenticationFailed,
    BadResponse,
    RateLimited,
    ReauthorizationRequired,
    SourceError,
    Unreachable,
    UsageError,
)
from ccm_core.sdk.http.bounded_body import BodyRefused
from ccm_core.sdk.secret import Secret

OLD = Secret("pdus+_1oLDrEFRESH")


def opens(servers, tokens) -> int:
    """Read something with the access token; give the status."""
    headers = {"Authorization": f"Bearer {tokens.access.reveal()}"}
    with httpx.Client(trust_env=False) as http:
        return http.get(f"{servers.api.base_url}/services", headers=headers).status_code


def test_redeemed_code_gives_tokens_that_the_api_accepts(servers, endpoint, oauth):
    """With PKCE and state, over sockets."""
    tokens = oauth.walk(endpoint)
    assert tokens.scopes == ("openid", "read")
    assert opens(servers, tokens) == 200


def test_refresh_returns_a_new_token_pair(servers, endpoint, oauth):
    """Plus signs arrive; the old refresh token is dead."""
    old = oauth.walk(endpoint)
    new = asyncio.run(endpoint.refresh(old.refresh, ["read"]))
    assert "+" in old.refresh.reveal()
    assert new.refresh != old.refresh
    assert opens(servers, new) == 200
    with pytest.raises(ReauthorizationRequired, match="used up, expired or revoked; connect again"):
        asyncio.run(endpoint.refresh(old.refresh, ["read"]))


def test_a_public_client_needs_no_secret(identity, endpoint, oauth, servers):
    """PKCE alone proves that the code was its own."""
    public = replace(endpoint, client=oauth.as_client(identity.register(public=True)))
    assert opens(servers, oauth.walk(public)) == 200


def test_missing_scope_is_reported_after_the_code_exchange(endpoint, oauth):
    """The server does not call it an error; comparing does."""
    tokens = oauth.walk(endpoint, scopes=("Read",))
    assert tokens.scopes == ("openid",)
    assert missing_scopes(["Read"], tokens.scopes) == ("Read",)


def test_token_endpoint_serves_the_client_credentials_grant(identity, endpoint, oauth, servers):
    """There is no refresh token; a wrong account is refused with what to check."""
    app = identity.register("services.read", kind=AppKind.SCOPED)
    own = replace(endpoint, client=oauth.as_client(app))
    tokens = asyncio.run(own.request(["as_account-us.northwind-freight", "services.read"]))
    assert tokens.refresh is None
    assert opens(servers, tokens) == 200
    with pytest.raises(
        AuthenticationFailed,
        match="400 invalid_scope: check the scopes of the OAuth client, the reg",
    ):
        asyncio.run(own.request(["as_account-eu.northwind-freight", "services.read"]))


def test_expired_code_is_reported(endpoint, oauth, clock):
    """Thirty seconds are over quickly."""
    attempt = authorization_request(
        endpoint.provider, endpoint.client, redirect_uri=oauth.redirect, scopes=["read"]
    )
    code = code_from_redirect(oauth.browse(attempt), attempt)
    clock.pass_by(seconds=31)
    with pytest.raises(AuthenticationFailed, match="valid for seconds and works once"):
        asyncio.run(endpoint.redeem(attempt, code))


def test_wrong_client_secret_is_reported(endpoint):
    """With the status, and without the secret."""
    wrong = replace(endpoint, client=replace(endpoint.client, client_secret=Secret("WRONGs3cret")))
    with pytest.raises(
        AuthenticationFailed, match="401 invalid_client: check the client id"
    ) as refused:
        asyncio.run(wrong.refresh(OLD, ["read"]))
    assert "WRONGs3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        pytest.param(
            SimulatedResponse(body=b"<html>pdus+_1oLDrEFRESH", content_type="text/html"),
            BadResponse,
            "not JSON",
            id="html with 200",
        ),
        pytest.param(
            SimulatedResponse(
                status=500, body=b"<html>pdus+_1oLDrEFRESH", content_type="text/html"
            ),
            Unreachable,
            "answered 500: the identity server failed",
            id="html with 500",
        ),
        pytest.param(SimulatedResponse(status=502), Unreachable, "502", id="502"),
        pytest.param(json_response({"error": "server_error"}, 503), Unreachable, "503", id="503"),
        pytest.param(SimulatedResponse(status=429), RateLimited, "try again in a minute", id="429"),
        pytest.param(
            SimulatedResponse(status=401, body=b"<html>"),
            AuthenticationFailed,
            "client secret",
            id="bare 401",
        ),
        pytest.param(
            json_response({"error": "odd"}, 400), AuthenticationFailed, "registered", id="unknown"
        ),
        pytest.param(
            json_response({"error": "pdus+_1oLDrEFRESH is dead"}, 400),
            BadResponse,
            "expected a response of an identity server",
            id="an error that repeats the token",
        ),
        pytest.param(
            SimulatedResponse(status=302, headers={"location": "https://evil.example/"}),
            BadResponse,
            "answered 302: expected a response",
            id="a redirect",
        ),
        pytest.param(
            json_response({"a": "x" * 300_000}), BodyRefused, "262144 bytes", id="too large"
        ),
        pytest.param(
            SimulatedResponse(body=b"{}", headers={"content-encoding": "gzip, gzip"}),
            BodyRefused,
            "expected gzip, deflate",
            id="compressed in layers",
        ),
        pytest.param(
            SimulatedResponse(body=b'{"access_token": "a", "access_token": "b"}'),
            BadResponse,
            "not JSON",
            id="two tokens under one key",
        ),
        pytest.param(json_response({"ok": True}), BadResponse, "no bearer token", id="no token"),
    ],
)
def test_failing_token_endpoint_is_called_once_and_reported(
    endpoint, identity, answer, error, says
):
    """One request, the host's own error, the next step, and no secret."""
    asked = []
    identity.before_token = lambda: asked.append(1)
    identity.failures.append(answer)
    with pytest.raises(error, match=says) as refused:
        asyncio.run(endpoint.refresh(OLD, ["read"]))
    assert type(refused.value) is error
    assert len(asked) == 1
    assert "oLDrEFRESH" not in str(refused.value)
    assert endpoint.client.client_secret.reveal() not in str(refused.value)


def test_unreachable_token_endpoint_is_reported(endpoint):
    """As an unreachable source, with the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/oauth/token"
        gone = replace(endpoint, provider=replace(endpoint.provider, token_url=url))
        with pytest.raises(Unreachable, match=f"POST {url}: no connection"):
            asyncio.run(gone.refresh(OLD, ["read"]))


def test_token_form_is_never_sent_unencrypted(endpoint):
    """Plain http to another machine is refused before anything is sent."""
    clear = replace(endpoint.provider, token_url="http://identity.example/oauth/token")
    with pytest.raises(UsageError, match="use https"):
        asyncio.run(replace(endpoint, provider=clear).refresh(OLD, ["read"]))


@pytest.mark.parametrize(
    "raised",
    [
        pytest.param(httpx.ReadTimeout, id="silence"),
        pytest.param(httpx.RemoteProtocolError, id="broken off"),
        pytest.param(httpx.ProxyError, id="proxy"),
    ],
)
def test_token_endpoint_maps_network_errors(endpoint, raised):
    """It becomes the host's own error, and what it says is not repeated."""

    def network(request: httpx.Request) -> httpx.Response:
        raise raised(f"while sending {request.content.decode()}")

    torn = replace(endpoint, transport=httpx.MockTransport(network))
    with pytest.raises(SourceError) as refused:
        asyncio.run(torn.refresh(OLD, ["read"]))
    assert "oLDrEFRESH" not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(200, text="<html>"), id="html"),
        pytest.param(httpx.Response(500), id="500"),
        pytest.param(httpx.Response(200, json=[]), id="a list"),
        pytest.param(httpx.Response(200, json={"keys": {}}), id="no list of keys"),
    ],
)
def test_malformed_key_set_is_rejected(endpoint: TokenEndpoint, answer):
    """An ID token that cannot be checked is not believed."""
    spoilt = replace(endpoint, transport=httpx.MockTransport(lambda _request: answer))
    with pytest.raises(BadResponse, match="without a key set"):
        asyncio.run(spoilt.keys())
