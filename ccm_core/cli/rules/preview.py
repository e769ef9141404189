"""Rules that are not in use yet, against the evidence that is kept. Nothing is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click

from ccm_core.app.workspace import Workspace, moment, pack_text
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.outcome_codes import of_evaluation
from ccm_core.cli.terminal.output import json_option, print_json, say
from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.pipeline.evaluate import compile_rules, evaluate
from ccm_core.pipeline.report import report_input
from ccm_core.report.formats.text import TextReport
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.pack.loader import read_pack
from ccm_core.rules.results.diff import RuleSetComparison, ResultDifference, ComparisonSide, compare
from ccm_core.store.interface import EvidenceStore

as_of_option = click.option(
    "--as-of", metavar="INSTANT", help="Judge what had been kept by this moment."
)
_MOST = 20


@click.command("try")
@click.argument("packs", nargs=-1, required=True, metavar="PACK|FILE...")
@as_of_option
@json_option
@click.pass_obj
def try_(config: str | None, packs: tuple[str, ...], as_of: str | None, *, as_json: bool) -> int:
    """CompiledRuleSet the kept evidence with packs that are not in use. Nothing is kept of it."""
    then = moment(as_of)
    place = Workspace.opened(config)
    with place.store(create=False) as store:
        found = judged(place, store, named(place, packs), then).evaluation
        print_evaluation(place, store, found, as_json=as_json)
    return of_evaluation(found)


@click.command("diff")
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER")
@as_of_option
@json_option
@click.pass_obj
def diff(config: str | None, before: str, after: str, as_of: str | None, *, as_json: bool) -> int:
    """Say what would be different with another pack, or another version of one."""
    then = moment(as_of)
    place = Workspace.opened(config)
    sides = [named(place, [name]) for name in (before, after)]
    with place.store(create=False) as store:
        now = then or place.host.clock()
        one, other = (judged(place, store, packs, now) for packs in sides)
    return print_comparison(compare(one, other), as_json=as_json)


def named(place: Workspace, names: Sequence[str]) -> CompiledPacks:
    """Compile packs by name or file, with those parameters of the settings that they have.

    Raises:
        UsageError: One is not there, or has mistakes.
    """
    texts = [pack_text(place.catalog, name, Path.cwd()) for name in names]
    try:
        known = {one.name for text in texts for one in read_pack(text).parameters}
    except DocumentError:
        known = set()  # compiling tells these mistakes with all the others
    settings = place.settings.rules.parameters
    chosen = {name: value for name, value in settings.items() if name in known}
    return compile_rules(place.host, texts, chosen)


def judged(
    place: Workspace, store: EvidenceStore, packs: CompiledPacks, as_of: datetime | None
) -> ComparisonSide:
    """CompiledRuleSet every connection; nothing is kept."""
    connections = place.connections(secrets=False)
    waivers = place.waivers()
    found = evaluate(place.host, connections, store, packs, waivers, as_of=as_of)
    return ComparisonSide(packs=packs, evaluation=found)


def print_evaluation(
    place: Workspace, store: EvidenceStore, found: Evaluation, *, as_json: bool
) -> None:
    """Print an evaluation, or the summary a person reads first."""
    if as_json:
        print_json(found)
        return
    given = report_input(place.host, store, found)
    click.echo(TextReport().render(given).decode().rstrip("\n"))


def print_comparison(found: RuleSetComparison, *, as_json: bool) -> int:
    """Print what differs; the code says whether something does."""
    if as_json:
        print_json(found)
    elif found.same:
        say("nothing would be different")
    else:
        for line in _lines(found):
            click.echo(line)
    return Exit.OK if found.same else Exit.RULES_FAIL


def _lines(found: RuleSetComparison) -> Iterator[str]:
    for parameter in found.parameters:
        name = f"{parameter.pack}: parameter {parameter.name}"
        yield f"{name}: {_value(parameter.before)} -> {_value(parameter.after)}"
    for rule in found.rules:
        changed = f" ({', '.join(rule.changed)} changed)" if rule.changed else ""
        yield f"{rule.rule}: {_arrow(rule.before, rule.after, 'no rule')}{changed}"
        yield from (f"  {_result(one)}" for one in rule.results[:_MOST])
        if len(rule.results) > _MOST:
            yield f"  and {len(rule.results) - _MOST:,} more"
    for control in found.controls:
        arrow = _arrow(control.before, control.after, "not mapped")
        yield f"control {control.framework}:{control.id}: {arrow}"


def _result(one: ResultDifference) -> str:
    arrow = _arrow(one.before, one.after, "not judged")
    title = " ".join(one.title.split())
    return f"{title} [{one.id}]: {arrow}: {' '.join(one.reason.split())}"


def _arrow(before: str | None, after: str | None, nothing: str) -> str:
    if before == after:
        return f"{before or nothing}, as before"
    return f"{before or nothing} -> {after or nothing}"


def _value(value: object) -> str:
    return "none" if value is None else str(value)
