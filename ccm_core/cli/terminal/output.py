"""Printing: tables for people at a terminal, lines for pipes, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from ccm_core.model.json_codec import encode, plain


def print_json(value: object) -> None:
    """Print one JSON document with sorted keys."""
    import msgspec

    text = msgspec.json.format(encode(plain(value)), indent=2 if sys.stdout.isatty() else 0)
    click.echo(text.decode())


def print_json_lines(values: Iterable[object]) -> None:
    """Print one JSON document on each line."""
    for value in values:
        click.echo(encode(value).decode())


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on a terminal; tab-separated lines, without headings, when piped."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in cells:
            click.echo("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)


def print_message(message: str) -> None:
    """Print a message that is not the command's result, to the error stream."""
    click.echo(message, err=True)
