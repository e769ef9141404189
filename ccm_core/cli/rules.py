"""``ccm rules``."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.cli.context import host_of, installed, pack_text
from ccm_core.cli.exits import Exit
from ccm_core.cli.printing import json_option, print_json, print_table, say
from ccm_core.errors import DocumentError
from ccm_core.pipeline import compile_rules
from ccm_core.rules.compiled import CompiledPacks
from ccm_core.rules.interface import PackText
from ccm_core.rules.pack_tests import run_tests, strict_mistakes


@click.group("rules")
def command() -> None:
    """List, check and test rule packs."""


packs_argument = click.argument("packs", nargs=-1, metavar="[PACK|FILE]...")


@command.command("list")
@packs_argument
@json_option
@click.pass_obj
def list_(config: str | None, packs: tuple[str, ...], *, as_json: bool) -> None:
    """List the rules of installed packs, or of those named."""
    _, compiled = _compiled(config, packs)
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
        mistakes = [mistake for text in texts for mistake in strict_mistakes(text, compiled)]
        if mistakes:
            raise DocumentError(mistakes)
    count = sum(len(one.pack.rules) for one in compiled.packs)
    say(f"{len(compiled.packs)} packs with {count} rules are well")


@command.command("test")
@packs_argument
@json_option
@click.pass_obj
def test(config: str | None, packs: tuple[str, ...], *, as_json: bool) -> int:
    """Run the tests that the packs carry."""
    _, compiled = _compiled(config, packs)
    results = run_tests(compiled)
    bad = [one for one in results if not one.good]
    if as_json:
        print_json(results)
    else:
        print_table(
            ("rule", "test", "expected", "got", "reason"),
            [(one.rule, one.test, one.expected, one.got, one.reason) for one in bad],
        )
        say(f"{len(results) - len(bad)} tests passed, {len(bad)} failed")
    return Exit.RULES_FAIL if bad else Exit.WELL


def _compiled(config: str | None, packs: tuple[str, ...]) -> tuple[list[PackText], CompiledPacks]:
    catalog = installed(config)
    texts = [pack_text(catalog, name, Path.cwd()) for name in packs or catalog.packs]
    return texts, compile_rules(host_of(catalog), texts, {})
