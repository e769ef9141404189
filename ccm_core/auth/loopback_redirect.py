"""Receives the redirect of the browser on 127.0.0.1 (RFC 8252 section 7.3)."""

from __future__ import annotations

import asyncio
import errno
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.secret import Secret

HOST = "127.0.0.1"
_START, _TOKEN_BYTES = "/begin", 32
_MAX_BYTES, _TIMEOUT = 16 * 1024, 10.0
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>ccm</title>"
    "<p>ccm has the answer. Close this window and go back to the terminal.</p>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopbackRedirect:
    """The address to which the browser is redirected."""

    redirect_uri: str
    """Part of the authorization request; its port is the one that is listened on."""
    start_uri: str
    """Redirects to the identity server, once: a browser can be opened with it, and the process list
    does not show the secrets in the link. Nobody can guess it."""
    _received: asyncio.Future[str]
    _expect: Callable[[Secret], None]

    def expect_response_to(self, url: Secret) -> None:
        """Redirect the first request of :attr:`start_uri` to this link, and accept its response.

        A response is known by the link's ``state`` (RFC 6749 section 10.12); any other visitor of
        the redirect address, such as a page that fetches it, is turned away and changes nothing.
        """
        self._expect(url)

    async def address(self, *, max_seconds: float) -> str:
        """Wait for the browser and return the whole address that it was sent to.

        Raises:
            UsageError: It did not arrive within so many seconds.
        """
        try:
            return await asyncio.wait_for(asyncio.shield(self._received), max_seconds)
        except TimeoutError:
            raise UsageError(
                f"no browser arrived at {self.redirect_uri} within {max_seconds:g} s; start again, "
                "or paste the address that the browser shows"
            ) from None


@asynccontextmanager
async def listen_for_redirect(
    *, port: int = 0, path: str = "/callback"
) -> AsyncIterator[LoopbackRedirect]:
    """Listen for one redirect, on loopback only.

    Args:
        port: The port that is registered with the OAuth client; 0: any free one.
        path: The path that is registered.

    Raises:
        UsageError: The port cannot be used.
    """
    received: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    requests = _RequestHandler(path, received)
    try:
        server = await asyncio.start_server(requests.serve, HOST, port, limit=_MAX_BYTES)
    except (OSError, OverflowError) as cause:
        in_use = isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE
        raise UsageError(
            f"port {port} of {HOST} {'is in use' if in_use else 'cannot be used'}; end what uses "
            "it, choose another registered port, or paste the address instead"
        ) from cause
    async with server:
        bound = server.sockets[0].getsockname()[1]
        requests.origin = f"http://{HOST}:{bound}"
        yield LoopbackRedirect(
            redirect_uri=f"{requests.origin}{path}",
            start_uri=f"{requests.origin}{requests.start}",
            _received=received,
            _expect=requests.expect_response_to,
        )


class _RequestHandler:
    """Answers browsers; the first request with the right path and state is the redirect."""

    def __init__(self, path: str, received: asyncio.Future[str]) -> None:
        self._path, self._received = path, received
        self._location: Secret | None = None
        self._state: Secret | None = None
        self.start = f"{_START}/{secrets.token_urlsafe(_TOKEN_BYTES)}"
        self.origin = ""

    def expect_response_to(self, url: Secret) -> None:
        self._location, self._state = url, Secret(_state(url.reveal()))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT):
                head = await reader.readuntil(b"\r\n\r\n")
                target = self._target(head)
                writer.write(self._response(head, target))
                await writer.drain()
            if target is not None and not self._received.done():
                self._received.set_result(self.origin + target)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # A malformed request does not come from the browser.
        finally:
            writer.close()

    def _response(self, head: bytes, target: str | None) -> bytes:
        location = self._location
        if location is not None and _equal(_get_target(head) or "", self.start):
            self._location = None
            return _http_response(302, "", f"Location: {location.reveal()}\r\n")
        return _http_response(404, "") if target is None else _http_response(200, _PAGE)

    def _target(self, head: bytes) -> str | None:
        """Return the path and query of the response to the link; None for any other request."""
        target = _get_target(head)
        if target is None or self._state is None or urlsplit(target).path != self._path:
            return None
        return target if _equal(_state(target), self._state.reveal()) else None


def _state(target: str) -> str:
    return parse_qs(urlsplit(target).query).get("state", [""])[0]


def _equal(text: str, expected: str) -> bool:
    return secrets.compare_digest(text.encode(), expected.encode())


def _get_target(head: bytes) -> str | None:
    method, _, target = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    return target.rpartition(" ")[0] if method == "GET" else None


def _http_response(status: int, body: str, headers: str = "") -> bytes:
    content = body.encode()
    reason = {200: "OK", 302: "Found", 404: "Not Found"}[status]
    head = (
        f"HTTP/1.1 {status} {reason}\r\n{headers}Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(content)}\r\nCache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content
