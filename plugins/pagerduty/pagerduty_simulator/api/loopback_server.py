"""An application on a loopback port, in its own thread."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from types import TracebackType

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

_PATIENCE = 10.0


class Application(Protocol):
    """What can be served: an ASGI application that keeps what went wrong in itself."""

    failures: list[Exception]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""


class LoopbackServer:
    """Listens on 127.0.0.1 for as long as the ``with`` block lasts."""

    def __init__(self, served: Application, *, port: int = 0, name: str) -> None:
        import uvicorn

        self._served, self._port, self._name = served, port, name
        config = uvicorn.Config(
            served,
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
        """Where it listens, such as ``http://127.0.0.1:49152``."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            OSError: The port is taken.
        """
        # The protocol is filter_by_name because asyncio sends small answers at once only where it is.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self._port))
        except OSError:
            listening.close()
            raise
        self._port = listening.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name=self._name, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started and self._thread.is_alive():
            if time.monotonic() > deadline:
                msg = "the simulator did not start to listen within 10 s"
                raise TimeoutError(msg)
            time.sleep(0.002)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, wait until it has stopped, and tell what went wrong in the simulator itself."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        if self._served.failures and error is None:
            raise self._served.failures[0]
