"""``ccm watch``: the daemon that runs each connection on its schedule."""

from __future__ import annotations

import os
import random
import sys
from functools import partial
from pathlib import Path

import click

from ccm_core.cli.terminal.daemon_output import LogLines, TerminalStatus, WallClock
from ccm_core.cli.terminal.options import jobs_option, kept_report_option
from ccm_core.cli.terminal.workspace import open_workspace, run_async
from ccm_core.daemon.daemon import Daemon
from ccm_core.daemon.ports import StatusOutput
from ccm_core.daemon.signals import SignalFlags, by_signal
from ccm_core.daemon.systemd_notify import SystemdNotifier
from ccm_core.daemon.watch_job import open_watch_job


@click.command("watch")
@click.argument("connections", nargs=-1)
@kept_report_option
@jobs_option
@click.pass_obj
def command(config: str | None, connections: tuple[str, ...], output: str, jobs: int) -> None:
    """Run as a daemon: collect what is due, evaluate and report, until it is stopped.

    SIGTERM and Ctrl-C stop it within seconds; SIGHUP reads the settings again.
    """
    from ccm_core.sdk.rate_limit import Limiters

    status: StatusOutput = TerminalStatus() if sys.stderr.isatty() else LogLines()
    daemon = Daemon(
        partial(open_watch_job, partial(open_workspace, config), connections, Path(output), jobs),
        clock=WallClock(),
        output=status,
        supervisor=SystemdNotifier(os.environ),
        jitter=random.random,
        limiters=Limiters(),
    )
    run_async(_watch(daemon))


async def _watch(daemon: Daemon) -> None:
    flags = SignalFlags()
    with by_signal(flags):
        await daemon.run(flags)
