"""``ccm evaluate``."""

from __future__ import annotations

from datetime import datetime

import click

from ccm_core.cli.context import Judge, Workplace, moment
from ccm_core.cli.printing import json_option, print_json
from ccm_core.cli.verdicts import of_evaluation
from ccm_core.model.result import Evaluation
from ccm_core.pipeline import evaluate, report
from ccm_core.report.text import TextReport
from ccm_core.store.interface import EvidenceStore


@click.command("evaluate")
@click.option("--as-of", metavar="INSTANT", help="Judge what had been kept by this moment.")
@json_option
@click.pass_obj
def command(config: str | None, as_of: str | None, *, as_json: bool) -> int:
    """Judge the kept evidence with the rule packs. No source is asked."""
    then = moment(as_of)
    place = Workplace.opened(config)
    with place.store(create=False) as store:
        evaluation = evaluated(place, store, place.judge(), then)
        if as_json:
            print_json(evaluation)
        else:
            print_summary(place, store, evaluation)
    return of_evaluation(evaluation)


def evaluated(
    place: Workplace, store: EvidenceStore, judge: Judge, as_of: datetime | None = None
) -> Evaluation:
    """Judge every connection and keep the evaluation."""
    connections = place.connections(secrets=False)
    evaluation = evaluate(place.host, connections, store, judge.packs, judge.waivers, as_of=as_of)
    store.keep_evaluation(evaluation)
    return evaluation


def print_summary(place: Workplace, store: EvidenceStore, evaluation: Evaluation) -> None:
    """Print the summary a person reads first."""
    click.echo(report(place.host, store, evaluation, TextReport()).decode().rstrip("\n"))
