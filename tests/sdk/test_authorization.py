"""What authorises a request: written into the header, renewed once on a 401, never repeated."""

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
    """Gives ``t1``, and after each refusal the next one; an error in the list is raised."""

    scopes = ("read",)

    def __init__(self, *tokens) -> None:
        self._tokens = list(tokens)

    async def token(self) -> Secret:
        """Give the one that is in use."""
        return Secret(self._tokens[0])

    async def after_refusal(self, refused: Secret) -> Secret:
        """Give the next one."""
        if refused == Secret(self._tokens[0]):
            self._tokens.pop(0)
        if isinstance(self._tokens[0], Exception):
            raise self._tokens[0]
        return Secret(self._tokens[0])


def fault(answer: HttpResponse) -> SourceError:
    """Tell a refused credential from a refused request."""
    return (AuthenticationFailed if answer.status == 401 else PermissionDenied)(answer.summary())


@pytest.fixture
def read():
    """Read ``/things?page=2`` and ``/more``; give the requests that were sent and the traffic."""

    def run(tokens, good, *, status=200):
        sent, traffic = [], Traffic()

        def handler(request):
            sent.append((request.url.raw_path.decode(), request.headers["authorization"]))
            fits = request.headers["authorization"] in good
            return httpx.Response(status if fits else 401, json={})

        async def reading():
            source = HttpSource(
                "https://source.example",
                headers={},
                authorization=Authorization(tokens, prefix="Bearer ", name="a"),
                limiter=Limiter(960),
                retry_after=lambda _answer: None,
                error_for=fault,
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


def test_after_a_401_the_same_page_is_asked_again_with_another_token(read):
    """Once; what follows goes on with the new one."""
    sent, traffic, error = read(Rotating("t1", "t2"), {"Bearer t2"})
    assert sent == [
        ("/things?page=2", "Bearer t1"),
        ("/things?page=2", "Bearer t2"),
        ("/more", "Bearer t2"),
    ]
    assert (traffic.requests, traffic.retries, traffic.refused, error) == (3, 1, 0, None)


def test_a_second_401_is_believed(read):
    """A new token that is refused as well is not renewed again."""
    sent, _traffic, error = read(Rotating("t1", "t2", "t3"), set())
    assert [token for _path, token in sent] == ["Bearer t1", "Bearer t2"]
    assert isinstance(error, AuthenticationFailed)


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(ReauthorizationRequired("connect again"), id="the grant is gone"),
        pytest.param(Unreachable("no identity server"), id="nobody answers"),
    ],
)
def test_what_the_keeper_says_ends_the_request(read, lost):
    """Its words are told as they are, and it is not asked a second time."""
    sent, _traffic, error = read(Rotating("t1", lost), set())
    assert len(sent) == 1
    assert error is lost


def test_a_key_that_was_refused_is_refused(read):
    """There is no other."""
    sent, _traffic, error = read(StaticToken(Secret("k")), set())
    assert (len(sent), type(error)) == (1, AuthenticationFailed)


def test_another_refusal_renews_nothing(read):
    """A missing right is no matter of freshness."""
    sent, _traffic, error = read(Rotating("t1", "t2"), {"Bearer t1"}, status=403)
    assert (len(sent), type(error)) == (1, PermissionDenied)


def test_what_was_sent_is_blanked_wherever_it_is_repeated():
    """The token before the newest one too: an answer may still repeat it."""

    async def used():
        authorization = Authorization(Rotating("t+1", "t+2"), prefix="Bearer ", name="a")
        assert authorization.redact("t+1") == "t+1"
        first = await authorization.token()
        await authorization.after_refusal(first)
        return authorization

    assert asyncio.run(used()).redact("no t+1, no t+2") == "no ********, no ********"


def test_a_key_names_its_limiter_and_tokens_name_their_connection():
    """So a token that is renewed does not get a second budget."""
    key = Authorization.from_key(Secret("k"), prefix="Token token=")
    assert key.name == Secret("k").fingerprint()
    assert key.header(Secret("k")) == Secret("Token token=k")
    assert key.scopes is None
