"""``ccm rules``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path

import click

from ccm_core import schemas
from ccm_core.app.installation import build_host, configured_plugins
from ccm_core.app.rule_sets import pack_text
from ccm_core.cli.rules.preview import diff, try_
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import json_option, settings_file
from ccm_core.cli.terminal.output import print_json, print_message, print_table
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.documents import suggest
from ccm_core.errors import DocumentError, UsageError
from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import AutomationCoverage
from ccm_core.pipeline.evaluate import compile_rules
from ccm_core.pipeline.mutate_evidence import mutate_evidence
from ccm_core.report.content.phrases import automated
from ccm_core.rules.evaluate.automation import Automation, automation
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.pack.loader import SCHEMA
from ccm_core.rules.testing.mutation import MutationResult, mutate
from ccm_core.rules.testing.runner import coverage_mistakes, run_cases
from ccm_core.rules.types import PackText


@click.group("rules")
def command() -> None:
    """List, check, test, try and compare rule packs."""


command.add_command(try_)
command.add_command(diff)

packs_argument = click.argument("packs", nargs=-1, metavar="[PACK|FILE]...")


@command.command("list")
@packs_argument
@click.option(
    "--controls",
    "framework",
    metavar="FRAMEWORK",
    help="List the controls of this framework and the rules that support each.",
)
@json_option
@click.pass_obj
def list_(
    config: str | None, packs: tuple[str, ...], framework: str | None, *, as_json: bool
) -> None:
    """List the rules of installed packs, or of those named."""
    _, compiled = _compiled(config, packs)
    if framework is not None:
        _list_controls(compiled, framework, as_json=as_json)
        return
    rules = [(one.pack, rule) for one in compiled.packs for rule in one.pack.rules]
    if as_json:
        print_json(
            [{"pack": pack.name, "version": pack.version, "rule": rule} for pack, rule in rules]
        )
        return
    print_table(
        ("pack", "rule", "severity", "over", "title"),
        [(pack.name, rule.id, rule.severity, rule.over, rule.title) for pack, rule in rules],
    )


@command.command("check")
@packs_argument
@click.option(
    "--strict",
    is_flag=True,
    help="Also want a passing, failing and insufficient test of each rule.",
)
@click.pass_obj
def check(config: str | None, packs: tuple[str, ...], *, strict: bool) -> None:
    """Check packs; every mistake in one go, as file:line:column."""
    texts, compiled = _compiled(config, packs)
    if strict:
        mistakes = [mistake for text in texts for mistake in coverage_mistakes(text, compiled)]
        if mistakes:
            raise DocumentError(mistakes)
    count = sum(len(one.pack.rules) for one in compiled.packs)
    print_message(f"{len(compiled.packs)} packs with {count} rules are well")


@command.command("test")
@packs_argument
@json_option
@click.pass_obj
def test(config: str | None, packs: tuple[str, ...], *, as_json: bool) -> int:
    """Run the tests that the packs carry."""
    _, compiled = _compiled(config, packs)
    results = run_cases(compiled)
    bad = [one for one in results if not one.good]
    if as_json:
        print_json(results)
    else:
        print_table(
            ("rule", "test", "expected", "got", "reason"),
            [(one.rule, one.test, one.expected, one.got, one.reason) for one in bad],
        )
        print_message(f"{len(results) - len(bad)} tests passed, {len(bad)} failed")
    return Exit.RULES_FAIL if bad else Exit.OK


@command.command("mutate")
@packs_argument
@click.option(
    "--evidence",
    "kept",
    is_flag=True,
    help="Take away from the evidence that is kept instead of from the tests.",
)
@json_option
@click.pass_obj
def mutate_(config: str | None, packs: tuple[str, ...], *, kept: bool, as_json: bool) -> int:
    """Take away what rules rest on: no rule may turn to a pass."""
    _, compiled = _compiled(config, packs)
    results = _mutated_evidence(config, compiled) if kept else mutate(compiled)
    lies = [one for one in results if one.lies]
    if as_json:
        print_json(results)
    else:
        print_table(
            ("rule", "test", "mutation", "before", "after"),
            [(one.rule, one.test, one.mutation, one.before, one.after) for one in lies],
        )
        tried = "" if kept else f"{len(results)} mutations, "
        print_message(
            f"{tried}{len(lies)} of which let a rule pass that may not"
            if tried
            else f"{len(lies)} results became a pass when evidence was taken away"
        )
    return Exit.RULES_FAIL if lies else Exit.OK


@command.command("schema")
@click.pass_obj
def schema(config: str | None) -> None:
    """Print the JSON Schema of packs, for editors, with the kinds and views that are installed."""
    catalog = configured_plugins(settings_file(config))
    found = deepcopy(schemas.load(SCHEMA))
    host = build_host(catalog)
    found["$defs"]["source"]["enum"] = sorted([*host.kinds, *host.views])
    print_json(found)


def _mutated_evidence(config: str | None, compiled: CompiledPacks) -> tuple[MutationResult, ...]:
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        connections = workspace.connections(secrets=False)
        return mutate_evidence(workspace.host, connections, store, compiled)


def _list_controls(compiled: CompiledPacks, framework: str, *, as_json: bool) -> None:
    rows = [
        (control, rule)
        for pack in compiled.packs
        for rule in pack.pack.rules
        for control in rule.controls
    ]
    known = sorted({control.framework for control, _ in rows})
    if framework not in known:
        raise UsageError(suggest("framework", framework, known, among="supported here"))
    wanted = sorted(
        (control.id, rule.id, rule.severity.value, control.why or "")
        for control, rule in rows
        if control.framework == framework
    )
    shares = {
        name: automation((one.pack for one in compiled.packs), framework, name)
        for name in sorted({row[0] for row in wanted})
    }
    if as_json:
        keys = ("control", "rule", "severity", "why")
        print_json(
            [dict(zip(keys, row, strict=True)) | json_codec.plain(shares[row[0]]) for row in wanted]
        )
        return
    print_table(
        ("control", "rule", "severity", "why"),
        sorted([*wanted, *_manual_procedures(shares)], key=_first),
    )
    stated = automated(one.automated for one in shares.values())
    print_message(f"{len(shares)} controls of {framework} have rules: {stated}")


def _manual_procedures(shares: Mapping[str, Automation]) -> Iterator[tuple[str, str, str, str]]:
    """Give a line for each thing that is left to people; one where that is not known."""
    for name, share in shares.items():
        for text in share.manual_procedures:
            yield name, "by hand", "", text
        if share.automated is AutomationCoverage.NOT_STATED:
            yield name, "by hand", "", "not stated"


def _first(row: Sequence[str]) -> str:
    return row[0]


def _compiled(config: str | None, packs: tuple[str, ...]) -> tuple[list[PackText], CompiledPacks]:
    catalog = configured_plugins(settings_file(config))
    texts = [pack_text(catalog, name, Path.cwd()) for name in packs or catalog.packs]
    return texts, compile_rules(build_host(catalog), texts, {})
