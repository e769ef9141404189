"""``ccm trend``: figures of each check day by day, and quarters compared."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from ccm_core.cli.terminal.options import read_period
from ccm_core.cli.terminal.output import print_json, print_text
from ccm_core.cli.terminal.workspace import open_workspace


@click.command("trend")
@click.option(
    "--period", metavar="PERIOD", help="2026, 2026-Q3 or 2025-10..2026-09; by default a year."
)
@click.option(
    "--rule",
    "rules",
    metavar="RULE",
    multiple=True,
    help="Only this check; may have * as wildcard, and be repeated.",
)
@click.option("--quarters", is_flag=True, help="Compare quarters, instead of days.")
@click.option(
    "--output",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="How to print them: for people, or for programs.",
)
@click.pass_obj
def command(
    config: str | None, period: str | None, rules: tuple[str, ...], output: str, *, quarters: bool
) -> None:
    """Show figures of each check day by day, or quarter by quarter, as they were found then.

    They are those of the last evaluation of each day. Nothing is evaluated again, and what was
    erased since does not change them.
    """
    from ccm_core.app.audit.checks_trend import checks_trend
    from ccm_core.report.terminal import trend as lines

    span = None if period is None else read_period(period)
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        found = checks_trend(store, workspace.host.clock(), span, rules)
    match output:
        case "json":
            print_json(found)
        case "csv":
            _write(lines.quarter_rows(found) if quarters else lines.day_rows(found))
        case _:
            for line in lines.quarter_lines(found) if quarters else lines.trend_lines(found):
                print_text(line)


def _write(rows: Iterable[Sequence[str]]) -> None:
    from ccm_core.report.formats.csv import csv_blocks

    sys.stdout.flush()
    for block in csv_blocks(rows):
        sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()
