"""``ccm check``: health check of settings, plugins, credentials, connections and store."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.app.check import check_and_report, check_workspace
from ccm_core.cli.terminal.exit_codes import Exit, most_severe
from ccm_core.cli.terminal.options import json_option
from ccm_core.cli.terminal.output import print_json, print_message, print_table
from ccm_core.cli.terminal.workspace import open_workspace, run_async
from ccm_core.pipeline.check import Check


@click.command("check")
@click.argument("connections", nargs=-1)
@click.option(
    "--field-report",
    metavar="FILE",
    help="Also write what was found to a file that can be sent: without names, ids or secrets.",
)
@json_option
@click.pass_obj
def command(
    config: str | None, connections: tuple[str, ...], field_report: str | None, *, as_json: bool
) -> int:
    """Check settings, plugins and packs, then test every connection, or those named."""
    if field_report is None:
        check = run_async(check_workspace(open_workspace(config), connections))
    else:
        check = _reported(config, connections, Path(field_report))
    if as_json:
        print_json(check)
    else:
        _print(check)
    return _code(check)


def _reported(config: str | None, connections: tuple[str, ...], path: Path) -> Check:
    """Check, and write the field report, whatever was found."""
    from ccm_core.app.field_report_file import contents, require_free, write_field_report

    require_free(path)
    check, report = run_async(check_and_report(open_workspace(config), connections))
    write_field_report(path, report)
    print_message(
        f"field report: {path} ({contents(report)}); names, ids, addresses, messages and secrets "
        "are left out or renamed, so it can be sent"
    )
    return check


def _code(check: Check) -> Exit:
    codes = [Exit.USAGE] if check.plugins else []
    codes += [Exit.SOURCE for connection in check.connections if not connection.usable]
    return most_severe([*codes, Exit.OK if check.ok else Exit.INSUFFICIENT])


def _print(check: Check) -> None:
    diagnoses = [("plugins", diagnosis) for diagnosis in check.plugins]
    diagnoses += [("frameworks", diagnosis) for diagnosis in check.scopes]
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
