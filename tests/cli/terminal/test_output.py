"""What commands print of texts that others wrote."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import ccm_core.cli
from ccm_core.cli.terminal.output import (
    print_json,
    print_json_lines,
    print_message,
    print_table,
    print_text,
)

HOSTILE = "api\x1b[2J\x9b31m\u202eknil\r\x07"
"""Clears the screen, colors it, turns the line around, writes over it and rings."""
STEERING = ("\x1b", "\x9b", "\u202e", "\r", "\x07")

CLI = Path(ccm_core.cli.__path__[0])


@pytest.mark.attack(
    "Terminal and files",
    "A name in the evidence holds terminal escapes and bidirectional controls",
    "Every command prints them escaped, JSON included, and the JSON has the same value",
)
@pytest.mark.parametrize(
    "show",
    [
        pytest.param(lambda: print_table(["Name"], [[HOSTILE]]), id="table"),
        pytest.param(lambda: print_json({"name": HOSTILE}), id="JSON"),
        pytest.param(lambda: print_json_lines([{"name": HOSTILE}]), id="JSON lines"),
        pytest.param(lambda: print_text(HOSTILE), id="text"),
        pytest.param(lambda: print_message(HOSTILE), id="message"),
    ],
)
def test_no_printed_text_steers_the_terminal(show, capsys):
    """Whatever prints it."""
    show()
    output = capsys.readouterr()
    printed = output.out + output.err
    assert "api" in printed
    assert not [character for character in STEERING if character in printed]


def test_escaped_json_reads_back_as_it_was(capsys):
    """A program loses nothing."""
    print_json({"name": HOSTILE})
    assert json.loads(capsys.readouterr().out) == {"name": HOSTILE}


@pytest.mark.parametrize(
    "path",
    sorted(set(CLI.rglob("*.py")) - {CLI / "terminal" / "output.py"}),
    ids=lambda path: str(path.relative_to(CLI)),
)
def test_commands_print_through_the_functions_that_escape(path):
    """One place prints; whoever writes the next command cannot forget it."""
    called = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    }
    assert not called & {"click.echo", "print"}
