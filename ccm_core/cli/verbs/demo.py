"""``ccm demo``: the whole job against a simulated account."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.app.demo import SETTINGS, STORE, Demo, find_demonstration, open_demo
from ccm_core.app.installation import all_plugins
from ccm_core.cli.terminal.exit_codes import Exit, evaluation_code, most_severe, run_code
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.progress import progress_of
from ccm_core.cli.terminal.workspace import TERMINAL, run_async
from ccm_core.cli.verbs.evaluate import print_summary
from ccm_core.model.evaluation.result import StoredEvaluation


@click.command("demo")
@click.argument("connector", required=False)
@click.option(
    "-d",
    "--directory",
    default="demo",
    show_default=True,
    help="Where settings, store and report go; those of an earlier demo are replaced.",
)
def command(connector: str | None, directory: str) -> None:
    """Run on a simulated source: no account, no settings, nothing leaves the machine."""
    catalog, folder = all_plugins(), Path(directory)
    chosen, demonstration = find_demonstration(catalog, connector)
    print_message(f"demonstration on a simulated {chosen.title}: collect, evaluate, report")
    with open_demo(catalog, chosen, demonstration, folder, TERMINAL) as demo:
        code = _run(demo)
    settings = folder / SETTINGS
    print_message(f"a real run would have ended with exit code {int(code)}")
    print_message(f"next: ccm -c {settings} findings list")
    print_message(f"      ccm verify {folder / STORE}   verifies the stored evidence")


def _run(demo: Demo) -> Exit:
    with progress_of([demo.connection], quiet=False) as observers:
        manifests = run_async(demo.collect(observers(demo.connection.name)))

    def print_evaluation(stored: StoredEvaluation) -> None:
        full_report = f"Full report: {demo.report_file}"
        print_summary(demo.workspace, demo.store, stored.evaluation, full_report=full_report)

    cycle = demo.evaluate(print_evaluation)
    print_message(f"report: {demo.report_file}")
    return most_severe([*map(run_code, manifests), evaluation_code(cycle.evaluation.evaluation)])
