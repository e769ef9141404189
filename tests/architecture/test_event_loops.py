"""Where event loops are started: at the outermost edge, the command line and the console."""

from __future__ import annotations

import ast

EDGES = {"ccm_core.cli.terminal.workspace", "ccm_core.web.server_state.event_loop"}
"""One for a command, and one for each thread of the console that asks a source."""
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


def test_event_loops_are_started_at_the_edges_only(host):
    """Everything below them is a coroutine, so that a daemon or a server can run it."""
    assert {module.name for module in host if started_loops(module)} == EDGES
