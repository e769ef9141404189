"""Serving the console: uvicorn in the event loop of whoever starts it, until it is told to stop."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

_GRACE = 5
"""Seconds that answers under way are waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedAt:
    """Where the console listens."""

    host: str = "127.0.0.1"
    port: int = 8480
    socket: Path | None = None
    """A Unix socket in the place of both: nobody else of this machine reaches it."""

    @property
    def host_in_url(self) -> str:
        """The host as addresses write it."""
        return f"[{self.host}]" if ":" in self.host else self.host


def make_server(app: ASGIApp, place: ServedAt) -> uvicorn.Server:
    """Return a server that leaves signals to whoever starts it.

    Raises:
        UsageError: The place is taken.
    """
    import uvicorn

    class QuietServer(uvicorn.Server):
        """One that handles no signals: the event loop is not its own."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leave the signals as they are."""
            yield

    config = uvicorn.Config(
        app,
        host=place.host,
        port=place.port,
        uds=None if place.socket is None else str(place.socket),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE,
        lifespan="off",
    )
    return QuietServer(config)


async def serve(
    server: uvicorn.Server, place: ServedAt, stopped: Callable[[], Awaitable[object]]
) -> None:
    """Serve until it is stopped.

    Raises:
        UsageError: The place is taken, or may not be listened at.
    """
    import asyncio

    serving = asyncio.ensure_future(_serve(server, place))
    stopping = asyncio.ensure_future(stopped())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)
    await serving


async def _serve(server: uvicorn.Server, place: ServedAt) -> None:
    try:
        await server.serve()
    except SystemExit as error:  # uvicorn has logged why
        where = str(place.socket or f"{place.host}:{place.port}")
        raise UsageError(f"cannot listen at {where}; choose another --port") from error
