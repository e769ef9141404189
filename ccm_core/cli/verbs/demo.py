"""``ccm demo``: the whole job against a simulated account."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccm_core.app.demonstration.open import KEY_VARIABLE, find_demonstration, open_demo
from ccm_core.app.demonstration.past import run_past
from ccm_core.app.demonstration.running import SETTINGS, STORE, Demo
from ccm_core.app.installation import all_plugins
from ccm_core.cli.serve.command import place_of
from ccm_core.cli.serve.run import serve_console
from ccm_core.cli.terminal.exit_codes import Exit, evaluation_code, most_severe, run_code
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.progress import progress_of
from ccm_core.cli.terminal.workspace import TERMINAL, run_async
from ccm_core.cli.verbs.evaluate import print_summary
from ccm_core.model.evaluation.result import StoredEvaluation

if TYPE_CHECKING:
    from ccm_core.web.server import ServedAt


@click.command("demo")
@click.argument("connector", required=False)
@click.option(
    "-d",
    "--directory",
    default="demo",
    show_default=True,
    help="Where settings, store and report go; those of an earlier demo are replaced.",
)
@click.option(
    "--days",
    type=click.IntRange(2, 365),
    default=90,
    show_default=True,
    help="How many days of history it has.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="No history: collect and evaluate once, an account with every flaw there is a check for.",
)
@click.option(
    "--serve",
    is_flag=True,
    help="Then serve the web console on it, and collect from the simulated source beside it.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8480,
    show_default=True,
    help="Where the console is served.",
)
def command(
    connector: str | None, directory: str, days: int, port: int, *, quick: bool, serve: bool
) -> None:
    """Run on a simulated source: no account, no settings, nothing leaves the machine."""
    place = place_of("127.0.0.1", port, None) if serve else None
    catalog, folder = all_plugins(), Path(directory)
    chosen, demonstration = find_demonstration(catalog, connector)
    open_past = None if quick else demonstration.open_past
    past = f"{days} days of history, " if open_past else ""
    print_message(f"demonstration on a simulated {chosen.title}: {past}collect, evaluate, report")
    opened = open_past(days) if open_past else demonstration.open()
    with open_demo(catalog, chosen, opened, folder, TERMINAL) as demo:
        code = _run(run_async(run_past(demo, _print_step)))
        if place is not None:
            _serve(demo, place)
            return
    settings = folder / SETTINGS
    print_message(f"a real run would have ended with exit code {int(code)}")
    print_message(f"next: ccm -c {settings} findings list")
    print_message(f"      ccm verify {folder / STORE}   verifies the stored evidence")


def _serve(demo: Demo, place: ServedAt) -> None:
    """Serve the console, with the key of the source in the environment: settings hold no secret."""
    demo.store.close()
    for secret in demo.connection.secrets.values():
        os.environ[KEY_VARIABLE] = secret.reveal()
    serve_console(demo.settings_file, place, None, demo.report_file)


def _print_step(number: int, count: int) -> None:
    """Print ten times how far it is."""
    if number and number % max(1, count // 10) == 0:
        print_message(f"history: {100 * number // count} %")


def _run(demo: Demo) -> Exit:
    with progress_of([demo.connection], quiet=False) as observers:
        manifests = run_async(demo.collect(observers(demo.connection.name)))

    def print_evaluation(stored: StoredEvaluation) -> None:
        full_report = f"Full report: {demo.report_file}"
        print_summary(demo.workspace, demo.store, stored.evaluation, full_report=full_report)

    cycle = demo.evaluate(print_evaluation)
    print_message(f"report: {demo.report_file}")
    return most_severe([*map(run_code, manifests), evaluation_code(cycle.evaluation.evaluation)])
