"""``ccm serve token``: make, list and end the tokens of programs that read the API."""

from __future__ import annotations

import getpass
from datetime import timedelta

import click

from ccm_core.app.installation import clock
from ccm_core.cli.terminal.output import print_message, print_table, print_text
from ccm_core.cli.terminal.workspace import open_workspace


@click.group("token")
def command() -> None:
    """Make, list and end the tokens of programs that read the API."""


@command.command("make")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["viewer", "auditor", "control_owner", "approver", "admin"]),
    default="viewer",
    show_default=True,
    help="What the program may do.",
)
@click.option(
    "--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it counts."
)
@click.pass_obj
def make(config: str | None, name: str, role: str, days: int) -> None:
    """Print a new token, once: the store has its digest alone."""
    from ccm_core.web.access.roles import Role
    from ccm_core.web.access.tokens import make_token

    workspace = open_workspace(config)
    with workspace.write_store(create=False) as store:
        secret = make_token(
            store.console, name, Role(role), timedelta(days=days), clock(), getpass.getuser()
        )
    print_text(secret)
    print_message(f"send it as `Authorization: Bearer TOKEN`; it counts for {days} days")


@command.command("list")
@click.pass_obj
def list_(config: str | None) -> None:
    """List the tokens that count."""
    from ccm_core.web.access.tokens import live_tokens

    with open_workspace(config).read_store() as store:
        tokens = live_tokens(store.console, clock())
    rows = [
        (one.subject, one.role, f"{one.created_at:%Y-%m-%d}", f"{one.expires_at:%Y-%m-%d}")
        for one in tokens
    ]
    print_table(("token", "role", "made", "until"), rows)


@command.command("end")
@click.argument("name")
@click.pass_obj
def end(config: str | None, name: str) -> None:
    """End a token: from here on it opens nothing."""
    from ccm_core.web.access.tokens import end_token

    with open_workspace(config).write_store(create=False) as store:
        end_token(store.console, name, clock(), getpass.getuser())
    print_message(f"{name} ended")
