"""``ccm findings acceptances``: risk acceptances of the waivers file, and which of them count."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from ccm_core.cli.terminal.options import json_option
from ccm_core.cli.terminal.output import print_json, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from ccm_core.model.evaluation.waiver import Waiver


@click.command("acceptances")
@json_option
@click.pass_obj
def command(config: str | None, *, as_json: bool) -> None:
    """List risk acceptances: which count until when, and why others do not."""
    from ccm_core.app.rule_sets import configured_waivers
    from ccm_core.approvals.statement import waiver_entry

    workspace = open_workspace(config)
    now, waivers = workspace.host.clock(), configured_waivers(workspace)
    states = [(waiver, *_state(waiver, now)) for waiver in waivers]
    if as_json:
        print_json(
            [
                {**waiver_entry(waiver), "state": state, "problem": problem}
                for waiver, state, problem in states
            ]
        )
        return
    for waiver, state, problem in states:
        until = format_instant(waiver.expires)
        print_text(f"{waiver.id}  {state}, until {until}  owner {waiver.owner}")
        print_text(f"  {', '.join(waiver.rules)}: {waiver.reason}")
        if problem:
            print_text(f"  {problem}")


def _state(waiver: Waiver, now: datetime) -> tuple[str, str | None]:
    """Return the state of an acceptance, and why it does not count."""
    from ccm_core.approvals.standing import approval_problem, is_unsigned

    problem = approval_problem(waiver, now)
    if waiver.expires <= now:
        return "ended", None
    if problem is not None:
        return "not approved" if waiver.approval is None else "does not count", problem
    if waiver.created > now:
        return "not begun", None
    return ("in force without a signature" if is_unsigned(waiver) else "in force"), None
