"""Where event loops are started: at the outermost edge, the command line."""

from __future__ import annotations

import ast

EDGE = "ccm_core.cli.terminal.workspace"
STARTS = {"asyncio.run", "asyncio.Runner", "asyncio.new_event_loop", "loop.run_until_complete"}


def started_loops(module):
    """Return the calls by which a module starts an event loop."""
    ends = {call.rpartition(".")[2] for call in STARTS}
    names = {
        ast.unparse(node)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in ends
    }
    return names & STARTS


def test_event_loops_are_started_by_the_command_line_only(host):
    """Everything below the command line is a coroutine, so that a daemon or a server can run it."""
    assert {module.name for module in host if started_loops(module)} == {EDGE}
