"""The redirect listener: loopback only, one answer, and a port that is taken is told."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from ccm_core.auth.loopback_redirect import listen_for_redirect
from ccm_core.auth.oauth_messages import authorization_request, code_from_redirect
from ccm_core.errors import UsageError
from ccm_core.sdk.secret import Secret

LINK = Secret("https://id.acme.example/authorize?state=s3cret")


async def visit(uri: str, target: str, method: str = "GET") -> bytes:
    """Do what a browser does; give the whole answer."""
    host, _, rest = uri.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(rest.partition("/")[0]))
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def listen(*visits, max_seconds: float = 5.0, **options):
    """Let visitors come by one after the other; give their answers and the address."""

    async def run():
        async with listen_for_redirect(**options) as redirect:
            redirect.expect_response_to(LINK)
            answers = [await visit(redirect.redirect_uri, *each) for each in visits]
            return answers, await redirect.address(max_seconds=max_seconds), redirect.redirect_uri

    return asyncio.run(run())


def test_loopback_redirect_returns_the_whole_address():
    """And is told to go back to the terminal; nothing is cached or passed on."""
    (answer,), address, uri = listen(("/callback?code=a%2Bb&state=s3cret",))
    assert address == f"{uri}?code=a%2Bb&state=s3cret"
    assert uri.startswith("http://127.0.0.1:")
    assert b"200 OK" in answer
    assert b"go back to the terminal" in answer
    assert b"Referrer-Policy: no-referrer" in answer
    assert b"a%2Bb" not in answer


def test_loopback_redirect_rejects_other_requests():
    """A favicon, another path, another method, or nonsense: the answer is still waited for."""
    visits = [
        ("/favicon.ico",),
        ("/", ""),
        ("/callback?code=no&state=s3cret", "POST"),
        ("/callback?code=1&state=s3cret",),
    ]
    answers, address, _ = listen(*visits)
    assert [b"404 Not Found" in one for one in answers] == [True, True, True, False]
    assert address.endswith("?code=1&state=s3cret")


def test_loopback_start_uri_redirects_once():
    """So the link is in no argument list, and a second visitor learns nothing."""

    async def run():
        async with listen_for_redirect() as redirect:
            start = urlsplit(redirect.start_uri).path
            early = await visit(redirect.start_uri, start)
            redirect.expect_response_to(LINK)
            answers = [await visit(redirect.start_uri, start) for _ in range(2)]
            await visit(redirect.redirect_uri, "/callback?code=1&state=s3cret")
            return early, *answers, await redirect.address(max_seconds=5), redirect.start_uri

    early, first, second, address, begin = asyncio.run(run())
    assert b"404 Not Found" in early
    assert b"302 Found\r\nLocation: https://id.acme.example/authorize?state=s3cret\r\n" in first
    assert b"404 Not Found" in second
    assert b"s3cret" not in second
    assert address.endswith("?code=1&state=s3cret")
    assert begin.startswith("http://127.0.0.1:")


@pytest.mark.attack(
    "Keys",
    "Another program visits the address that ccm waits at for the browser",
    "It does not get the link with the state, and its answer is not taken for the person's",
)
@pytest.mark.parametrize(
    "target",
    [
        pytest.param("/begin", id="the start without its token"),
        pytest.param("/begin/AAAAAAAAAAAAAAAAAAAAAA", id="a token that was guessed"),
        pytest.param("/callback?code=evil", id="a response without the state"),
        pytest.param("/callback?code=evil&state=other", id="a response with another state"),
    ],
)
def test_loopback_redirect_turns_strangers_away(target):
    """And goes on waiting for the person."""
    answers, address, _ = listen((target,), ("/callback?code=1&state=s3cret",))
    assert b"404 Not Found" in answers[0]
    assert b"s3cret" not in answers[0]
    assert address.endswith("?code=1&state=s3cret")


def test_loopback_redirect_keeps_the_first_response():
    """A second visitor changes nothing."""
    _, address, _ = listen(("/callback?code=1&state=s3cret",), ("/callback?code=2&state=s3cret",))
    assert address.endswith("?code=1&state=s3cret")


def test_loopback_redirect_ignores_oversized_requests():
    """The connection is closed, and the next one is heard."""
    answers, address, _ = listen(("/callback?" + "x" * 40_000,), ("/callback?code=1&state=s3cret",))
    assert answers[0] == b""
    assert address.endswith("?code=1&state=s3cret")


def test_loopback_redirect_uses_the_registered_path_and_port():
    """As they stand on the app's page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _, address, _ = listen(("/done?code=1&state=s3cret",), port=port, path="/done")
    assert address == f"http://127.0.0.1:{port}/done?code=1&state=s3cret"


@pytest.mark.parametrize("listens", [pytest.param(True, id="taken"), pytest.param(False, id="no")])
def test_unusable_loopback_port_is_reported(listens):
    """With the number and the ways out."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1] if listens else 70_000
        with pytest.raises(UsageError, match=f"port {port} of 127.0.0.1 .*paste the address"):
            listen(port=port)


def test_loopback_redirect_times_out():
    """After as long as was agreed."""
    with pytest.raises(UsageError, match=r"no browser arrived at http://127.0.0.1:\d+/callback"):
        listen(max_seconds=0.01)


def test_authorization_code_flow_with_a_browser(endpoint, oauth):
    """Listen, agree, come back, exchange: the listener's port is the one that is sent along."""

    async def run():
        async with listen_for_redirect() as redirect:
            attempt = authorization_request(
                endpoint.provider,
                endpoint.client,
                redirect_uri=redirect.redirect_uri,
                scopes=["read"],
            )
            redirect.expect_response_to(attempt.url)
            there = await asyncio.to_thread(oauth.browse, attempt)
            await visit(redirect.redirect_uri, there.partition(there.split("/")[2])[2])
            code = code_from_redirect(await redirect.address(max_seconds=5), attempt)
            return await endpoint.redeem(attempt, code)

    assert asyncio.run(run()).refresh is not None
