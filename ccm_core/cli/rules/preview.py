"""Rules that are not in use yet, evaluated over the stored evidence. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from ccm_core.app.rule_sets import compile_other_packs, configured_waivers
from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.exit_codes import Exit, evaluation_code
from ccm_core.cli.terminal.options import as_of_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.pipeline.evaluate import current_moment, evaluate
from ccm_core.pipeline.report import report_input
from ccm_core.report.formats.terminal_summary import TextReport
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.results.diff import (
    ComparisonSide,
    ResultDifference,
    RuleSetComparison,
    compare,
)
from ccm_core.store.interface.evidence_store import EvidenceStore

_MOST_RESULTS = 20


@click.command("preview")
@click.argument("packs", nargs=-1, required=True, metavar="PACK|FILE...")
@as_of_option
@json_option
@click.pass_obj
def preview(config: str | None, packs: tuple[str, ...], as_of: str | None, *, as_json: bool) -> int:
    """Evaluate the stored evidence with packs that are not in use. Nothing is stored."""
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        compiled = compile_other_packs(workspace, packs)
        evaluation = preview_packs(workspace, store, compiled, instant).evaluation
        print_evaluation(workspace, store, evaluation, as_json=as_json)
    return evaluation_code(evaluation)


@click.command("diff")
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER")
@as_of_option
@json_option
@click.pass_obj
def diff(config: str | None, before: str, after: str, as_of: str | None, *, as_json: bool) -> int:
    """Print what another pack, or another version of one, would change."""
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    sides = [compile_other_packs(workspace, [name]) for name in (before, after)]
    with workspace.read_store() as store:
        connections = workspace.connections(secrets=False)
        now = instant or current_moment(workspace.host, connections, store)
        old, new = (preview_packs(workspace, store, packs, now) for packs in sides)
    return print_comparison(compare(old, new), as_json=as_json)


def preview_packs(
    workspace: Workspace, store: EvidenceStore, packs: CompiledPacks, as_of: datetime | None
) -> ComparisonSide:
    """Evaluate every connection with some packs; nothing is stored."""
    connections = workspace.connections(secrets=False)
    waivers = configured_waivers(workspace)
    evaluation = evaluate(workspace.host, connections, store, packs, waivers, as_of=as_of)
    return ComparisonSide(packs=packs, evaluation=evaluation)


def print_evaluation(
    workspace: Workspace, store: EvidenceStore, evaluation: Evaluation, *, as_json: bool
) -> None:
    """Print an evaluation as JSON, or its summary."""
    if as_json:
        print_json(evaluation)
        return
    content = report_input(workspace.host, store, evaluation, findings=None)
    print_text(TextReport().render(content).decode().rstrip("\n"))


def print_comparison(comparison: RuleSetComparison, *, as_json: bool) -> int:
    """Print what differs; return the code that says whether something does."""
    if as_json:
        print_json(comparison)
    elif comparison.same:
        print_message("nothing would change")
    else:
        for line in _lines(comparison):
            print_text(line)
    return Exit.OK if comparison.same else Exit.RULES_FAIL


def _lines(comparison: RuleSetComparison) -> Iterator[str]:
    for parameter in comparison.parameters:
        name = f"{parameter.pack}: parameter {parameter.name}"
        yield f"{name}: {_value(parameter.before)} -> {_value(parameter.after)}"
    for rule in comparison.rules:
        changed = f" ({', '.join(rule.changed)} changed)" if rule.changed else ""
        yield f"{rule.rule}: {_arrow(rule.before, rule.after, 'no rule')}{changed}"
        yield from (f"  {_result(result)}" for result in rule.results[:_MOST_RESULTS])
        if len(rule.results) > _MOST_RESULTS:
            yield f"  and {len(rule.results) - _MOST_RESULTS:,} more"
    for control in comparison.controls:
        arrow = _arrow(control.before, control.after, "not mapped")
        yield f"control {control.framework}:{control.id}: {arrow}"


def _result(result: ResultDifference) -> str:
    arrow = _arrow(result.before, result.after, "not evaluated")
    title = " ".join(result.title.split())
    return f"{title} [{result.id}]: {arrow}: {' '.join(result.reason.split())}"


def _arrow(before: str | None, after: str | None, nothing: str) -> str:
    if before == after:
        return f"{before or nothing}, as before"
    return f"{before or nothing} -> {after or nothing}"


def _value(value: object) -> str:
    return "none" if value is None else str(value)
