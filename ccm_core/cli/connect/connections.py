"""``ccm connections``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ccm_core.app.connection_test import tried_to_save
from ccm_core.app.rotate_credential import rotated
from ccm_core.app.workspace import Workspace, entry_name
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.cli.connect.options import pair, value_of
from ccm_core.cli.terminal.output import json_option, print_json, print_table, say
from ccm_core.cli.terminal.prompts import agreed, somebody_there
from ccm_core.config.settings import ConnectionSettings
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.errors import SecretError, UsageError
from ccm_core.model.redacted_connection import RedactedConnection
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
    """List connections, where their secrets are kept, and how old those are."""
    place = Workspace.opened(config)
    found = [_described(place, one) for one in place.settings.connections]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.name,
            one.connector,
            one.method,
            ", ".join(sorted(one.places)),
            _day(one.entered_at),
            _day(one.rotate_by),
            one.problem or "",
        )
        for one in found
    ]
    print_table(
        ("connection", "connector", "method", "secrets", "entered", "replace by", "problem"), rows
    )


@command.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def show(config: str | None, name: str, *, as_json: bool) -> None:
    """Show one connection: settings, and what is known of its credential. Never a secret."""
    place = Workspace.opened(config)
    found = _described(place, place.settings.connection(name))
    if as_json:
        print_json(found)
        return
    rows = [("name", found.name), ("connector", found.connector), ("method", found.method)]
    rows += [(key, str(one)) for key, one in {**found.auth, **found.secrets}.items()]
    rows += [(f"settings.{key}", str(one)) for key, one in found.settings.items()]
    rows += [("tokens", found.tokens)] if found.tokens else []
    rows += [("scopes", " ".join(found.scopes))] if found.scopes is not None else []
    for what, moment in (
        ("entered", found.entered_at),
        ("replace by", found.rotate_by),
        ("token expires", found.expires_at),
    ):
        rows += [(what, format_instant(moment))] if moment else []
    rows += [("problem", found.problem)] if found.problem else []
    print_table(("", ""), rows)


@command.command("edit")
@click.argument("name")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A setting.")
@click.option("--unset", "unsets", multiple=True, metavar="KEY", help="Back to the default.")
@save_anyway_option
@click.pass_obj
def edit(config: str | None, /, name: str, **given: Any) -> None:
    """Change settings of a connection: tests it with them, and only then saves them."""
    place, file, index = _found(config, name)
    wanted = place.settings.connection(name)
    changes = _changes(place, wanted, given["sets"], given["unsets"])
    text = file.changed(index, changes)
    after = Workspace.of(file.drafted(text))
    (connection,) = after.connections([name], secrets=True)
    tried_to_save(after.host, connection, save_anyway=given["save_anyway"])
    file.write(text)
    say(f"saved {name} in {file.path}")


@command.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(config: str | None, name: str, *, yes: bool) -> None:
    """Remove a connection and its secrets. The evidence that it collected stays."""
    place, file, index = _found(config, name)
    if not yes and not agreed(f"Remove {name} from {file.path}, and its secrets?"):
        hint = "" if somebody_there() else "; --yes removes it without asking"
        raise UsageError(f"{name} was not removed{hint}")
    entry = _own_entry(place, name)
    file.write(file.removed(index))
    if entry is not None:
        place.vault().remove(entry)
    say(f"removed {name}; its evidence is kept, and the source still knows its credential")


@command.command("rotate")
@click.argument("name")
@click.option("--from", "source", metavar="REFERENCE", help="Take it from env:NAME or file:PATH.")
@click.option("--field", metavar="FIELD", help="Which secret, where there are several.")
@click.pass_obj
def rotate(config: str | None, name: str, source: str | None, field: str | None) -> None:
    """Replace a connection's key or client secret: tests the new one, then swaps it."""
    place = Workspace.opened(config)
    rotated(place, place.settings.connection(name), source=source, field=field)


def _found(config: str | None, name: str) -> tuple[Workspace, SettingsFile, int]:
    place = Workspace.opened(config)
    file = SettingsFile.at(Path(place.settings.document.file), absent="")
    place.settings.connection(name)  # says which there are where it is not there
    index = file.index(name)
    if index is None:
        raise UsageError(f"{file.path} was changed in the meantime; try again")
    return place, file, index


def _described(place: Workspace, wanted: ConnectionSettings) -> RedactedConnection:
    entry, problem = None, None
    try:
        entry = place.entry_of(wanted)
    except SecretError as error:
        problem = str(error)
    connection = place.connection(wanted, {}, entry=entry)
    return RedactedConnection(
        name=wanted.name,
        connector=wanted.connector,
        method=wanted.auth_method,
        settings=wanted.settings,
        auth=wanted.auth,
        secrets={field: str(one) for field, one in wanted.secrets.items()},
        entered_at=connection.entered_at,
        rotate_by=connection.rotate_by,
        scopes=_scopes(entry),
        expires_at=None if entry is None else entry.expires_at,
        tokens=f"vault:{wanted.name}" if place.method_of(wanted).by_person else None,
        problem=problem,
    )


def _scopes(entry: VaultEntry | None) -> tuple[str, ...] | None:
    return entry.scopes if entry is not None and entry.received_at is not None else None


def _changes(
    place: Workspace, wanted: ConnectionSettings, sets: tuple[str, ...], unsets: tuple[str, ...]
) -> dict[tuple[str, ...], object]:
    schema = place.catalog.connectors[wanted.connector].settings_schema().get("properties", {})
    changes: dict[tuple[str, ...], object] = {}
    for key, text in (pair("--set", one) for one in sets):
        changes["settings", key] = value_of(text, schema.get(key, {}))
    changes |= {("settings", key): None for key in unsets}
    if not changes:
        raise UsageError("say what to change: --set KEY=VALUE or --unset KEY")
    if other := sorted({key for _, key in changes} & {"method", *wanted.auth, *wanted.secrets}):
        raise UsageError(
            f"{', '.join(other)}: that is how {wanted.name} authenticates; "
            f"connect it anew: ccm connect {wanted.connector} --name {wanted.name} --replace"
        )
    return changes


def _own_entry(place: Workspace, name: str) -> str | None:
    """Name the vault's entry of a connection; None where another connection uses it too."""
    entries = {
        one.name: entry_name(one, place.method_of(one)) for one in place.settings.connections
    }
    mine = entries.pop(name)
    return None if mine in entries.values() else mine


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
