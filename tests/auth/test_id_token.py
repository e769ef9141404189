"""An ID token is believed when it is signed, for this client, of now, and for a known region."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from ccm_core.auth.id_token import AccountIdentity, verify_id_token
from ccm_core.errors import BadResponse, UsageError
from ccm_core.sdk.secret import Secret


@pytest.fixture(scope="session")
def key() -> RSAKey:
    """Make a key pair of our own."""
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@pytest.fixture
def read(provider, endpoint, oauth, key):
    """Sign claims and read them, with anything changed: ``read(iss="other")``."""

    def run(*, signed_by=key, alg="RS256", now=oauth.noon, **changes):
        at = int(oauth.noon.timestamp())
        claims = {
            "iss": oauth.issuer,
            "aud": ["https://api.eu.pagerduty.com", endpoint.client.client_id],
            "iat": at,
            "exp": at + 3600,
            "sub": "PUSER",
            "subdomain": "northwind-freight",
            "user_id": "PUSER",
        } | changes
        sent = {name: value for name, value in claims.items() if value is not ...}
        header = {"alg": alg, "kid": key.kid}
        token = Secret(jwt.encode(header, sent, signed_by, algorithms=[alg]))
        keys = {"keys": [key.as_dict(private=False)]}
        return verify_id_token(
            token, keys=keys, provider=provider, client=endpoint.client, now=now
        ), token

    return run


def test_id_token_of_the_simulator_is_accepted(endpoint, oauth, clock):
    """Fetched keys, a walked flow, and the account comes out."""
    tokens = oauth.walk(endpoint)
    found = verify_id_token(
        tokens.id_token,
        keys=asyncio.run(endpoint.keys()),
        provider=endpoint.provider,
        client=endpoint.client,
        now=clock(),
    )
    assert (found.region, found.base_url) == ("us", "https://api.pagerduty.com")
    assert found.subdomain == "northwind-freight"


def test_id_token_region_comes_from_the_audience(read):
    """And its address from the plugin's own table."""
    assert read()[0] == AccountIdentity(
        region="eu",
        base_url="https://api.eu.pagerduty.com",
        subdomain="northwind-freight",
        user_id="PUSER",
    )


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        pytest.param({"iss": "https://evil.example"}, BadResponse, "connection .iss.", id="issuer"),
        pytest.param({"iss": ...}, BadResponse, "connection .iss.", id="no issuer"),
        pytest.param({"aud": ["https://api.pagerduty.com"]}, BadResponse, "aud", id="other client"),
        pytest.param({"aud": ...}, BadResponse, "aud", id="no audience"),
        pytest.param({"exp": ...}, BadResponse, "exp", id="no expiry"),
        pytest.param({"subdomain": "a.evil/"}, BadResponse, "subdomain in", id="odd subdomain"),
        pytest.param({"user_id": 7}, BadResponse, "user_id in", id="odd user"),
    ],
)
def test_id_token_for_another_client_is_rejected(read, changes, error, says):
    """With the claim that does not fit."""
    with pytest.raises(error, match=says):
        read(**changes)


@pytest.mark.parametrize(
    "audience",
    [
        pytest.param([], id="none"),
        pytest.param(["https://api.evil.example"], id="a stranger"),
        pytest.param(["https://api.pagerduty.com.evil.example"], id="one that looks alike"),
        pytest.param(["https://api.pagerduty.com/"], id="one with a slash"),
        pytest.param(["https://api.pagerduty.com", "https://api.eu.pagerduty.com"], id="both"),
    ],
)
def test_id_token_needs_exactly_one_known_host(read, endpoint, audience):
    """Whatever the token says, no request goes anywhere else."""
    with pytest.raises(
        BadResponse, match=r"in the ID token, got \d of them: https://api\.pagerduty\.com, https"
    ):
        read(aud=[*audience, endpoint.client.client_id])


@pytest.mark.parametrize(
    ("off", "says"),
    [
        pytest.param(timedelta(minutes=-10), "is 10 minutes behind", id="ten minutes behind"),
        pytest.param(timedelta(minutes=70), "expired already: set the clock", id="hours ahead"),
    ],
)
def test_id_token_with_a_wrong_clock_is_reported(read, oauth, off, says):
    """It is this machine's, and can be set."""
    with pytest.raises(UsageError, match=says):
        read(now=oauth.noon + off)


@pytest.mark.parametrize(
    "off",
    [
        pytest.param(timedelta(minutes=-1), id="behind"),
        pytest.param(timedelta(minutes=10), id="on"),
    ],
)
def test_id_token_tolerates_a_small_clock_difference(read, oauth, off):
    """The token is fresh enough."""
    assert read(now=oauth.noon + off)[0].region == "eu"


def test_id_token_with_another_signature_is_rejected(read):
    """A stranger's key, or one shared secret made of the public key, signs nothing."""
    other = RSAKey.generate_key(2048, {"use": "sig"})
    with pytest.raises(BadResponse, match="not signed by the identity server"):
        read(signed_by=other)
    with pytest.raises(BadResponse, match="not signed by the identity server"):
        read(signed_by=OctKey.import_key("a" * 64), alg="HS256")


def test_id_token_with_another_algorithm_is_rejected(read):
    """Even with the right key: RS256 is what the identity server uses."""
    with pytest.raises(BadResponse, match="not signed by the identity server"):
        read(alg="RS512")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("a.b", id="two parts"),
        pytest.param("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", id="alg none"),
        pytest.param("....", id="dots"),
    ],
)
def test_malformed_id_token_is_rejected(provider, endpoint, oauth, key, token):
    """Without repeating it."""
    with pytest.raises(BadResponse) as refused:
        verify_id_token(
            Secret(token),
            keys={"keys": [key.as_dict(private=False)]},
            provider=provider,
            client=endpoint.client,
            now=oauth.noon,
        )
    assert refused.value.__cause__ is None
