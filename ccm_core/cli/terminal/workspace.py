"""The workspace that ``-c`` names, with the terminal as its caller."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from ccm_core.app.ports import CallerPorts
from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.options import settings_file
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.vault_key import key_sources

T = TypeVar("T")

TERMINAL = CallerPorts(show_message=print_message, key_sources=key_sources)


def open_workspace(config: str | None) -> Workspace:
    """Read the settings and load the plugins; messages and questions go to the terminal.

    Raises:
        UsageError: Something must be fixed first; every mistake is listed.
    """
    return Workspace.open(settings_file(config), TERMINAL)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in an event loop of its own; Ctrl-C cancels it."""
    import asyncio

    return asyncio.run(work)
