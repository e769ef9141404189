"""Waits on 127.0.0.1 for the browser to come back (RFC 8252 section 7.3)."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from ccm_core.errors import UsageError
from ccm_core.sdk.secret import Secret

HOST = "127.0.0.1"
_BEGIN = "/begin"
_MOST_BYTES, _PATIENCE = 16 * 1024, 10.0
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>ccm</title>"
    "<p>ccm has the answer. Close this window and go back to the terminal.</p>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """The address to which the browser will come back."""

    redirect_uri: str
    """To be sent with the authorization; its port is the one that is listened on."""
    begin_uri: str
    """Leads on to the identity server, once: a browser can be opened with it, and the process list
    does not show what the link holds."""
    _came: asyncio.Future[str]
    _begins: Callable[[Secret], None]

    def begin_with(self, url: Secret) -> None:
        """Let :attr:`begin_uri` lead to this link, for the first visitor only."""
        self._begins(url)

    async def address(self, *, patience: float) -> str:
        """Wait for the browser, and give the whole address that it was sent to.

        Raises:
            UsageError: It did not come within so many seconds.
        """
        try:
            return await asyncio.wait_for(asyncio.shield(self._came), patience)
        except TimeoutError:
            raise UsageError(
                f"no browser came back to {self.redirect_uri} within {patience:g} s; start again, "
                "or paste the address that the browser shows"
            ) from None


@asynccontextmanager
async def listening(*, port: int = 0, path: str = "/callback") -> AsyncIterator[Redirect]:
    """Listen for one redirect, on loopback only.

    Args:
        port: The port that is registered with the app; 0: any that is free.
        path: The path that is registered.

    Raises:
        UsageError: The port cannot be had.
    """
    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    visitor = _Visitor(path, came)
    try:
        server = await asyncio.start_server(visitor.serve, HOST, port, limit=_MOST_BYTES)
    except (OSError, OverflowError) as cause:
        taken = isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE
        raise UsageError(
            f"port {port} of {HOST} {'is taken' if taken else 'cannot be used'}; end what uses it, "
            "choose another port that is registered with the app, or paste the address instead"
        ) from cause
    async with server:
        bound = server.sockets[0].getsockname()[1]
        visitor.origin = f"http://{HOST}:{bound}"
        yield Redirect(
            redirect_uri=f"{visitor.origin}{path}",
            begin_uri=f"{visitor.origin}{_BEGIN}",
            _came=came,
            _begins=visitor.begin_with,
        )


class _Visitor:
    """Answers browsers; the first one at the right path brings the answer."""

    def __init__(self, path: str, came: asyncio.Future[str]) -> None:
        self._path, self._came = path, came
        self._ahead: Secret | None = None
        self.origin = ""

    def begin_with(self, url: Secret) -> None:
        self._ahead = url

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                target = self._target(head)
                writer.write(self._said(head, target))
                await writer.drain()
            if target is not None and not self._came.done():
                self._came.set_result(self.origin + target)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # A visitor that says nothing sensible is not the browser.
        finally:
            writer.close()

    def _said(self, head: bytes, target: str | None) -> bytes:
        ahead = self._ahead
        if _asked(head) == _BEGIN and ahead is not None:
            self._ahead = None
            return _answer(302, "", f"Location: {ahead.reveal()}\r\n")
        return _answer(404, "") if target is None else _answer(200, _PAGE)

    def _target(self, head: bytes) -> str | None:
        """Give the path and query of a GET for the right path; a favicon is another one."""
        target = _asked(head)
        return target if target is not None and urlsplit(target).path == self._path else None


def _asked(head: bytes) -> str | None:
    method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    return rest.rpartition(" ")[0] if method == "GET" else None


def _answer(status: int, body: str, more: str = "") -> bytes:
    content = body.encode()
    reason = {200: "OK", 302: "Found", 404: "Not Found"}[status]
    head = (
        f"HTTP/1.1 {status} {reason}\r\n{more}Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(content)}\r\nCache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content
