"""``ccm connections``: list, test, rotate and remove configured connections."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from ccm_core.app.edit_connection import ConnectionEdit, describe_connection
from ccm_core.app.rotate_credential import CredentialRotation
from ccm_core.app.workspace import Workspace
from ccm_core.cli.connect.diagnosis_output import print_test, print_test_before_saving
from ccm_core.cli.connect.options import parse_value, split_pair
from ccm_core.cli.terminal.options import json_option
from ccm_core.cli.terminal.output import print_json, print_message, print_table
from ccm_core.cli.terminal.prompts import ask_secret, confirm, is_interactive
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.config.settings import ConnectionSettings
from ccm_core.errors import UsageError
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.timestamps import format_instant

save_anyway_option = click.option(
    "--save-anyway", is_flag=True, help="Save it even where the test fails."
)


@click.group("connections")
def command() -> None:
    """List, show, change and remove connections, and replace their credentials."""


@command.command("list")
@json_option
@click.pass_obj
def list_(config: str | None, *, as_json: bool) -> None:
    """List connections, where their secrets are stored, and how old those are."""
    workspace = open_workspace(config)
    connections = [
        describe_connection(workspace, settings) for settings in workspace.settings.connections
    ]
    if as_json:
        print_json(connections)
        return
    rows = [
        (
            connection.name,
            connection.connector,
            connection.method,
            ", ".join(sorted(connection.places)),
            _day(connection.entered_at),
            _day(connection.rotate_by),
            connection.problem or "",
        )
        for connection in connections
    ]
    print_table(
        ("connection", "connector", "method", "secrets", "entered", "rotate by", "problem"), rows
    )


@command.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def show(config: str | None, name: str, *, as_json: bool) -> None:
    """Show one connection: its settings, and what is known of its credential. Never a secret."""
    workspace = open_workspace(config)
    connection = describe_connection(workspace, workspace.settings.connection(name))
    if as_json:
        print_json(connection)
        return
    rows = [
        ("name", connection.name),
        ("connector", connection.connector),
        ("method", connection.method),
    ]
    rows += [(key, str(value)) for key, value in {**connection.auth, **connection.secrets}.items()]
    rows += [(f"settings.{key}", str(value)) for key, value in connection.settings.items()]
    rows += [("tokens", connection.tokens)] if connection.tokens else []
    rows += [("scopes", " ".join(connection.scopes))] if connection.scopes is not None else []
    for label, moment in (
        ("entered", connection.entered_at),
        ("rotate by", connection.rotate_by),
        ("token expires", connection.expires_at),
    ):
        rows += [(label, format_instant(moment))] if moment else []
    rows += [("problem", connection.problem)] if connection.problem else []
    print_table(("", ""), rows)


@command.command("edit")
@click.argument("name")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A setting.")
@click.option("--unset", "unsets", multiple=True, metavar="KEY", help="Back to the default.")
@save_anyway_option
@click.pass_obj
def edit(config: str | None, /, name: str, **given: Any) -> None:
    """Change settings of a connection: test it with them, and only then save them."""
    workspace = open_workspace(config)
    edited = ConnectionEdit.begin(workspace, name)
    settings = workspace.settings.connection(name)
    changes = _changes(workspace, settings, given["sets"], given["unsets"])
    text = edited.changed_text(changes)
    print_test_before_saving(edited.test(text), save_anyway=given["save_anyway"])
    edited.file.write(text)
    print_message(f"saved {name} in {edited.file.path}")


@command.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(config: str | None, name: str, *, yes: bool) -> None:
    """Remove a connection and its secrets. The evidence that it collected stays."""
    edited = ConnectionEdit.begin(open_workspace(config), name)
    if not yes and not confirm(f"Remove {name} from {edited.file.path}, and its secrets?"):
        hint = "" if is_interactive() else "; --yes removes it without asking"
        raise UsageError(f"{name} was not removed{hint}")
    edited.remove()
    print_message(
        f"removed {name}; its evidence stays stored, and its credential still works: revoke it at "
        "the source"
    )


@command.command("rotate")
@click.argument("name")
@click.option("--from", "source", metavar="REFERENCE", help="Take it from env:NAME or file:PATH.")
@click.option("--field", metavar="FIELD", help="Which secret, where there are several.")
@click.option(
    "--other-account",
    is_flag=True,
    help="It may open another account: what the former one left is evaluated no more.",
)
@click.pass_obj
def rotate(
    config: str | None, name: str, source: str | None, field: str | None, *, other_account: bool
) -> None:
    """Replace a connection's key or client secret: test the new one, then replace the old one."""
    rotation = CredentialRotation.begin(open_workspace(config), name, field)
    new = _asked_secret(rotation.field) if source is None else rotation.read_secret(source)
    rotation.refuse_the_same(new)
    test = print_test(rotation.test(new, other_account=other_account))
    rotation.save(new)
    if other_account and test.account is not None:
        rotation.save_account(test.account)
    print_message(
        f"replaced the {rotation.field} of {name}; the old one is no longer used: revoke it at "
        "the source"
    )


def _asked_secret(field: str) -> Secret:
    secret = ask_secret(f"New {field.replace('_', ' ')}")
    if secret is None:
        raise AssertionError("only optional secrets may be left out")
    return secret


def _changes(
    workspace: Workspace,
    settings: ConnectionSettings,
    sets: tuple[str, ...],
    unsets: tuple[str, ...],
) -> dict[tuple[str, ...], object]:
    connector = workspace.catalog.connectors[settings.connector]
    schema = connector.settings_schema().get("properties", {})
    changes: dict[tuple[str, ...], object] = {}
    for key, text in (split_pair("--set", pair) for pair in sets):
        changes["settings", key] = parse_value(text, schema.get(key, {}))
    changes |= {("settings", key): None for key in unsets}
    if not changes:
        raise UsageError("say what to change: --set KEY=VALUE or --unset KEY")
    auth_keys = {"method", *settings.auth, *settings.secrets}
    if refused := sorted({key for _, key in changes} & auth_keys):
        raise UsageError(
            f"{', '.join(refused)}: that is how {settings.name} authenticates; connect it again: "
            f"ccm connect {settings.connector} --name {settings.name} --replace"
        )
    return changes


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
