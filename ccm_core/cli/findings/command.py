"""``ccm findings``: the group of its commands."""

from __future__ import annotations

import click

from ccm_core.cli.findings import accept, acceptances, acts, approve, end, lists


@click.group("findings")
def command() -> None:
    """List what fails: who does what by when, and its history."""


command.add_command(lists.list_)
command.add_command(lists.show)
command.add_command(lists.export)
command.add_command(acts.assign)
command.add_command(acts.acknowledge)
command.add_command(acts.comment)
command.add_command(accept.command)
command.add_command(acceptances.command)
command.add_command(approve.command)
command.add_command(end.refuse)
command.add_command(end.withdraw)
