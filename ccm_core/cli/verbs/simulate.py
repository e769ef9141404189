"""``ccm simulate page``: whom an incident on a subject would reach at a moment."""

from __future__ import annotations

import click

from ccm_core.app.simulate_page import SimulatedPage, simulate_page
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import connections_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.report.terminal.simulated_page import page_text
from ccm_core.sdk.simulation.page import PageOutcome

_FIRST_YEAR, _LAST_YEAR = 1970, 9000


@click.group("simulate")
def command() -> None:
    """Work out from stored evidence what a source would do."""


@command.command("page")
@click.argument("subject", metavar="SERVICE")
@click.option("--at", metavar="INSTANT", help="When the incident occurs; by default now.")
@click.option(
    "--urgency",
    metavar="URGENCY",
    help="Its urgency, such as high; by default as the service's settings decide.",
)
@connections_option
@json_option
@click.pass_context
def page(
    context: click.Context,
    subject: str,
    at: str | None,
    urgency: str | None,
    connections: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Show whom an incident on SERVICE would reach: level by level, how and when.

    Nothing is sent. Ends with 0 where a person is notified, 1 where nobody is, and 3 where the
    evidence does not tell.
    """
    moment = read_as_of(at, "--at")
    if moment is not None and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise UsageError(f"--at {at}: expected a moment in the years 1970 to 9000")
    workspace = open_workspace(context.obj)
    with workspace.read_store() as store:
        simulated = simulate_page(
            workspace, store, subject, at=moment, urgency=urgency, connections=connections
        )
    if as_json:
        print_json(simulated)
    else:
        print_text(page_text(simulated.subject, simulated.at, simulated.walk, _notes(simulated)))
    context.exit(_code(simulated))


def _notes(simulated: SimulatedPage) -> tuple[str, ...]:
    return tuple(f"{limit}; `ccm check` says more" for limit in simulated.insufficient)


def _code(simulated: SimulatedPage) -> Exit:
    outcome = simulated.walk.outcome
    if outcome is PageOutcome.UNKNOWN or simulated.insufficient:
        return Exit.INSUFFICIENT
    return Exit.OK if outcome is PageOutcome.REACHED else Exit.RULES_FAIL
