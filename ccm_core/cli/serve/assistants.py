"""``ccm mcp``: answer assistants over the Model Context Protocol, read-only."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ccm_core.app.installation import clock, host_version
from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.cli.terminal.options import settings_file
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.workspace import run_async
from ccm_core.config.locate import find
from ccm_core.errors import UsageError


@click.command("mcp")
@click.pass_obj
def command(config: str | None) -> None:
    """Answer assistants over standard input and output, read-only.

    It is started by the assistant's program, as an MCP server of the kind stdio. It writes
    nothing: neither to the store nor to a source.
    """
    try:
        from ccm_core.mcp.server import serve_stdio
    except ImportError as cause:
        raise UsageError(
            f"this needs {cause.name}, which is not installed: pip install 'ccm-core[mcp]'"
        ) from cause
    from ccm_core.mcp.assistant import assistant_of

    path = find(settings_file(config), environment=os.environ, folder=Path()).absolute()
    ports = CallerPorts(show_message=print_message, key_sources=environment_keys)
    run_async(serve_stdio(assistant_of(path, ports, clock), host_version()))
