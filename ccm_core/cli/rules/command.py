"""``ccm rules``: list, check, test, mutate, preview and compare rule packs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from pathlib import Path

import click

from ccm_core import schemas
from ccm_core.app.audit.record_validation import record_mutations, record_tests
from ccm_core.app.frameworks.catalogues import refuse_unknown_controls
from ccm_core.app.installation import build_host, clock, configured_plugins
from ccm_core.app.rule_sets import pack_text
from ccm_core.app.workspace import Workspace
from ccm_core.cli.rules.preview import diff, preview
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import json_option, renamed_command, settings_file
from ccm_core.cli.terminal.output import print_json, print_message, print_table
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.documents import suggest
from ccm_core.errors import DocumentError, UsageError
from ccm_core.model import json_codec
from ccm_core.model.audit.validation import Validation
from ccm_core.model.evaluation.result import AutomationCoverage
from ccm_core.model.evaluation.rule import Rule, Severity
from ccm_core.model.evaluation.rule_choices import DisabledRules, RuleChoices
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.evaluate import compile_rules
from ccm_core.pipeline.mutate_evidence import mutate_evidence
from ccm_core.report.content.phrases import automated
from ccm_core.rules.evaluate.automation_coverage import Automation, automation
from ccm_core.rules.pack.compile_packs import SCHEMA
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.testing.mutation import MutationResult, mutate
from ccm_core.rules.testing.runner import coverage_mistakes, run_cases
from ccm_core.rules.types import PackText


@click.group("rules")
def command() -> None:
    """List, check, test, preview and compare rule packs."""


command.add_command(preview)
command.add_command(renamed_command("try", "ccm rules preview"))
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
    rules = [(pack.pack, rule) for pack in compiled.packs for rule in pack.pack.rules]
    chosen = _choices(config)
    if as_json:
        print_json(
            [
                {
                    "pack": pack.name,
                    "version": pack.version,
                    "rule": rule,
                    "severity": chosen.severity(rule),
                    "switched_off": chosen.off(rule),
                }
                for pack, rule in rules
            ]
        )
        return
    print_table(
        ("pack", "rule", "severity", "over", "title"),
        [
            (pack.name, rule.id, chosen.severity(rule), rule.over, chosen.title(rule))
            for pack, rule in rules
        ],
    )


@command.command("check")
@packs_argument
@click.option(
    "--strict",
    is_flag=True,
    help="Also expect a passing, failing and insufficient test of each rule.",
)
@click.pass_obj
def check(config: str | None, packs: tuple[str, ...], *, strict: bool) -> None:
    """Check packs, and list every mistake as file:line:column."""
    texts, compiled = _compiled(config, packs)
    refuse_unknown_controls(_settings_if_any(config), texts)
    if strict:
        mistakes = [mistake for text in texts for mistake in coverage_mistakes(text, compiled)]
        if mistakes:
            raise DocumentError(mistakes)
    count = sum(len(pack.pack.rules) for pack in compiled.packs)
    print_message(f"{_count(len(compiled.packs), 'pack')}, {_count(count, 'rule')}: OK")


record_option = click.option(
    "--record",
    is_flag=True,
    help="Store the outcome in the ledger, for period reports and evidence packages.",
)


@command.command("test")
@packs_argument
@record_option
@json_option
@click.pass_obj
def test(config: str | None, packs: tuple[str, ...], *, record: bool, as_json: bool) -> int:
    """Run the tests that the packs carry."""
    _, compiled = _compiled(config, packs)
    results = run_cases(compiled)
    if record:
        _print_recorded(record_tests(open_workspace(config), compiled, results))
    failed = [result for result in results if not result.passed]
    if as_json:
        print_json(results)
    else:
        print_table(
            ("rule", "test", "expected", "got", "reason"),
            [
                (result.rule, result.test, result.expected, result.actual, result.reason)
                for result in failed
            ],
        )
        print_message(f"{len(results) - len(failed)} tests passed, {len(failed)} failed")
    return Exit.RULES_FAIL if failed else Exit.OK


@command.command("mutate")
@packs_argument
@click.option(
    "--evidence",
    "stored",
    is_flag=True,
    help="Remove stored evidence, not that of the tests.",
)
@record_option
@json_option
@click.pass_obj
def mutate_(
    config: str | None, packs: tuple[str, ...], *, stored: bool, record: bool, as_json: bool
) -> int:
    """Remove evidence that rules depend on: no result may become a pass."""
    if record and stored:
        raise UsageError(
            "--record is of the mutations of the packs' tests, and those of stored evidence are "
            "not counted; leave --evidence out"
        )
    _, compiled = _compiled(config, packs)
    results = _mutated_evidence(config, compiled) if stored else mutate(compiled)
    if record:
        _print_recorded(record_mutations(open_workspace(config), compiled, results))
    wrong = [result for result in results if result.false_pass]
    if as_json:
        print_json(results)
    else:
        print_table(
            ("rule", "test", "mutation", "before", "after"),
            [
                (result.rule, result.test, result.mutation, result.before, result.after)
                for result in wrong
            ],
        )
        total = "" if stored else f"{len(results)} mutations, "
        print_message(f"{total}{_count(len(wrong), 'result')} wrongly became a pass")
    return Exit.RULES_FAIL if wrong else Exit.OK


@command.command("schema")
@click.pass_obj
def schema(config: str | None) -> None:
    """Print the JSON Schema of packs, for editors, with the kinds and views that are installed."""
    catalog = configured_plugins(settings_file(config))
    pack_schema = deepcopy(schemas.load(SCHEMA))
    host = build_host(catalog)
    pack_schema["$defs"]["source"]["enum"] = sorted([*host.kinds, *host.views])
    print_json(pack_schema)


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
    frameworks = sorted({control.framework for control, _ in rows})
    if framework not in frameworks:
        raise UsageError(suggest("framework", framework, frameworks, label="supported here"))
    supported = sorted(
        (control.id, rule.id, rule.severity.value, control.why or "")
        for control, rule in rows
        if control.framework == framework
    )
    coverage = {
        name: automation((pack.pack for pack in compiled.packs), framework, name)
        for name in sorted({row[0] for row in supported})
    }
    if as_json:
        keys = ("control", "rule", "severity", "why")
        print_json(
            [
                dict(zip(keys, row, strict=True)) | json_codec.plain(coverage[row[0]])
                for row in supported
            ]
        )
        return
    print_table(
        ("control", "rule", "severity", "why"),
        sorted([*supported, *_manual_procedures(coverage)], key=_first),
    )
    stated = automated(control.automated for control in coverage.values())
    print_message(f"{len(coverage)} controls of {framework} have rules: {stated}")


def _manual_procedures(coverage: Mapping[str, Automation]) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each manual procedure; one where that is not stated."""
    for name, control in coverage.items():
        for text in control.manual_procedures:
            yield name, "manual procedure", "", text
        if control.automated is AutomationCoverage.NOT_STATED:
            yield name, "manual procedure", "", "not stated"


def _print_recorded(outcomes: Sequence[Validation]) -> None:
    for one in outcomes:
        number = f"{one.passed} passed, {one.failed} failed"
        print_message(f"recorded: {one.method} of {one.pack} {one.version}: {number}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _first(row: Sequence[str]) -> str:
    return row[0]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the settings choose about rules now."""

    choices: RuleChoices
    now: datetime

    def severity(self, rule: Rule) -> Severity:
        """Return the severity of a rule, as the settings have it."""
        return self.choices.severities.get(rule.id, rule.severity)

    def off(self, rule: Rule) -> DisabledRules | None:
        """Return what switches a rule off; None: it is on."""
        return self.choices.switching_off(rule.id, self.now)

    def title(self, rule: Rule) -> str:
        """Return the title of a rule, and why it is off where it is."""
        off = self.off(rule)
        return rule.title if off is None else f"switched off: {off.why}. {rule.title}"


def _choices(config: str | None) -> _Chosen:
    workspace = _settings_if_any(config)
    choices = RuleChoices() if workspace is None else workspace.settings.rules.choices
    return _Chosen(choices, clock())


def _settings_if_any(config: str | None) -> Workspace | None:
    """Return the workspace of the settings, whose catalogues count too; None: there is none."""
    has_settings = config is not None or os.environ.get("CCM_CONFIG") or Path("ccm.yaml").exists()
    return open_workspace(config) if has_settings else None


def _compiled(config: str | None, packs: tuple[str, ...]) -> tuple[list[PackText], CompiledPacks]:
    catalog = configured_plugins(settings_file(config))
    texts = [pack_text(catalog, name, Path.cwd()) for name in packs or catalog.packs]
    return texts, compile_rules(build_host(catalog), texts, {})
