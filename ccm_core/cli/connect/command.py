"""``ccm connect``."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ccm_core.app.connection_test import tried_to_save
from ccm_core.app.save_connection import save
from ccm_core.app.workspace import Workspace, chosen_file, entry_name
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.cli.connect.consent import redirect_uri, way_of
from ccm_core.cli.connect.options import Wanted, Wish
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.output import say
from ccm_core.config.secret_resolver import resolve
from ccm_core.config.settings import ConnectionSettings
from ccm_core.config.settings_writer import SettingsFile, place_for
from ccm_core.config.template import without_connections
from ccm_core.errors import SourceError, UsageError
from ccm_core.pipeline.context import Connection
from ccm_core.pipeline.oauth_consent import Granted, agree
from ccm_core.pipeline.session import check
from ccm_core.plugins.catalog import Catalog
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.sdk.authorization import Unchanging
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Connector


@click.command("connect")
@click.argument("connector")
@click.option("--name", metavar="NAME", help="What to call it; else as the connector.")
@click.option("--oauth", "way", flag_value="oauth", help="Agree in the browser.")
@click.option("--oauth-app", "way", flag_value="oauth-app", help="As an app, without a browser.")
@click.option("--api-key", "way", flag_value="api-key", help="With a key.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A setting of it.")
@click.option(
    "--secret",
    "references",
    multiple=True,
    metavar="FIELD=REFERENCE",
    help="Where a secret is kept already, such as key=env:NAME; else you are asked.",
)
@click.option("--port", default=8754, show_default=True, help="Where the browser comes back to.")
@click.option("--paste", is_flag=True, help="Paste the address that the browser is sent to.")
@click.option("--redirect-uri", metavar="URL", help="Another redirect URL, with --paste.")
@click.option("--no-browser", is_flag=True, help="Only show the link.")
@click.option("--replace", is_flag=True, help="Connect anew one that is there.")
@click.option("--save-anyway", is_flag=True, help="Save it even where the test fails.")
@click.pass_obj
def command(config: str | None, /, connector: str, **given: Any) -> int:
    """Connect a source: asks for what it needs, tests it, and only then saves it."""
    wish = Wish(**given)
    file, catalog = _opened(config)
    chosen = _connector(catalog, connector)
    name = wish.name or chosen.name
    index = file.index(name)
    if index is not None and not wish.replace:
        return _already(file, name)
    return _Connecting(wish, file, chosen, name, index).run()


class _Connecting:
    """Walks through it: what is plain first, then secrets, agreement, test, and saving."""

    def __init__(
        self, wish: Wish, file: SettingsFile, chosen: Connector, name: str, index: int | None
    ) -> None:
        self._wish, self._file = wish, file
        self._name, self._index = name, index
        self._method = wish.method(chosen)
        say(f"{chosen.title}, {self._method.title}\n\n{self._method.instructions}\n")
        self._wanted = Wanted.asked(wish, file, chosen, self._method, name)
        self._text, self._place = self._checked()
        self._vault = self._place.vault()

    def run(self) -> int:
        if self._wanted.to_vault or self._method.by_person:
            self._vault.ready()
        self._say_what_to_register()
        kept = self._wanted.ask_secrets()
        if self._wanted.left_out(kept):
            self._text, self._place = self._checked()
        now = self._place.host.clock()
        entry = VaultEntry(secrets=kept, entered_at=now) if kept else None
        connection = self._connection(entry)
        if self._method.by_person:
            granted = self._agreed(connection)
            entry = VaultEntry(secrets=kept, entered_at=now).renewed(granted.tokens)
            tokens = granted.tokens
            connection = replace(
                self._connection(entry), tokens=Unchanging(tokens.access, scopes=tokens.scopes)
            )
        tried_to_save(self._place.host, connection, save_anyway=self._wish.save_anyway)
        self._save(entry)
        return Exit.OK

    @property
    def _settings(self) -> ConnectionSettings:
        return self._place.settings.connection(self._name)

    def _checked(self) -> tuple[str, Workspace]:
        """Write the connection into the text, and tell all mistakes before a secret is asked."""
        text = self._wanted.written(self._file, self._index)
        return text, Workspace.of(self._file.drafted(text))

    def _say_what_to_register(self) -> None:
        grant, wanted = self._method.oauth, self._settings
        if grant is None:
            return
        if self._method.by_person:
            say(f"  redirect URL: {redirect_uri(self._wish)}")
        say(f"  scopes: {' '.join(grant.scopes(wanted.settings, wanted.auth))}\n")

    def _connection(self, entry: VaultEntry | None) -> Connection:
        wanted = self._settings
        secrets: dict[str, Secret] = {}
        for field, reference in wanted.secrets.items():
            if entry is not None and field in entry.secrets:
                secrets[field] = entry.secrets[field]
            else:
                secrets[field] = resolve(
                    reference,
                    environment=os.environ,
                    base=self._place.settings.base,
                    field=field,
                    vaulted=self._place.vaulted,
                )
        # It is these very secrets that are tested, not those that were kept before.
        return replace(self._place.connection(wanted, secrets, entry=entry), again=None)

    def _agreed(self, connection: Connection) -> Granted:
        granted = agree(self._place.host, connection, way_of(self._wish))
        say(f"granted: {' '.join(granted.tokens.scopes)}")
        account, grant = granted.account, self._method.oauth
        if account is None:
            say("the answer does not tell whose account it is; the settings decide, if need be")
        if account is not None and grant is not None:
            learned = grant.learned(account)
            told = [f"{key} {value}" for key, value in learned.items()]
            say("  ".join([f"account: {account.subdomain or 'without a name'}", *told]))
            self._wanted.settings.update(learned)
            self._text, self._place = self._checked()
        return granted

    def _save(self, entry: VaultEntry | None) -> None:
        save(self._vault, self._name, entry, self._file, self._text)
        if self._index is not None and self._vault.path.exists():
            self._forget_what_nothing_leads_to()
        kept = "" if entry is None else f", its secrets in {self._vault.path}"
        say(f"saved {self._name} in {self._file.path}{kept}; next: ccm run")

    def _forget_what_nothing_leads_to(self) -> None:
        """Leave no secret behind of the connection that was there before."""
        place = self._place
        entries = {entry_name(one, place.method_of(one)) for one in place.settings.connections}
        if self._name not in entries:
            self._vault.remove(self._name)


def _opened(config: str | None) -> tuple[SettingsFile, Catalog]:
    path = place_for(chosen_file(config), environment=os.environ, folder=Path())
    catalog = load(discover())
    return SettingsFile.at(path, absent=without_connections(catalog.packs)), catalog


def _connector(catalog: Catalog, name: str) -> Connector:
    if name in catalog.connectors:
        return catalog.connectors[name]
    there = ", ".join(catalog.connectors) or "none"
    failed = "".join(f"\n{one}: {one.failure}" for one in catalog.failures)
    raise UsageError(f"no connector {name!r} is installed; there are: {there}{failed}")


def _already(file: SettingsFile, name: str) -> int:
    """Leave a connection alone that is there, and say whether it works."""
    place = Workspace.of(file.draft)
    (connection,) = place.connections([name], secrets=True)
    said = f"{name} is connected already; --replace connects it anew, --name adds another"
    try:
        check(place.host, connection)
    except SourceError:
        say(said)
        raise
    say(f"{said}. It works")
    return Exit.OK
