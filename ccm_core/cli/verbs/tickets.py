"""``ccm tickets``: open, update and close the tickets of findings, and list them."""

from __future__ import annotations

import click

from ccm_core.app.tickets import check_ticket_systems, sync_ticket_systems
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.output import print_json, print_message, print_table, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.pipeline.tickets.items import listed_tickets
from ccm_core.pipeline.tickets.results import sync_lines
from ccm_core.sdk.timestamps import format_instant

_HEADINGS = ("ticket", "state", "finding", "system", "changed", "link")


@click.group("tickets")
def command() -> None:
    """Open, update and close the tickets of findings, and list them."""


@command.command("sync")
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.option("--dry-run", is_flag=True, help="Print what would be done, and send nothing.")
@click.pass_obj
def sync(config: str | None, systems: tuple[str, ...], *, dry_run: bool) -> int:
    """Bring tickets up to date with findings. `run` and `watch` do so themselves."""
    workspace = open_workspace(config)
    opened = workspace.read_store() if dry_run else workspace.write_store(create=False)
    with opened as store:
        results = sync_ticket_systems(workspace, store, systems, dry_run=dry_run)
    for result in results:
        for line in sync_lines(result, planned=dry_run):
            print_text(line)
    return Exit.SOURCE if any(result.failures for result in results) else Exit.OK


@command.command("check")
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.pass_obj
def check(config: str | None, systems: tuple[str, ...]) -> int:
    """Test the address and the token of ticket systems; nothing is changed there."""
    code = Exit.OK
    for result in check_ticket_systems(open_workspace(config), systems):
        if result.failure is None:
            print_text(f"{result.system}: OK, {result.open_tickets:,} open in {result.place}")
        else:
            print_text(f"{result.system}: {result.failure}")
            code = Exit.SOURCE
    return code


@command.command("list")
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.option("--all", "closed", is_flag=True, help="Also those that are closed or lost.")
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print them: for people, or for programs.",
)
@click.pass_obj
def list_(config: str | None, systems: tuple[str, ...], output: str, *, closed: bool) -> None:
    """List the tickets of findings, as far as ccm knows: those that changed last first."""
    with open_workspace(config).read_store() as store:
        tickets = listed_tickets(store, systems, closed=closed)
    if output == "json":
        print_json({"tickets": tickets})
    elif tickets:
        rows = [
            (
                ticket.key,
                ticket.state,
                ticket.finding,
                ticket.system,
                format_instant(ticket.changed_at.replace(microsecond=0)),
                ticket.url,
            )
            for ticket in tickets
        ]
        print_table(_HEADINGS, rows)
    else:
        print_message("no tickets; `ccm tickets sync` opens them")
