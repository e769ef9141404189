"""What is written and read in OAuth 2.0: URLs, forms, redirects, answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.auth.oauth_messages import (
    OAuthClient,
    authorization_request,
    client_credentials_form,
    code_form,
    code_from_redirect,
    missing_scopes,
    parse_error_code,
    parse_token_response,
    refresh_form,
)
from ccm_core.errors import BadResponse, UsageError
from ccm_core.model.json_codec import encode
from ccm_core.sdk.oauth import OAuthProvider
from ccm_core.sdk.secret import Secret

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
REDIRECT = "http://127.0.0.1:4711/callback"
PROVIDER = OAuthProvider(
    authorize_url="https://identity.example/oauth/authorize",
    token_url="https://identity.example/oauth/token",
    keys_url="https://identity.example/keys",
    issuer="https://identity.example",
    base_urls={"us": "https://api.example"},
)
CLIENT = OAuthClient(client_id="cafe", client_secret=Secret("s3cret+&="))


def attempt(**changes):
    """Begin an attempt with random bytes that a test knows."""
    given_bytes = {32: "the-state", 48: "a" * 43}
    wanted = {"redirect_uri": REDIRECT, "scopes": ("read",), "random_text": given_bytes.__getitem__}
    return authorization_request(PROVIDER, CLIENT, **(wanted | changes))


def fields(text: str) -> dict[str, str]:
    """Decode a query or a form strictly."""
    return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))


def test_authorization_url_has_every_parameter_and_no_secret():
    """The challenge is the verifier's SHA-256 as openssl computes it; the verifier is not in it."""
    url = urlsplit(attempt(scopes=("a.read", "b.read")).url.reveal())
    assert url[:3] == ("https", "identity.example", "/oauth/authorize")
    assert fields(url.query) == {
        "response_type": "code",
        "client_id": "cafe",
        "redirect_uri": REDIRECT,
        "scope": "a.read b.read",
        "state": "the-state",
        "code_challenge": "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA",
        "code_challenge_method": "S256",
    }


def test_authorization_requests_share_no_state_or_verifier():
    """State and verifier are new each time, and long enough that nobody guesses them."""
    found = [
        authorization_request(PROVIDER, CLIENT, redirect_uri=REDIRECT, scopes=["read"])
        for _ in range(2)
    ]
    assert found[0].state != found[1].state
    assert found[0].verifier != found[1].verifier
    assert all(43 <= len(one.verifier.reveal()) <= 128 for one in found)


def test_authorization_request_repr_has_no_secret():
    """Neither the link nor the state nor the verifier."""
    assert "the-state" not in repr(attempt())
    assert "aaa" not in repr(attempt())


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"{REDIRECT}?code=c%2Bde&state=the-state", id="as it came"),
        pytest.param(f"  {REDIRECT}?state=the-state&code=c%2Bde&iss=x \n", id="pasted with blanks"),
    ],
)
def test_code_is_read_from_the_redirect(address):
    """Whatever else stands in it."""
    assert code_from_redirect(address, attempt()).reveal() == "c+de"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        pytest.param(f"{REDIRECT}?code=c0de&state=other", "state in the address", id="other state"),
        pytest.param(f"{REDIRECT}?code=c0de", "state in the address", id="no state"),
        pytest.param(f"{REDIRECT}?code=c0de&state=%C3%A9", "state in the address", id="not ascii"),
        pytest.param(f"{REDIRECT}?state=the-state", "has no code", id="no code"),
        pytest.param(f"{REDIRECT}?state=the-state&code=", "has no code", id="an empty code"),
        pytest.param(
            f"{REDIRECT}?state=the-state&code=c0de&code=x", "has a parameter twice", id="two codes"
        ),
        pytest.param(
            f"{REDIRECT}?error=access_denied&error_description=No&state=the-state",
            "access was denied",
            id="denied",
        ),
        pytest.param(
            f"{REDIRECT}?error=invalid_scope&error_description=b%1B[2Jad&state=the-state",
            "refused: invalid_scope: b[2Jad",
            id="an error with control characters",
        ),
        pytest.param(
            f"{REDIRECT}?error=access_denied&state=other", "state in", id="error of somebody else"
        ),
        pytest.param(
            "https://evil.example/?code=c0de&state=the-state", "expected an addr", id="host"
        ),
        pytest.param(
            "http://127.0.0.1:4712/callback?code=c0de&state=the-state",
            "expected an addr",
            id="port",
        ),
        pytest.param("c0de", "expected an addr", id="the code alone"),
        pytest.param("", "expected an addr", id="nothing"),
    ],
)
def test_redirect_of_another_request_is_rejected(address, says):
    """With what is wrong and what to do, and without the code or the state."""
    with pytest.raises(UsageError, match=says.replace("[", r"\[")) as refused:
        code_from_redirect(address, attempt())
    assert "c0de" not in str(refused.value)
    assert "the-state" not in str(refused.value)


def test_token_request_forms_have_the_parameters_of_their_grant():
    """Decoded again, each field is what it was, plus signs and all."""
    proof = {"client_id": "cafe", "client_secret": "s3cret+&="}
    assert fields(code_form(CLIENT, attempt(), Secret("c+de")).reveal()) == proof | {
        "grant_type": "authorization_code",
        "code": "c+de",
        "redirect_uri": REDIRECT,
        "code_verifier": "a" * 43,
    }
    assert fields(refresh_form(CLIENT, Secret("pdus+_1x+y")).reveal()) == proof | {
        "grant_type": "refresh_token",
        "refresh_token": "pdus+_1x+y",
    }
    assert fields(
        client_credentials_form(CLIENT, ["as_account-us.acme", "a.read"]).reveal()
    ) == proof | {
        "grant_type": "client_credentials",
        "scope": "as_account-us.acme a.read",
    }


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_any_token_survives_form_encoding(token):
    """Whatever printable characters it is made of."""
    form = refresh_form(CLIENT, Secret(token)).reveal()
    assert fields(form)["refresh_token"] == token


def test_public_client_form_has_no_secret():
    """Its form has none, not even an empty one."""
    form = refresh_form(OAuthClient(client_id="cafe"), Secret("t")).reveal()
    assert "client_secret" not in fields(form)


def answer(**changes) -> bytes:
    """Make a token endpoint's answer."""
    whole = {
        "token_type": "bearer",
        "access_token": "pdus+_0aCC",
        "refresh_token": "pdus+_1rEF",
        "scope": "openid read",
        "expires_in": 864000,
        "client_info": "whatever",
    } | changes
    return encode({key: value for key, value in whole.items() if value is not ...})


def test_token_response_is_parsed():
    """The life is the one that was received, from the moment it was received."""
    tokens = parse_token_response(answer(), requested=["read"], received_at=NOON)
    assert tokens.access.reveal() == "pdus+_0aCC"
    assert tokens.refresh == Secret("pdus+_1rEF")
    assert tokens.scopes == ("openid", "read")
    assert tokens.expires_at == NOON + timedelta(days=10)
    assert "aCC" not in repr(tokens)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        pytest.param({"refresh_token": ...}, "refresh", None, id="no refresh token"),
        pytest.param({"expires_in": ...}, "expires_at", None, id="no expiry"),
        pytest.param({"scope": ...}, "scopes", ("read",), id="no scope means as asked"),
        pytest.param({"scope": ""}, "scopes", (), id="an empty scope means none"),
        pytest.param({"token_type": "Bearer"}, "scopes", ("openid", "read"), id="upper case"),
        pytest.param(
            {"expires_in": "60"}, "expires_at", NOON + timedelta(minutes=1), id="seconds as text"
        ),
    ],
)
def test_token_response_optional_fields_may_be_missing(changes, field, value):
    """Is known to be left out."""
    tokens = parse_token_response(answer(**changes), requested=["read"], received_at=NOON)
    assert getattr(tokens, field) == value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>pdus+_0aCC</html>", id="html"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b'["pdus+_0aCC"]', id="a list"),
        pytest.param(answer(access_token=...), id="no token"),
        pytest.param(answer(access_token=""), id="an empty token"),
        pytest.param(answer(access_token=["pdus+_0aCC"]), id="a list of tokens"),
        pytest.param(answer(access_token="pdus+_0aCC\r\nX: y"), id="a header in the token"),
        pytest.param(answer(token_type="mac"), id="another type"),
        pytest.param(answer(token_type=...), id="no type"),
        pytest.param(answer(refresh_token=7), id="a number for a refresh token"),
        pytest.param(answer(expires_in=-1), id="expired before it began"),
        pytest.param(answer(expires_in=True), id="a truth for a number"),
        pytest.param(answer(expires_in=10**12), id="longer than anybody lives"),
        pytest.param(answer(expires_in="soon"), id="a word"),
    ],
)
def test_malformed_token_response_is_rejected(body):
    """Without repeating any of it."""
    with pytest.raises(BadResponse) as refused:
        parse_token_response(body, requested=["read"], received_at=NOON)
    assert "aCC" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_missing_scopes_keep_the_requested_order():
    """Compared exactly: another case is another scope."""
    assert missing_scopes(["b.read", "Read", "a.read"], ["openid", "a.read", "read"]) == (
        "b.read",
        "Read",
    )


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b'{"error":"invalid_grant"}', "invalid_grant", id="an error"),
        pytest.param(b'{"error":{"message":"x"}}', None, id="an object"),
        pytest.param(b'{"error":"token pdus+_1 is dead"}', None, id="a sentence"),
        pytest.param(b"<html>", None, id="html"),
        pytest.param(b"[]", None, id="a list"),
    ],
)
def test_only_a_valid_error_code_is_repeated(body, error):
    """A sentence may repeat what was sent."""
    assert parse_error_code(body) == error
