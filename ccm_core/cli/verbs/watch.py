"""``ccm watch``."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from ccm_core.app.workspace import CompiledRuleSet, Workspace, clock
from ccm_core.cli.verbs.evaluate import evaluated
from ccm_core.cli.verbs.notify import notified
from ccm_core.cli.verbs.report import put_file
from ccm_core.daemon.daemon import Daemon
from ccm_core.daemon.log_lines import stamped
from ccm_core.daemon.ports import WatchJob, StatusOutput
from ccm_core.daemon.signals import SignalFlags, by_signal
from ccm_core.daemon.systemd_notify import SystemdNotifier
from ccm_core.model.evaluation.result import Evaluation, Status
from ccm_core.pipeline.context import Connection
from ccm_core.pipeline.incremental.state import EvaluationCache
from ccm_core.pipeline.report import report
from ccm_core.report.registry import FORMATS
from ccm_core.sdk.rate_limit import Limiters
from ccm_core.store.interface import EvidenceStore

_ERASE = "\r\x1b[2K"


@click.command("watch")
@click.argument("connections", nargs=-1)
@click.option(
    "-o",
    "--output",
    default="ccm-report.html",
    show_default=True,
    metavar="FILE",
    help="Where to keep the HTML report.",
)
@click.pass_obj
def command(config: str | None, connections: tuple[str, ...], output: str) -> None:
    """Keep collecting what is due, judging and reporting, until it is stopped.

    SIGTERM and Ctrl-C stop it within seconds; SIGHUP reads the settings anew.
    """
    voice: StatusOutput = Screen() if sys.stderr.isatty() else Log()
    watching = Daemon(
        partial(_duty, config, connections, Path(output)),
        clock=WallClock(),
        voice=voice,
        supervisor=SystemdNotifier(os.environ),
        jitter=random.random,
        limiters=Limiters(),
    )
    asyncio.run(_watch(watching))


async def _watch(watching: Daemon) -> None:
    orders = SignalFlags()
    with by_signal(orders):
        await watching.run(orders)


@contextmanager
def _duty(config: str | None, names: tuple[str, ...], output: Path) -> Iterator[WatchJob]:
    """Read the settings and everything they name; a mistake in any of it is told at once."""
    place = Workspace.opened(config)
    judge = place.judge()
    wanted = place.connections(names, secrets=True)
    with place.store(create=True) as store:
        yield WatchJob(
            host=place.host,
            store=store,
            connections=tuple(one.name for one in wanted),
            connection=partial(_connection, place),
            judge=partial(_judged, place, store, judge, output, EvaluationCache()),
        )


def _connection(place: Workspace, name: str) -> Connection:
    (found,) = place.connections((name,), secrets=True)
    return found


def _judged(
    place: Workspace, store: EvidenceStore, judge: CompiledRuleSet, output: Path, recall: EvaluationCache
) -> str:
    kept = evaluated(place, store, judge, recall=recall)
    put_file(output, report(place.host, store, kept, FORMATS["html"]))
    return "; ".join([_verdict(kept.evaluation), *notified(place, store, kept.evaluation)])


def _verdict(evaluation: Evaluation) -> str:
    counted = Counter(rule.status for rule in evaluation.rules)
    said = (f"{counted[status]} {status.value.replace('_', ' ')}" for status in Status)
    present = [one for one, status in zip(said, Status, strict=True) if counted[status]]
    return f"rules: {', '.join(present) or 'none'}"


class WallClock:
    """The time as the machine has it."""

    now = staticmethod(clock)
    sleep = staticmethod(asyncio.sleep)


class Log:
    """A line to the error stream for each thing that happened, with its moment."""

    def say(self, line: str) -> None:
        """Write it."""
        click.echo(stamped(clock(), " ".join(line.split())), err=True)

    def show(self, status: str) -> None:
        """Leave it: a log is no place for what changes every second."""


class Screen(Log):
    """The same on a terminal, and below it one line that says how things are."""

    def __init__(self) -> None:
        """Begin without a status."""
        self._status = ""

    def say(self, line: str) -> None:
        """Write it above the status."""
        click.echo(_ERASE, nl=False, err=True)
        super().say(line)
        self._draw()

    def show(self, status: str) -> None:
        """Draw it in the place of the one before."""
        if status != self._status:
            self._status = status
            self._draw()

    def _draw(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        click.echo(_ERASE + " ".join(self._status.split())[:width], nl=False, err=True)
