"""Serve a console until it is stopped: the server, and the daemon's cycle in the same loop."""

from __future__ import annotations

import asyncio
import getpass
import io
import logging
import os
import random
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from ccm_core.app.installation import clock
from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.daemon_output import LogLines, WallClock
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.workspace import run_async
from ccm_core.config.locate import stamp
from ccm_core.daemon.daemon import Daemon
from ccm_core.daemon.signals import SignalFlags, by_signal
from ccm_core.daemon.systemd_notify import SystemdNotifier
from ccm_core.daemon.watch_job import open_watch_job
from ccm_core.errors import UsageError
from ccm_core.sdk.secret import blank

if TYPE_CHECKING:
    from ccm_core.config.settings import WebSettings
    from ccm_core.web.console import Console
    from ccm_core.web.server import ServedAt

_LOOK = 2.0
"""Seconds between two looks at the settings file."""
_SEALING = 10.0
"""Seconds in which runs that people started are stopped and sealed."""
_WEB = CallerPorts(show_message=print_message, key_sources=environment_keys)


def serve_console(path: Path, place: ServedAt, origin: str | None, report: Path | None) -> None:
    """Serve the console of some settings until it is stopped.

    Args:
        path: The settings.
        place: Where it listens.
        origin: Where browsers find it; None: where it listens.
        report: Where the daemon keeps the report; None: nothing is collected.

    Raises:
        UsageError: The settings have mistakes, or the place is taken.
    """
    _log_to_messages()
    console = _console(path, place, origin)
    print_message(f"the console is at {console.origin}/")
    print_message(f"sign in once with {console.origin}/sign-in?link={console.link.renew()}")
    run_async(_run(console, path, place, report))


def _console(path: Path, place: ServedAt, origin: str | None) -> Console:
    from ccm_core.web.access.identity import LOCAL, Identity, SessionLimits
    from ccm_core.web.access.one_time_link import OneTimeLink
    from ccm_core.web.access.roles import Role
    from ccm_core.web.console import Console, CurrentWorkspace

    workspaces = CurrentWorkspace(path, partial(Workspace.open, path, _WEB))
    _require_loopback(place, origin, workspaces.get().settings.web)
    reached = origin.rstrip("/") if origin else f"http://{place.host_in_url}:{place.port}"
    parts = _split(reached)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
        raise UsageError(f"--origin {origin!r}: expected a scheme, a host and perhaps a port")
    with workspaces.get().write_store(create=True):
        pass  # sessions are stored in it
    who = getpass.getuser()
    return Console(
        workspaces=workspaces,
        clock=clock,
        origin=reached,
        hosts=frozenset({parts.netloc.lower()}),
        link=OneTimeLink(),
        local=Identity(issuer=LOCAL, subject=who, name=who, role=Role.ADMIN),
        limits=SessionLimits(),
        secure=parts.scheme == "https",
    )


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address; None: it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _require_loopback(place: ServedAt, origin: str | None, web: WebSettings) -> None:
    """Refuse to listen for a network where nobody could sign in, or in the clear.

    Raises:
        UsageError: The host is another one.
    """
    if place.socket is not None or _is_loopback(place.host):
        return
    if web.sign_in is None or not (origin or "").startswith("https://"):
        raise UsageError(
            f"--host {place.host}: expected a loopback address. A network is served only where "
            "web.sign_in of the settings says who may sign in, and where --origin https://... is "
            "the address of a proxy before it that speaks TLS"
        )


def _is_loopback(host: str) -> bool:
    """Return whether a host is this very machine; what is no host at all is not."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _log_to_messages() -> None:
    """Write what the console logs, such as its own mistakes, where messages go."""
    handler = logging.StreamHandler(_Messages())
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("ccm_core.web")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.WARNING)


class _Messages(io.TextIOBase):
    """Text that is written goes to the error stream, with secrets as stars."""

    def write(self, text: str, /) -> int:
        """Write a text."""
        if text.strip():
            print_message(blank(text.rstrip("\n")))
        return len(text)


async def _run(console: Console, path: Path, place: ServedAt, report: Path | None) -> None:
    from ccm_core.web.application import application
    from ccm_core.web.server import make_server, serve

    server = make_server(application(console), place)
    flags = SignalFlags()
    stop = asyncio.Event()

    async def stopped() -> None:
        while not flags.stopping:
            await flags.wait()
        stop.set()

    with by_signal(flags):
        stopping = asyncio.ensure_future(stopped())
        watching = asyncio.ensure_future(_watch(path, report, stop)) if report else None
        try:
            await serve(server, place, stop.wait)
        finally:
            stop.set()
            stopping.cancel()
            await asyncio.to_thread(console.runs.stop, _SEALING)
            await asyncio.gather(
                *filter(None, (stopping, watching)), return_exceptions=watching is None
            )


async def _watch(path: Path, report: Path, stop: asyncio.Event) -> None:
    """Run the daemon's cycle; where the settings do not allow it yet, wait until they change."""
    output = LogLines()
    while not stop.is_set():
        before = stamp(path)
        try:
            await _daemon(path, report, output, stop)
        except UsageError as error:
            output.log(f"nothing is collected: {error}")
            while not stop.is_set() and stamp(path) == before:
                await _look(stop)


async def _daemon(path: Path, report: Path, output: LogLines, stop: asyncio.Event) -> None:
    from ccm_core.sdk.rate_limit import Limiters

    flags = SignalFlags()
    daemon = Daemon(
        partial(open_watch_job, partial(Workspace.open, path, _WEB), (), report, 1),
        clock=WallClock(),
        output=output,
        supervisor=SystemdNotifier(os.environ),
        jitter=random.random,
        limiters=Limiters(),
    )
    looking = asyncio.ensure_future(_reload_on_change(path, flags, stop))
    try:
        await daemon.run(flags)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _reload_on_change(path: Path, flags: SignalFlags, stop: asyncio.Event) -> None:
    """Tell the daemon that the settings changed, and that it is to stop."""
    known = stamp(path)
    while not stop.is_set():
        await _look(stop)
        if (written := stamp(path)) != known:
            known = written
            flags.reload()
    flags.stop()


async def _look(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), _LOOK)
