"""A server for an ASGI application on a loopback port, in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import Receive, Scope, Send

_TIMEOUT = 10.0


class LoopbackApplication(Protocol):
    """An ASGI application that collects its own errors."""

    failures: list[Exception]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""


class LoopbackServer:
    """Listens on 127.0.0.1 for as long as the ``with`` block lasts."""

    def __init__(self, application: LoopbackApplication, *, port: int = 0, name: str) -> None:
        import uvicorn

        self._application, self._port, self._name = application, port, name
        config = uvicorn.Config(
            application,
            lifespan="off",
            ws="none",
            http="h11",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)

    @property
    def base_url(self) -> str:
        """The address, such as ``http://127.0.0.1:49152``."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            OSError: The port is in use.
            TimeoutError: The server does not start.
        """
        listener = self._bind()
        self._port = listener.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name=self._name, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _TIMEOUT
        while not self._server.started and self._thread.is_alive():
            if time.monotonic() > deadline:
                msg = f"the simulator did not start to listen within {_TIMEOUT:.0f}s"
                raise TimeoutError(msg)
            time.sleep(0.002)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server, and raise the first error of the application."""
        self._server.should_exit = True
        self._thread.join(_TIMEOUT)
        if self._application.failures and error is None:
            raise self._application.failures[0]

    def _bind(self) -> socket.socket:
        # asyncio sends small responses at once (TCP_NODELAY) only where the protocol is named.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self._port))
        except OSError:
            listener.close()
            raise
        return listener
