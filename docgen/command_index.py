"""The index of commands: every verb with the first sentence of its help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ccm_core.cli.main import ccm
from docgen.section import markdown_table


def table() -> str:
    """Return the table of all commands, sorted by name."""
    rows = [(f"[`{name}`](#{_anchor(name)})", text) for name, text in sorted(_commands())]
    return markdown_table(("command", "does"), *rows)


def _commands() -> Iterator[tuple[str, str]]:
    for name, command in _shown(ccm):
        yield f"ccm {name}", _summary(command)
        if isinstance(command, click.Group):
            for verb, nested in _shown(command):
                yield f"ccm {name} {verb}", _summary(nested)


def _shown(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def _summary(command: click.Command) -> str:
    paragraph = (command.help or "").strip().split("\n\n")[0]
    sentence = " ".join(paragraph.split()).split(". ")[0].removesuffix(".")
    return sentence.replace("|", "\\|")


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
