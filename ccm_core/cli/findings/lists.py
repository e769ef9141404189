"""``ccm findings list``, ``show`` and ``export``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from ccm_core.cli.terminal.options import (
    as_of_option,
    connections_option,
    control_option,
    read_as_of,
    severity_option,
)
from ccm_core.cli.terminal.output import print_json, print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.findings.documents import COLUMNS, finding_cells
from ccm_core.findings.filter import ACTIVE_STATES, FindingFilter
from ccm_core.model import json_codec
from ccm_core.model.finding.document import finding_document
from ccm_core.model.finding.tally import tally
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.pipeline.findings.work_items import FindingReader, ListedFindings
from ccm_core.report.formats.csv import csv_blocks
from ccm_core.report.terminal.findings import finding_lines, finding_text
from ccm_core.sdk.timestamps import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 100
"""Findings that are listed on a terminal; a pipe gets all."""
_MOST_PROBLEMS = 5
"""Risk acceptances of which it is told why they do not count."""
_SELECTIONS = (
    connections_option,
    severity_option,
    click.option(
        "--rule",
        "rules",
        multiple=True,
        metavar="ID",
        help="Only findings of this check; may be repeated.",
    ),
    click.option(
        "--owner",
        "owners",
        multiple=True,
        metavar="NAME",
        help="Only what this team or person owns; nobody: what has no owner. May be repeated.",
    ),
    control_option,
    click.option(
        "--framework",
        "frameworks",
        multiple=True,
        metavar="NAME",
        help="Only findings of checks that support this framework; may be repeated.",
    ),
    click.option(
        "--state",
        "states",
        multiple=True,
        type=click.Choice([state.value for state in WorkState]),
        help="Only findings in this state; may be repeated. Default: all that are not closed.",
    ),
    click.option("--older-than", metavar="DURATION", help="Only what was opened longer ago."),
    click.option("--overdue", is_flag=True, help="Only what is overdue."),
    click.option("--all", "everything", is_flag=True, help="Also findings that are closed."),
    as_of_option,
)


def _selecting(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_SELECTIONS):
        command = option(command)
    return command


@click.command("list")
@_selecting
@click.option(
    "--output",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="How to print them: for people, or for programs.",
)
@click.pass_obj
def list_(config: str | None, /, as_of: str | None, output: str, **options: Any) -> None:
    """List findings, the most urgent first."""
    with _reader(config, as_of) as reader:
        selection, listed = _select(reader, options)
    match output:
        case "json":
            print_json(_document(listed))
        case "csv":
            _write_csv(listed.items)
        case _:
            _print_list(listed, selection, reader)


@click.command("show")
@click.argument("finding")
@as_of_option
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print it: for people, or for programs.",
)
@click.pass_obj
def show(config: str | None, finding: str, as_of: str | None, output: str) -> None:
    """Show all that is known of one finding, by its id or a beginning of it."""
    with _reader(config, as_of) as reader:
        history = reader.history(finding)
    item = history.item
    if output == "json":
        changes = [json_codec.plain(change) for change in history.changes]
        acts = [json_codec.plain(act) for act in item.acts]
        acceptances = [json_codec.plain(standing) for standing in history.acceptances]
        print_json(
            {
                "finding": finding_document(item),
                "changes": changes,
                "acts": acts,
                "acceptances": acceptances,
            }
        )
        return
    lines = finding_text(item, history.changes, history.acceptances, reader.moment, _width())
    for line in lines:
        print_text(line)


@click.command("export")
@_selecting
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json"]),
    default="csv",
    show_default=True,
    help="A table for spreadsheets, or a document for programs.",
)
@click.pass_obj
def export(config: str | None, /, as_of: str | None, form: str, **options: Any) -> None:
    """Write findings with all their fields to the output, however many there are."""
    with _reader(config, as_of) as reader:
        _, listed = _select(reader, options)
    if form == "json":
        print_json(_document(listed))
    else:
        _write_csv(listed.items)


@contextmanager
def _reader(config: str | None, as_of: str | None) -> Iterator[FindingReader]:
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        yield FindingReader(
            store=store,
            policy=workspace.finding_policy,
            now=workspace.host.clock(),
            as_of=instant,
        )


def _select(reader: FindingReader, options: dict[str, Any]) -> tuple[FindingFilter, ListedFindings]:
    states = frozenset(map(WorkState, options.pop("states")))
    everything = options.pop("everything")
    if everything and states:
        raise UsageError("expected either --all or --state: --all lists findings in every state")
    if everything:
        states = frozenset()
    elif not states:
        states = ACTIVE_STATES
    older_than = _duration(options.pop("older_than"))
    selection = FindingFilter(states=states, older_than=older_than, **options)
    return selection, reader.select(selection)


def _duration(text: str | None) -> timedelta | None:
    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--older-than {text!r}: {error}") from error


def _document(listed: ListedFindings) -> dict[str, object]:
    return {"findings": [finding_document(item) for item in listed.items], "total": listed.total}


def _write_csv(items: Sequence[WorkItem]) -> None:
    sys.stdout.flush()
    for block in csv_blocks([COLUMNS, *map(finding_cells, items)]):
        sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()


def _print_list(listed: ListedFindings, selection: FindingFilter, reader: FindingReader) -> None:
    is_terminal = sys.stdout.isatty()
    drawn = listed.items[:_MOST] if is_terminal else listed.items
    for line in finding_lines(drawn, reader.moment, _width()):
        print_text(line)
    chosen = f" (only {', '.join(selection.phrases)})" if selection.phrases else ""
    print_message(f"{tally(listed.items).words}{chosen}; {listed.total:,} ever")
    for name, problem in sorted(reader.acceptance_problems().items())[:_MOST_PROBLEMS]:
        print_message(f"risk acceptance {name} does not count: {problem}")
    if len(drawn) < len(listed.items):
        print_message(f"the first {len(drawn)} are shown; `ccm findings export` writes all of them")
    elif listed.items and is_terminal:
        print_message("`ccm findings show ID` shows one: why, since when, what to do next")


def _width() -> int:
    return max(shutil.get_terminal_size((80, 24)).columns, 60) if sys.stdout.isatty() else 80
