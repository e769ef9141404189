"""``ccm run``: collect, evaluate, report and notify in one go, for cron."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.app.cycle import CollectedRuns, collect_connections, evaluate_report_notify
from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.cli.terminal.exit_codes import evaluation_code, most_severe, run_code
from ccm_core.cli.terminal.options import jobs_option, json_option
from ccm_core.cli.terminal.output import print_json, print_message
from ccm_core.cli.terminal.progress import progress_of
from ccm_core.cli.terminal.workspace import open_workspace, run_async
from ccm_core.cli.verbs.collect import print_clock_offsets
from ccm_core.cli.verbs.evaluate import print_summary, whole
from ccm_core.errors import ClockMismatch
from ccm_core.model.evaluation.result import StoredEvaluation


@click.command("run")
@click.option("--all", "force", is_flag=True, help="Read what is not due as well.")
@click.option(
    "-o",
    "--output",
    default="ccm-report.html",
    show_default=True,
    metavar="FILE",
    help="Where to write the HTML report.",
)
@jobs_option
@json_option
@click.pass_obj
def command(config: str | None, output: str, jobs: int, *, force: bool, as_json: bool) -> int:
    """Collect what is due, evaluate, write the report and notify."""
    workspace = open_workspace(config)
    rules = compile_rule_set(workspace)  # its mistakes are reported before a source is asked
    with workspace.write_store(create=True) as store:
        connections = workspace.connections(secrets=True)
        with progress_of(connections, quiet=as_json) as observers:
            collected = run_async(
                collect_connections(workspace, store, connections, observers, force=force)
            )
        manifests = collected.manifests
        if not is_evaluable(collected):
            collected.raise_errors()

        def print_evaluation(stored: StoredEvaluation) -> None:
            if as_json:
                print_json({"manifests": manifests, "evaluation": whole(store, stored)})
            else:
                print_summary(workspace, store, stored.evaluation)

        cycle = evaluate_report_notify(
            workspace, store, rules, Path(output), jobs=jobs, on_evaluation=print_evaluation
        )
        print_message(f"report: {output}")
        print_clock_offsets(manifests)
        for failure in cycle.failures:
            print_message(failure)
    collected.raise_errors()
    return most_severe([*map(run_code, manifests), evaluation_code(cycle.evaluation.evaluation)])


def is_evaluable(collected: CollectedRuns) -> bool:
    """Return whether what was collected is to be evaluated, whatever could not be.

    Nothing is evaluated where no connection was collected, nor by a clock that is wrong.
    """
    is_wrong_clock = any(isinstance(error, ClockMismatch) for error in collected.errors)
    return not collected.errors or (bool(collected.manifests) and not is_wrong_clock)
