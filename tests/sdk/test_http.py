"""Reading a source: what is sent, what is tried again, what is never believed."""

from __future__ import annotations

import asyncio
import inspect
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from ccm_core.errors import (
    BadRequest,
    BadResponse,
    PermissionDenied,
    RateLimited,
    SourceError,
    Unreachable,
    UsageError,
)
from ccm_core.sdk.http import Bounds, HttpResponse, HttpSource, checked_base_url
from ccm_core.sdk.http.error_mapping import mapped_error
from ccm_core.sdk.rate_limit import Limiter
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Traffic

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TOKEN = "u+s3cret-token"
HASTY = Bounds(attempts=3, backoff=0.0, max_backoff=0.0, max_body=1000)


def error_for(response: HttpResponse) -> SourceError:
    """Call every refusal denied."""
    return PermissionDenied(f"{response.summary()}: refused")


def retry_after(response: HttpResponse) -> float | None:
    """Believe the reset of a 429."""
    reset = response.headers.get("ratelimit-reset")
    return float(reset) if reset is not None and response.status == 429 else None


def read(
    handler, *, path="/things", parameters=(), bounds=HASTY, attempts=None
) -> tuple[HttpResponse, Traffic]:
    """Read one path through a replaced network; return the response and the traffic."""
    traffic = Traffic()

    async def run() -> HttpResponse:
        async with source(handler, bounds, traffic) as opened:
            return await opened.get(path, parameters, attempts=attempts)

    return asyncio.run(run()), traffic


def source(handler, bounds: Bounds, traffic: Traffic) -> HttpSource:
    """Return a source whose network is a handler."""
    return HttpSource(
        "https://source.example",
        headers={"Authorization": Secret(TOKEN)},
        limiter=Limiter(960),
        retry_after=retry_after,
        error_for=error_for,
        traffic=traffic,
        bounds=bounds,
        clock=lambda: NOW,
        transport=httpx.MockTransport(handler),
    )


def script(*answers):
    """Answer one request after the other; an exception in the list is raised."""
    pending: list[httpx.Response | Exception] = list(answers)

    def handler(_request: httpx.Request) -> httpx.Response:
        response = pending.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    return handler


def test_a_get_carries_the_secret_and_the_whole_query():
    """The secret is revealed to the source, repeated parameters are all sent."""
    requests = []

    def handler(request):
        requests.append(request)
        return httpx.Response(200, json={"ok": True})

    response, traffic = read(handler, parameters=[("b[]", "1"), ("a", "x y"), ("b[]", "2")])

    assert requests[0].headers["authorization"] == TOKEN
    assert str(requests[0].url) == "https://source.example/things?b%5B%5D=1&b%5B%5D=2&a=x+y"
    assert response.json() == {"ok": True}
    assert response.received_at == NOW
    assert (traffic.requests, traffic.retries, traffic.refused) == (1, 0, 0)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(httpx.Response(500, text="oops"), id="500"),
        pytest.param(httpx.Response(503, text="<html>"), id="503 with HTML"),
        pytest.param(httpx.Response(408), id="408"),
        pytest.param(httpx.Response(429, headers={"ratelimit-reset": "0"}), id="429 with a reset"),
        pytest.param(httpx.Response(429, text="<html>"), id="429 without headers"),
        pytest.param(httpx.Response(429, headers={"ratelimit-reset": "99999"}), id="absurd reset"),
        pytest.param(httpx.Response(200, text='{"cut": '), id="truncated JSON"),
        pytest.param(httpx.Response(200, text="<html>login</html>"), id="HTML for JSON"),
        pytest.param(httpx.RemoteProtocolError("cut"), id="cut connection"),
        pytest.param(httpx.ReadTimeout("slow"), id="silence"),
    ],
)
def test_a_transient_failure_is_retried(failure):
    """A transient failure costs one more request and nothing else."""
    response, traffic = read(script(failure, httpx.Response(200, json=[1])))

    assert response.json() == [1]
    assert (traffic.requests, traffic.retries) == (2, 1)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        pytest.param(httpx.Response(429), RateLimited, id="limited"),
        pytest.param(httpx.Response(200, text="no"), BadResponse, id="undecodable"),
        pytest.param(httpx.ConnectError("refused"), Unreachable, id="unreachable"),
    ],
)
def test_retries_end_after_the_last_attempt(failure, expected):
    """After the last try the error says what happened, and nothing is asked again."""
    with pytest.raises(expected):
        read(script(failure, failure, failure))


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410])
def test_a_refusal_is_not_retried(status):
    """What cannot get better is asked once."""
    with pytest.raises(PermissionDenied, match=f"answered {status}"):
        read(script(httpx.Response(status, json={})))


def test_a_redirect_is_never_followed():
    """The credential goes to no other host, and the message names where it would have gone."""
    hosts = []

    def handler(request):
        hosts.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://evil.example/x?token=1"})

    with pytest.raises(BadResponse, match=r"redirects to evil\.example"):
        read(handler)
    assert hosts == ["source.example"]


def test_the_next_request_is_sent_before_a_response_is_processed():
    """It waited for room; reading and judging what has come takes longer than sending it."""
    sent = []

    async def handler(request: httpx.Request) -> httpx.Response:
        for _ in range(5):  # a request is not on its way at once
            await asyncio.sleep(0)
        sent.append(request.url.path)
        return httpx.Response(200, json={})

    async def run() -> list[str]:
        async with source(handler, replace(HASTY, parallel=2), Traffic()) as opened:
            first, *others = [asyncio.ensure_future(opened.get(f"/{n}")) for n in range(3)]
            await first
            already_sent = list(sent)
            await asyncio.gather(*others)
        return already_sent

    assert asyncio.run(run()) == ["/0", "/1", "/2"]


def test_a_body_over_the_bound_is_not_read_to_its_end():
    """A body of any size costs at most the bound."""
    sent = []

    async def endless():
        while True:
            sent.append(1)
            yield b"x" * 400

    with pytest.raises(BadResponse, match="larger than 1000 bytes"):
        read(lambda _request: httpx.Response(200, content=endless()), attempts=3)
    assert len(sent) == 3


def test_a_decompressed_body_over_the_bound_is_not_read_to_its_end():
    """The bound is of what comes out: two megabytes of gzip can hold two gigabytes."""
    pack = zlib.compressobj(wbits=31)
    packed = [pack.compress(bytes(1_000_000)) + pack.flush(zlib.Z_SYNC_FLUSH) for _ in range(50)]
    sent = []

    async def body():
        for piece in packed:
            sent.append(len(piece))
            yield piece

    headers = {"Content-Encoding": "gzip"}
    with pytest.raises(BadResponse, match="larger than 3000000 bytes"):
        read(
            lambda _request: httpx.Response(200, headers=headers, content=body()),
            bounds=Bounds(attempts=3, max_body=3_000_000),
        )
    assert len(sent) == 4
    assert sum(sent) < 10_000


def test_endlessly_nested_json_is_a_bad_response():
    """It costs an error that names the request, not the stack."""
    nested = httpx.Response(200, content=b"[" * 200_000)
    with pytest.raises(BadResponse, match="/things answered 200"):
        read(script(nested), bounds=Bounds(attempts=1))


def test_headers_are_quoted_short_and_printable():
    """No escape sequence of a content type or a request id reaches a terminal."""
    odd = {"content-type": "a\x1b[31mb", "x-request-id": "r" * 5000}
    with pytest.raises(PermissionDenied) as caught:
        read(script(httpx.Response(403, headers=odd)))
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_retries_are_counted_and_not_printed(caplog, capfd):
    """Nothing of a library stands between what the host prints."""
    read(script(httpx.Response(500), httpx.Response(200, json={})))
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(lambda _r: httpx.Response(403, text=TOKEN), id="echoed in a body"),
        pytest.param(
            lambda _r: httpx.Response(302, headers={"location": f"https://x.example/{TOKEN}"}),
            id="echoed in a redirect",
        ),
        pytest.param(
            lambda _r: httpx.Response(302, headers={"location": f"https://{TOKEN}@x.example/"}),
            id="echoed as the user of a redirect",
        ),
        pytest.param(lambda _r: httpx.Response(200, text=TOKEN), id="echoed as text"),
        pytest.param(script(*[httpx.ReadError(TOKEN)] * 3), id="in a transport's message"),
    ],
)
def test_no_error_repeats_a_secret_of_the_source(handler):
    """Neither the message nor the chain of causes shows the secret in our own words."""
    with pytest.raises(SourceError) as caught:
        read(handler)
    assert TOKEN not in str(caught.value)


def test_the_clock_skew_is_read_from_the_date_header():
    """Ahead is positive; without a zone it is UTC; a date that cannot be read is no skew."""
    dated = httpx.Response(200, json={}, headers={"date": "Mon, 23 Nov 2026 11:59:00 GMT"})
    _, traffic = read(script(dated))
    assert traffic.clock_skew == 60.0

    unzoned = httpx.Response(200, json={}, headers={"date": "Mon, 23 Nov 2026 11:59:00 -0000"})
    _, traffic = read(script(unzoned))
    assert traffic.clock_skew == 60.0

    _, traffic = read(script(httpx.Response(200, json={}, headers={"date": "yesterday"})))
    assert traffic.clock_skew is None


def test_a_429_pauses_every_request_of_the_credential():
    """What the source asks to wait is waited for by the limiter, and counted."""
    limited = httpx.Response(429, headers={"ratelimit-reset": "0.05"})
    _, traffic = read(script(limited, httpx.Response(200, json={})))
    assert traffic.waited >= 0.04


def exceptions_of(module) -> list[type[Exception]]:
    """List the exception classes a module exports."""
    return [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Exception) and not issubclass(member, Warning)
    ]


@pytest.mark.parametrize("foreign", exceptions_of(httpx), ids=lambda one: one.__name__)
def test_every_exception_of_httpx_is_mapped(foreign):
    """A new exception in the library without a translation fails here."""
    error = foreign.__new__(foreign)
    ours = mapped_error(error, "GET /x")
    assert isinstance(ours, SourceError)
    assert foreign.__name__ in str(ours)


def test_an_exception_that_is_not_of_httpx_is_not_mapped():
    """A programmer's mistake keeps its traceback."""
    assert mapped_error(ZeroDivisionError(), "GET /x") is None


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example",
        "https://api.example:8443/v2",
        "http://127.0.0.1:9",
        "http://localhost:1",
        "http://[::1]:8",
    ],
)
def test_a_base_url_is_https_or_loopback(url):
    """These may be used."""
    assert checked_base_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example",
        "ftp://127.0.0.1",
        "https://",
        "https://u:p@api.example",
        "api.example",
        "http://127.0.0.1.evil.example",
        "https://api.example/?key=1",
        "",
    ],
)
def test_a_base_url_of_another_scheme_or_host_is_refused(url):
    """A credential never crosses a network in the clear."""
    with pytest.raises(UsageError):
        checked_base_url(url)


def test_a_secret_with_a_line_break_is_a_bad_request():
    """A key pasted with a newline ends in a plain message, without the key."""

    async def run():
        source = HttpSource(
            "http://127.0.0.1:1",
            headers={"Authorization": Secret("a\nb")},
            limiter=Limiter(10),
            retry_after=retry_after,
            error_for=error_for,
            traffic=Traffic(),
            bounds=HASTY,
        )
        async with source:
            await source.get("/x")

    with pytest.raises((BadRequest, Unreachable)):
        asyncio.run(run())
