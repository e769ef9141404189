"""``ccm frameworks``: list, show, check and import catalogues of requirements."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import click

from ccm_core.app.audit.framework_coverage import (
    applicability,
    scope_warnings,
    workspace_coverage,
)
from ccm_core.app.frameworks.catalogues import read_framework, settings_mistakes
from ccm_core.app.installation import clock
from ccm_core.app.rule_sets import compile_configured_packs
from ccm_core.atomic_write import write_durably
from ccm_core.cli.terminal.options import json_option
from ccm_core.cli.terminal.output import print_json, print_message, print_table, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.config.locate import read_file
from ccm_core.errors import DocumentError, UsageError
from ccm_core.frameworks.csv_import import import_csv
from ccm_core.frameworks.oscal_export import oscal_catalogue, oscal_profile
from ccm_core.frameworks.oscal_import import import_oscal
from ccm_core.frameworks.write_catalogue import catalogue_text
from ccm_core.model.framework_coverage import CoverageLevel
from ccm_core.report.content import phrases
from ccm_core.report.terminal.frameworks import (
    contradictions,
    coverage_document,
    four_numbers,
    framework_lines,
    manual_number,
)
from ccm_core.sdk.timestamps import format_instant

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")


@click.group("frameworks")
def command() -> None:
    """List, show, check and import catalogues of requirements."""


@command.command("list")
@json_option
@click.pass_obj
def list_(config: str | None, *, as_json: bool) -> None:
    """List the frameworks that the packs in use map to, and how much of each is covered."""
    workspace = open_workspace(config)
    coverages, now = workspace_coverage(workspace), workspace.host.clock()
    if as_json:
        print_json([coverage_document(coverage, now, whole=False) for coverage in coverages])
        return
    print_table(
        ("framework", "title", "version", "apply", "mapped", "tested", "sufficient"),
        [
            (
                *(one.catalogue.name, one.catalogue.title, one.catalogue.version),
                *map(str, (one.applicable, one.mapped, one.tested, one.sufficient)),
            )
            for one in coverages
        ],
    )


@command.command("show")
@click.argument("framework")
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.Choice([level.value for level in CoverageLevel]),
    help="Only requirements that are covered so far; may be repeated.",
)
@click.option("--text", "with_text", is_flag=True, help="Also the full texts that were imported.")
@json_option
@click.pass_obj
def show(
    config: str | None,
    framework: str,
    levels: tuple[str, ...],
    *,
    with_text: bool,
    as_json: bool,
) -> None:
    """Show the requirements of a framework, with the checks that support each."""
    workspace = open_workspace(config)
    (coverage,), now = workspace_coverage(workspace, [framework]), workspace.host.clock()
    chosen = frozenset(map(CoverageLevel, levels)) or frozenset(CoverageLevel)
    if as_json:
        print_json(coverage_document(coverage, now, whole=True, levels=chosen))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in framework_lines(coverage, now, levels=chosen, with_text=with_text, width=width):
        print_text(line)
    print_message(four_numbers(coverage))
    if number := manual_number(coverage, now):
        print_message(number)


@command.command("check")
@click.pass_obj
def check(config: str | None) -> None:
    """Check catalogues, mappings and what the settings say, and list every mistake."""
    workspace = open_workspace(config)
    mistakes = list(settings_mistakes(workspace))
    try:
        compile_configured_packs(workspace)
    except DocumentError as error:
        mistakes.extend(error.mistakes)
    if mistakes:
        raise DocumentError(dict.fromkeys(mistakes))
    for coverage in workspace_coverage(workspace):
        print_message(f"{coverage.catalogue.name}: {four_numbers(coverage)}")
        for contradiction in contradictions(coverage):
            print_message(f"warning: {contradiction}")
    for warning in scope_warnings(workspace):
        print_message(f"warning: {warning}")


@command.command("export")
@click.argument("framework")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The OSCAL catalogue to write. Default: FRAMEWORK_catalog.json in this folder.",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the OSCAL profile of what applies, by the settings.",
)
@click.option("--replace", is_flag=True, help="Replace files that are there.")
@click.pass_obj
def export(
    config: str | None, framework: str, output: Path | None, profile: Path | None, *, replace: bool
) -> None:
    """Write a framework as an OSCAL catalogue (JSON), which OSCAL results of its controls join."""
    workspace = open_workspace(config)
    catalogue = read_framework(workspace, framework)
    path, at = output or Path(f"{framework}_catalog.json"), format_instant(clock())
    if profile is not None and profile.absolute() == path.absolute():
        raise UsageError(f"--profile and --output are both {path}; they are two documents")
    written = {path: oscal_catalogue(catalogue, at)}
    if profile is not None:
        href = os.path.relpath(path, profile.parent)
        left_out = applicability(workspace, framework).not_applicable
        written[profile] = oscal_profile(catalogue, left_out, href, at)
    for file in written:
        _refuse_existing(file, replace=replace)
    for file, document in written.items():
        write_durably(file, json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n")
        print_message(f"{file}: written")


def _refuse_existing(path: Path, *, replace: bool) -> None:
    if path.exists() and not replace:
        raise UsageError(f"{path} exists; --replace replaces it")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", required=True, metavar="NAME", help="What packs call the framework.")
@click.option("--title", default="", metavar="TEXT", help="For a CSV file: what people call it.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The catalogue to write. Default: NAME.yaml in this folder.",
)
@click.option("--replace", is_flag=True, help="Replace the file if it is there.")
def import_(file: Path, name: str, title: str, output: Path | None, *, replace: bool) -> None:
    """Make a catalogue of an OSCAL catalogue (JSON), or of a CSV file with ids and titles."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"--name {name!r}: expected small letters, digits, dots and hyphens")
    path = output or Path(f"{name}.yaml")
    _refuse_existing(path, replace=replace)
    content = read_file(file)
    is_json = file.suffix.lower() == ".json" or content.lstrip()[:1] == b"{"
    catalogue = (
        import_oscal(content, str(file), name)
        if is_json
        else import_csv(content, str(file), name, title)
    )
    write_durably(path, catalogue_text(catalogue))
    texts = sum(bool(one.text) for one in catalogue.requirements.values())
    number = phrases.count(len(catalogue.requirements), "requirement")
    print_message(f"{path}: {number}, {texts:,} with {'its text' if texts == 1 else 'their texts'}")
    print_message(f"add it to the settings: frameworks: [{{name: {name}, catalogue: {path}}}]")
