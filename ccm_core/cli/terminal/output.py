"""Printing: tables for people at a terminal, lines for pipes, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from ccm_core.cli.terminal.closed_output import silent_where_nobody_reads
from ccm_core.control_characters import escape_controls, escape_line

_ERASE = "\r\x1b[2K"


def print_json(value: object) -> None:
    """Print one JSON document with sorted keys."""
    import msgspec

    from ccm_core.model.json_codec import encode, plain

    text = msgspec.json.format(encode(plain(value)), indent=2 if sys.stdout.isatty() else 0)
    print_text(text.decode())


def print_json_lines(values: Iterable[object]) -> None:
    """Print one JSON document on each line."""
    from ccm_core.model.json_codec import encode

    for value in values:
        print_text(encode(value).decode())


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on a terminal; tab-separated lines, without headings, when piped."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in cells:
            print_text("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in cells:
        table.add_row(*(Text(escape_line(cell)) for cell in row))
    Console(highlight=False).print(table)


def print_text(text: str, *, nl: bool = True) -> None:
    """Print a command's result; characters that would steer the terminal are escaped."""
    click.echo(escape_controls(text), nl=nl)


def print_message(message: str, *, nl: bool = True) -> None:
    """Print a message that is not the command's result, to the error stream; escaped as well."""
    with silent_where_nobody_reads():
        click.echo(escape_controls(message), nl=nl, err=True)


def erase_line() -> None:
    """Erase the line of the terminal that the cursor is on (ECMA-48, EL)."""
    with silent_where_nobody_reads():
        click.echo(_ERASE, nl=False, err=True)
