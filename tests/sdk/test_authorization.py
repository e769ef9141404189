"""Authorization of requests: written into the header, renewed once on a 401, never repeated."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ccm_core.errors import (
    AuthenticationFailed,
    PermissionDenied,
    ReauthorizationRequired,
    SourceError,
    Unreachable,
)
from ccm_core.sdk.authorization import Authorization, StaticToken
from ccm_core.sdk.http import Bounds, HttpResponse, HttpSource
from ccm_core.sdk.rate_limit import Limiter
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Traffic

HASTY = Bounds(attempts=3, backoff=0.0, max_backoff=0.0)


class Rotating:
    """A token provider with the next token after each refusal; an error in the list is raised."""

    scopes = ("read",)

    def __init__(self, *tokens) -> None:
        self._tokens = list(tokens)

    async def token(self) -> Secret:
        """Return the current one."""
        return Secret(self._tokens[0])

    async def after_refusal(self, refused: Secret) -> Secret:
        """Return the next one."""
        if refused == Secret(self._tokens[0]):
            self._tokens.pop(0)
        if isinstance(self._tokens[0], Exception):
            raise self._tokens[0]
        return Secret(self._tokens[0])


def error_for(response: HttpResponse) -> SourceError:
    """Return another error for a refused credential than for a refused request."""
    return (AuthenticationFailed if response.status == 401 else PermissionDenied)(
        response.summary()
    )


@pytest.fixture
def read():
    """Return a function that reads two paths and returns the requests, the traffic, the error."""

    def run(tokens, accepted, *, status=200):
        sent, traffic = [], Traffic()

        def handler(request):
            sent.append((request.url.raw_path.decode(), request.headers["authorization"]))
            fits = request.headers["authorization"] in accepted
            return httpx.Response(status if fits else 401, json={})

        async def reading():
            source = HttpSource(
                "https://source.example",
                headers={},
                authorization=Authorization(tokens, prefix="Bearer ", name="a"),
                limiter=Limiter(960),
                retry_after=lambda _response: None,
                error_for=error_for,
                traffic=traffic,
                bounds=HASTY,
                transport=httpx.MockTransport(handler),
            )
            async with source:
                await source.get("/things", [("page", "2")])
                await source.get("/more")

        try:
            asyncio.run(reading())
        except SourceError as error:
            return sent, traffic, error
        return sent, traffic, None

    return run


def test_a_request_is_repeated_once_with_a_renewed_token_after_a_401(read):
    """Once; what follows goes on with the new one."""
    sent, traffic, error = read(Rotating("t1", "t2"), {"Bearer t2"})
    assert sent == [
        ("/things?page=2", "Bearer t1"),
        ("/things?page=2", "Bearer t2"),
        ("/more", "Bearer t2"),
    ]
    assert (traffic.requests, traffic.retries, traffic.refused, error) == (3, 1, 0, None)


def test_a_second_401_ends_the_request(read):
    """A new token that is refused as well is not renewed again."""
    sent, _traffic, error = read(Rotating("t1", "t2", "t3"), set())
    assert [token for _path, token in sent] == ["Bearer t1", "Bearer t2"]
    assert isinstance(error, AuthenticationFailed)


@pytest.mark.parametrize(
    "provider_error",
    [
        pytest.param(ReauthorizationRequired("connect again"), id="the grant is gone"),
        pytest.param(Unreachable("no identity server"), id="nobody responses"),
    ],
)
def test_an_error_of_the_token_provider_ends_the_request(read, provider_error):
    """It is raised as it is, and the provider is not called a second time."""
    sent, _traffic, error = read(Rotating("t1", provider_error), set())
    assert len(sent) == 1
    assert error is provider_error


def test_a_refused_key_is_not_renewed(read):
    """There is no other."""
    sent, _traffic, error = read(StaticToken(Secret("k")), set())
    assert (len(sent), type(error)) == (1, AuthenticationFailed)


def test_a_token_is_not_renewed_after_a_403(read):
    """A missing right is no matter of freshness."""
    sent, _traffic, error = read(Rotating("t1", "t2"), {"Bearer t1"}, status=403)
    assert (len(sent), type(error)) == (1, PermissionDenied)


def test_redaction_replaces_every_token_that_was_sent():
    """The token before the newest one too: an response may still repeat it."""

    async def used():
        authorization = Authorization(Rotating("t+1", "t+2"), prefix="Bearer ", name="a")
        assert authorization.redact("t+1") == "t+1"
        first = await authorization.token()
        await authorization.after_refusal(first)
        return authorization

    assert asyncio.run(used()).redact("no t+1, no t+2") == "no ********, no ********"


def test_an_authorization_by_key_is_named_by_its_fingerprint():
    """So a token that is renewed does not get a second budget."""
    key = Authorization.from_key(Secret("k"), prefix="Token token=")
    assert key.name == Secret("k").fingerprint()
    assert key.header(Secret("k")) == Secret("Token token=k")
    assert key.scopes is None
