"""``ccm check``: health check of settings, plugins, credentials, connections and store."""

from __future__ import annotations

import click

from ccm_core.app.check import check_workspace
from ccm_core.cli.terminal.exit_codes import Exit, most_severe
from ccm_core.cli.terminal.options import json_option
from ccm_core.cli.terminal.output import print_json, print_table
from ccm_core.cli.terminal.workspace import open_workspace, run_async
from ccm_core.pipeline.check import Check


@click.command("check")
@click.argument("connections", nargs=-1)
@json_option
@click.pass_obj
def command(config: str | None, connections: tuple[str, ...], *, as_json: bool) -> int:
    """Check settings, plugins and packs, then test every connection, or those named."""
    check = run_async(check_workspace(open_workspace(config), connections))
    if as_json:
        print_json(check)
    else:
        _print(check)
    return _code(check)


def _code(check: Check) -> Exit:
    codes = [Exit.USAGE] if check.plugins else []
    codes += [Exit.SOURCE for connection in check.connections if not connection.usable]
    return most_severe([*codes, Exit.OK if check.ok else Exit.INSUFFICIENT])


def _print(check: Check) -> None:
    diagnoses = [("plugins", diagnosis) for diagnosis in check.plugins]
    diagnoses += [
        (connection.connection, diagnosis)
        for connection in check.connections
        for diagnosis in connection.diagnoses
    ]
    rows = [
        (
            name,
            "ok" if diagnosis.ok else "PROBLEM",
            diagnosis.subject,
            diagnosis.message,
            diagnosis.next_step or "",
        )
        for name, diagnosis in diagnoses
    ]
    print_table(("connection", "", "check", "result", "next step"), rows)
