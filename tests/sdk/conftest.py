"""A source whose network is a function, and one that speaks over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
import pytest

from ccm_core.errors import NotAvailable, SourceError
from ccm_core.sdk.authorization import Authorization
from ccm_core.sdk.http import Bounds, HttpResponse, HttpSource
from ccm_core.sdk.rate_limit import Limiter
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Traffic

KEY = "u+s3cret-key-of-a-source"
HASTY = Bounds(attempts=3, backoff=0.0, max_backoff=0.0, max_body=2_000_000)


def error_for(response: HttpResponse) -> SourceError:
    """Take every refusal for an object that is not there."""
    return NotAvailable(f"{response.summary()}: not there")


def new_source(base_url="https://source.example", handler=None, bounds=HASTY, **options):
    """Return a source that sends a key, and its traffic."""
    return HttpSource(
        base_url,
        headers={},
        authorization=Authorization.from_key(Secret(KEY), prefix="Token "),
        limiter=Limiter(960),
        retry_after=lambda _response: None,
        error_for=error_for,
        traffic=Traffic(),
        bounds=bounds,
        clock=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC),
        transport=None if handler is None else httpx.MockTransport(handler),
        **options,
    )


@pytest.fixture
def reading():
    """Read some paths, one after the other, through a handler that stands for the network.

    What is returned has the responses, the error that ended the reading, and every request that
    was sent.
    """

    def read(answers, *paths, parameters=(), timeouts=None, **options):
        sent: list[httpx.Request] = []
        pending = iter(answers)

        def handler(request: httpx.Request) -> httpx.Response:
            sent.append(request)
            answer = next(pending)
            response: httpx.Response = answer(request) if callable(answer) else answer
            return response

        async def run():
            outcome = SimpleNamespace(responses=[], error=None, sent=sent)
            async with new_source(handler=handler, **options) as source:
                outcome.traffic = source.traffic
                try:
                    for path in paths or ("/things",):
                        outcome.responses.append(
                            await source.get(path, parameters, timeouts=timeouts)
                        )
                except SourceError as error:
                    outcome.error = error
            return outcome

        return asyncio.run(run())

    return read


@pytest.fixture
def open_source():
    """Return a source by its address, over the network of the environment."""
    return new_source


@contextmanager
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    yield


@pytest.fixture
def environment(monkeypatch):
    """Set variables of the environment, without those of this machine's network."""
    with _without_proxies(monkeypatch):
        yield lambda **variables: [monkeypatch.setenv(*pair) for pair in variables.items()]
