"""``ccm evaluate``."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime

import click

from ccm_core.app.workspace import CompiledRuleSet, Workspace, moment
from ccm_core.cli.rules.preview import judged, named, print_comparison, print_evaluation
from ccm_core.cli.terminal.outcome_codes import of_evaluation
from ccm_core.cli.terminal.output import json_option, print_json, say
from ccm_core.model.evaluation.result import Evaluation, KeptEvaluation
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.evaluate import evaluate
from ccm_core.pipeline.incremental.state import EvaluationCache
from ccm_core.pipeline.report import report_input
from ccm_core.pipeline.reproduce import keep, repeat
from ccm_core.report.content.summary import summary
from ccm_core.report.formats.text import WHOLE, WIDTH, screen
from ccm_core.rules.results.diff import compare
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface import EvidenceStore

_HEIGHT = 48
"""Lines, where the output is no terminal."""
_LEAST = 24
_WIDEST = 110
"""Longer lines are hard to read."""


@click.command("evaluate")
@click.option("--as-of", metavar="INSTANT", help="Judge what had been kept by this moment.")
@click.option(
    "--repeat",
    "again",
    is_flag=True,
    help="Make the last evaluation by that moment again, from what is kept, and compare the bytes.",
)
@click.option(
    "--packs",
    multiple=True,
    metavar="PACK|FILE",
    help="Judge with these instead of those of the settings, and keep nothing; may be repeated.",
)
@click.option("--diff", is_flag=True, help="With --packs: say only what they would change.")
@json_option
@click.pass_obj
def command(
    config: str | None,
    as_of: str | None,
    packs: tuple[str, ...],
    *,
    again: bool,
    diff: bool,
    as_json: bool,
) -> int:
    """CompiledRuleSet the kept evidence with the rule packs. No source is asked."""
    if diff and not packs:
        raise click.UsageError("--diff needs --packs: what to compare with")
    if again and packs:
        raise click.UsageError("--repeat uses the packs that were kept; leave out --packs")
    then = moment(as_of)
    place = Workspace.opened(config)
    with place.store(create=False) as store:
        if packs:
            return _otherwise(place, store, packs, then, diff=diff, as_json=as_json)
        if again:
            evaluation = repeat(place.host, store, as_of=then)
            say(f"the evaluation of {format_instant(evaluation.evaluated_at)} comes out the same")
        else:
            evaluation = evaluated(place, store, place.judge(), then).evaluation
        if as_json:
            print_json(evaluation)
        else:
            print_summary(place.host, store, evaluation)
    return of_evaluation(evaluation)


def _otherwise(
    place: Workspace,
    store: EvidenceStore,
    packs: tuple[str, ...],
    as_of: datetime | None,
    *,
    diff: bool,
    as_json: bool,
) -> int:
    """Say what other packs would have said; keep nothing."""
    now = as_of or place.host.clock()
    other = judged(place, store, named(place, packs), now)
    if diff:
        ours = judged(place, store, place.judge().packs, now)
        return print_comparison(compare(ours, other), as_json=as_json)
    print_evaluation(place, store, other.evaluation, as_json=as_json)
    return of_evaluation(other.evaluation)


def evaluated(
    place: Workspace,
    store: EvidenceStore,
    judge: CompiledRuleSet,
    as_of: datetime | None = None,
    recall: EvaluationCache | None = None,
) -> KeptEvaluation:
    """CompiledRuleSet every connection and keep the evaluation."""
    connections = place.connections(secrets=False)
    evaluation = evaluate(
        place.host, connections, store, judge.packs, judge.waivers, as_of=as_of, recall=recall
    )
    return keep(place.host, connections, store, evaluation, judge.ruling)


def print_summary(
    host: Host, store: EvidenceStore, evaluation: Evaluation, whole: str = WHOLE
) -> None:
    """Print the summary a person reads first: as much as a screen holds, and where the rest is."""
    width, height = WIDTH, _HEIGHT
    if sys.stdout.isatty():
        columns, rows = shutil.get_terminal_size()
        width, height = min(columns, _WIDEST), max(rows - 2, _LEAST)
    for line in screen(summary(report_input(host, store, evaluation)), width, height, whole):
        click.echo(line)
