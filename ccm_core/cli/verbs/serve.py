"""``ccm serve``: the web console, and the daemon's cycle beside it."""

from __future__ import annotations

import asyncio
import getpass
import os
import random
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ccm_core.app.installation import clock
from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.options import settings_file
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.workspace import run_async
from ccm_core.cli.verbs.watch import LogLines, WallClock
from ccm_core.config.locate import find
from ccm_core.daemon.daemon import Daemon
from ccm_core.daemon.signals import SignalFlags, by_signal
from ccm_core.daemon.systemd_notify import SystemdNotifier
from ccm_core.daemon.watch_job import open_watch_job
from ccm_core.errors import UsageError

if TYPE_CHECKING:
    from ccm_core.web.console import Console
    from ccm_core.web.server import ServedAt

_LOOK = 2.0
"""Seconds between two looks at the settings file."""
_WEB = CallerPorts(show_message=print_message, key_sources=environment_keys)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(1, 65535), default=8480, show_default=True)
@click.option(
    "--socket",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A Unix socket in the place of a port: no other user of this machine reaches it.",
)
@click.option(
    "--origin",
    metavar="URL",
    help="Where browsers find it, where that is another address: http://localhost:9000.",
)
@click.option("--no-watch", is_flag=True, help="Only the console: nothing is collected.")
@click.option(
    "-o",
    "--output",
    default="ccm-report.html",
    show_default=True,
    metavar="FILE",
    help="Where to keep the HTML report.",
)
@click.pass_obj
def command(
    config: str | None,
    host: str,
    port: int,
    socket: Path | None,
    origin: str | None,
    output: str,
    *,
    no_watch: bool,
) -> None:
    """Serve the web console on this machine, and collect what is due beside it.

    It prints a link that signs in once. Every local user can reach a loopback port, but without
    that link nobody is let in; with --socket nobody else can reach it.
    """
    _require_loopback(host)
    path = find(settings_file(config), environment=os.environ, folder=Path())
    serve_console(path, _place(host, port, socket), origin, None if no_watch else Path(output))


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
    console = _console(path, place, origin)
    print_message(f"the console is at {console.origin}/")
    print_message(f"sign in once with {console.origin}/sign-in?link={console.link.renew()}")
    run_async(_run(console, path, place, report))


def _require_loopback(host: str) -> None:
    with suppress(ValueError):
        if ip_address(host).is_loopback:
            return
    if host != "localhost":
        raise UsageError(
            f"--host {host}: expected a loopback address. Whoever holds the link is an "
            "administrator, so it is not served to a network; put a proxy that signs people in "
            "before it, and name its address with --origin"
        )


def _place(host: str, port: int, socket: Path | None) -> ServedAt:
    try:
        import starlette  # noqa: F401 - is it there?
        import uvicorn  # noqa: F401 - is it there?

        from ccm_core.web.server import ServedAt
    except ImportError as cause:
        raise UsageError(
            f"the console needs {cause.name}, which is not installed: pip install 'ccm-core[web]'"
        ) from cause
    return ServedAt(host=host, port=port, socket=socket)


def _console(path: Path, place: ServedAt, origin: str | None) -> Console:
    from ccm_core.web.access.identity import LOCAL, Identity, SessionLimits
    from ccm_core.web.access.one_time_link import OneTimeLink
    from ccm_core.web.access.roles import Role
    from ccm_core.web.console import Console, CurrentWorkspace

    host = f"[{place.host}]" if ":" in place.host else place.host
    reached = origin.rstrip("/") if origin else f"http://{host}:{place.port}"
    parts = urlsplit(reached)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
        raise UsageError(f"--origin {origin!r}: expected a scheme, a host and perhaps a port")
    workspaces = CurrentWorkspace(path, partial(Workspace.open, path, _WEB))
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
            await asyncio.gather(
                *filter(None, (stopping, watching)), return_exceptions=watching is None
            )


async def _watch(path: Path, report: Path, stop: asyncio.Event) -> None:
    """Run the daemon's cycle; where the settings do not allow it yet, wait until they change."""
    output = LogLines()
    while not stop.is_set():
        before = _stamp(path)
        try:
            await _daemon(path, report, output, stop)
        except UsageError as error:
            output.log(f"nothing is collected: {error}")
            while not stop.is_set() and _stamp(path) == before:
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
    known = _stamp(path)
    while not stop.is_set():
        await _look(stop)
        if (stamp := _stamp(path)) != known:
            known = stamp
            flags.reload()
    flags.stop()


async def _look(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), _LOOK)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size
