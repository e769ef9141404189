"""``ccm run``."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.exit_codes import gravest
from ccm_core.cli.terminal.outcome_codes import of_evaluation, of_manifest
from ccm_core.cli.terminal.output import json_option, print_json, say
from ccm_core.cli.verbs.collect import collected
from ccm_core.cli.verbs.evaluate import evaluated, print_summary
from ccm_core.cli.verbs.notify import notified
from ccm_core.cli.verbs.report import write_report


@click.command("run")
@click.option("--all", "everything", is_flag=True, help="Read what is not due as well.")
@click.option(
    "-o",
    "--output",
    default="ccm-report.html",
    show_default=True,
    metavar="FILE",
    help="Where to write the HTML report.",
)
@json_option
@click.pass_obj
def command(config: str | None, output: str, *, everything: bool, as_json: bool) -> int:
    """Collect what is due, judge everything, and write the report."""
    place = Workspace.opened(config)
    judge = place.judge()  # a mistake in a pack is told before anything is asked of a source
    with place.store(create=True) as store:
        manifests = collected(place, store, (), everything=everything, quiet=as_json)
        kept = evaluated(place, store, judge)
        evaluation = kept.evaluation
        if as_json:
            print_json({"manifests": manifests, "evaluation": evaluation})
        else:
            print_summary(place.host, store, evaluation)
        write_report(place.host, store, kept, "html", Path(output))
        for failure in notified(place, store, evaluation):
            say(failure)
    return gravest([*map(of_manifest, manifests), of_evaluation(evaluation)])
