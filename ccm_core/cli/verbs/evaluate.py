"""``ccm evaluate``: evaluate rule packs over stored evidence, now or as of a past moment."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import datetime

import click

from ccm_core.app.cycle import evaluate_connections
from ccm_core.app.rule_sets import compile_other_packs, compile_rule_set
from ccm_core.app.workspace import Workspace
from ccm_core.cli.rules.preview import preview_packs, print_comparison, print_evaluation
from ccm_core.cli.terminal.exit_codes import evaluation_code, is_inconclusive_beside_failures
from ccm_core.cli.terminal.options import (
    as_of_option,
    jobs_option,
    json_option,
    read_as_of,
    renamed_option,
)
from ccm_core.cli.terminal.output import print_json, print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.model.evaluation.result import Evaluation, StoredEvaluation
from ccm_core.pipeline.evaluate import current_moment
from ccm_core.pipeline.findings.reported import FindingsOf
from ccm_core.pipeline.report import report_input
from ccm_core.pipeline.reproduce import reproduce
from ccm_core.report.content.summary import summary
from ccm_core.report.formats.terminal_summary import FULL_REPORT, WIDTH, screen_lines
from ccm_core.rules.results.diff import compare
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface.evidence_store import EvidenceStore

_HEIGHT = 48
"""Lines, where the output is no terminal."""
_LEAST_HEIGHT = 24
_MIXED = "Evidence is insufficient beside the failures: the exit code is 3, not 1."
_MOST_WIDTH = 110
"""Longer lines are hard to read."""


@click.command("evaluate")
@as_of_option
@click.option(
    "--reproduce",
    "reproducing",
    is_flag=True,
    help="Evaluate again as the last evaluation by that moment did, and compare the bytes.",
)
@renamed_option("--repeat", "--reproduce")
@click.option(
    "--packs",
    multiple=True,
    metavar="PACK|FILE",
    help="Evaluate with these packs and not those of the settings; nothing is stored.",
)
@click.option("--diff", is_flag=True, help="With --packs: print only what they would change.")
@jobs_option
@json_option
@click.pass_obj
def command(
    config: str | None,
    as_of: str | None,
    packs: tuple[str, ...],
    jobs: int,
    *,
    reproducing: bool,
    diff: bool,
    as_json: bool,
) -> int:
    """Evaluate the stored evidence with the rule packs. No source is queried."""
    if diff and not packs:
        raise click.UsageError("--diff needs --packs: what to compare with")
    if reproducing and packs:
        raise click.UsageError("--reproduce uses the stored packs; leave out --packs")
    if jobs > 1 and (packs or reproducing or as_of is not None):
        raise click.UsageError(
            "--jobs divides what changed since the last evaluation; --as-of, --packs and "
            "--reproduce evaluate everything in one process: leave out --jobs"
        )
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    if packs:
        return _preview(workspace, packs, instant, diff=diff, as_json=as_json)
    if reproducing:
        with workspace.read_store() as store:
            evaluation = reproduce(workspace.host, store, as_of=instant)
            at = format_instant(evaluation.evaluated_at)
            print_message(f"the evaluation of {at} was reproduced: every byte is the same")
            _print(workspace, store, evaluation, instant, as_json=as_json)
    else:
        rules = compile_rule_set(workspace)
        with workspace.write_store(create=False) as store:
            stored = evaluate_connections(workspace, store, rules, as_of=instant, jobs=jobs)
            evaluation = whole(store, stored) if as_json else stored.evaluation
            _print(workspace, store, evaluation, instant, as_json=as_json)
    return evaluation_code(evaluation)


def _print(
    workspace: Workspace,
    store: EvidenceStore,
    evaluation: Evaluation,
    as_of: datetime | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json(evaluation)
    else:
        print_summary(workspace, store, evaluation, as_of=as_of)


def _preview(
    workspace: Workspace,
    names: Sequence[str],
    as_of: datetime | None,
    *,
    diff: bool,
    as_json: bool,
) -> int:
    """Print what other packs would give; keep nothing."""
    with workspace.read_store() as store:
        connections = workspace.connections(secrets=False)
        now = as_of or current_moment(workspace.host, connections, store)
        candidate = preview_packs(workspace, store, compile_other_packs(workspace, names), now)
        if diff:
            rules = compile_rule_set(workspace)
            configured = preview_packs(workspace, store, rules.packs, now)
            return print_comparison(compare(configured, candidate), as_json=as_json)
        print_evaluation(workspace, store, candidate.evaluation, as_json=as_json)
    return evaluation_code(candidate.evaluation)


def whole(store: EvidenceStore, stored: StoredEvaluation) -> Evaluation:
    """Return an evaluation with all its results, for a program to read."""
    return stored.evaluation if stored.complete else store.evaluations.get(stored.digest)


def print_summary(
    workspace: Workspace,
    store: EvidenceStore,
    evaluation: Evaluation,
    *,
    as_of: datetime | None = None,
    full_report: str = FULL_REPORT,
) -> None:
    """Print the summary: as much as a screen holds, and where the full report is."""
    width, height = WIDTH, _HEIGHT
    if sys.stdout.isatty():
        columns, lines = shutil.get_terminal_size()
        width, height = min(columns, _MOST_WIDTH), max(lines - 2, _LEAST_HEIGHT)
    findings = FindingsOf(policy=workspace.finding_policy, as_of=as_of)
    content = summary(report_input(workspace.host, store, evaluation, findings=findings))
    mixed = is_inconclusive_beside_failures(evaluation)
    for line in screen_lines(content, width, height - mixed, full_report):
        print_text(line)
    if mixed:
        print_text(_MIXED)
