"""``ccm changes``: what changed in the sources between two moments, and who changed it."""

from __future__ import annotations

import click

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import connections_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.pipeline.change_log.change_log import change_log
from ccm_core.report.terminal.change_log import change_lines
from ccm_core.sdk.types import Window


@click.command("changes")
@click.option("--since", metavar="INSTANT", required=True, help="Changes after this moment.")
@click.option("--until", metavar="INSTANT", help="Up to this moment; by default now.")
@click.option(
    "--kind", "kinds", metavar="KIND", multiple=True, help="Only of this kind; may be repeated."
)
@connections_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    since: str,
    until: str | None,
    kinds: tuple[str, ...],
    connections: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Show what changed in the sources between two moments: who, what, before, after.

    Our own versions of each object are joined with the source's audit trail. Ends with 3 where
    something of the period may be missing, which notes say.
    """
    workspace = open_workspace(context.obj)
    start, end = read_as_of(since, "--since"), read_as_of(until, "--until")
    now = workspace.host.clock()
    start, end = start or now, min(end or now, now)
    if start >= end:
        raise UsageError(f"--since {since} is not before {until or 'now'}; write an earlier moment")
    selected = workspace.connections(connections, secrets=False)
    with workspace.read_store() as store:
        log = change_log(workspace.host, selected, store, Window(start, end), kinds)
    if as_json:
        print_json(log)
    else:
        for note in log.notes:
            print_message(f"note: {note}")
        nothing = "no change is known" if log.notes else "nothing changed"
        print_text("\n".join(change_lines(log.changes)) or nothing)
    context.exit(Exit.INSUFFICIENT if log.notes else Exit.OK)
