"""``ccm connect``: set up a connection, consent and credential, test it, and save it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccm_core.app.connect import ConnectionSetup
from ccm_core.app.installation import all_plugins
from ccm_core.app.new_connection import NewConnection, select_connector
from ccm_core.app.workspace import Workspace
from ccm_core.cli.connect.consent import ask_consent, registered_redirect_uri
from ccm_core.cli.connect.diagnosis_output import print_test_before_saving
from ccm_core.cli.connect.options import ConnectOptions, ask_missing_values, ask_secrets
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import settings_file
from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.workspace import TERMINAL, run_async
from ccm_core.config.settings_writer import SettingsFile, settings_path
from ccm_core.config.template import without_connections
from ccm_core.errors import SourceError
from ccm_core.pipeline.source.connection_session import check

if TYPE_CHECKING:
    from ccm_core.pipeline.credentials.oauth_consent import ConsentGrant
    from ccm_core.sdk.types import Connector


@click.command("connect")
@click.argument("connector")
@click.option("--name", metavar="NAME", help="Its name; else that of the connector.")
@click.option("--oauth", "method_option", flag_value="oauth", help="Agree in the browser.")
@click.option(
    "--oauth-app", "method_option", flag_value="oauth-app", help="As an app, without a browser."
)
@click.option("--api-key", "method_option", flag_value="api-key", help="With a key.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A setting of it.")
@click.option(
    "--secret",
    "references",
    multiple=True,
    metavar="FIELD=REFERENCE",
    help="Where a secret is stored already, such as key=env:NAME; else you are prompted.",
)
@click.option("--port", default=8754, show_default=True, help="Where the browser comes back to.")
@click.option("--paste", is_flag=True, help="Paste the address that the browser is sent to.")
@click.option("--redirect-uri", metavar="URL", help="Another redirect URL, with --paste.")
@click.option("--no-browser", is_flag=True, help="Only show the link.")
@click.option("--replace", is_flag=True, help="Set up again a connection that exists.")
@click.option("--save-anyway", is_flag=True, help="Save it even where the test fails.")
@click.pass_obj
def command(config: str | None, /, connector: str, **given: Any) -> int:
    """Connect a source: ask for what it needs, test it, and only then save it."""
    options = ConnectOptions(**given)
    path = settings_path(settings_file(config), environment=os.environ, folder=Path())
    catalog = all_plugins()
    file = SettingsFile.at(path, absent=without_connections(catalog.packs))
    failures = [f"{plugin}: {plugin.failure}" for plugin in catalog.failures]
    chosen = select_connector(catalog.connectors, connector, failures)
    name = options.name or chosen.name
    if file.index(name) is not None and not options.replace:
        return _check_existing(file, name)
    return _connect(options, file, chosen, name)


def _connect(options: ConnectOptions, file: SettingsFile, connector: Connector, name: str) -> int:
    method = options.auth_method(connector)
    print_message(f"{connector.title}, {method.title}\n\n{method.instruction_text}\n")
    values, references = options.values(connector, method), options.secret_references(method)
    connection = NewConnection.start(file, connector, method, name, values, references)
    ask_missing_values(connection)
    setup = ConnectionSetup(file, connection, TERMINAL)
    setup.unlock_vault()
    _print_registration(options, setup)
    setup.enter_secrets(ask_secrets(connection))
    if method.needs_consent:
        _print_grant(ask_consent(options, setup), setup)
    print_test_before_saving(setup.test(), save_anyway=options.save_anyway)
    setup.save()
    vault = "" if setup.vault_file is None else f", its secrets in {setup.vault_file}"
    print_message(f"saved {name} in {file.path}{vault}; next: ccm run")
    return Exit.OK


def _print_registration(options: ConnectOptions, setup: ConnectionSetup) -> None:
    if setup.scopes is None:
        return
    if setup.new.method.needs_consent:
        print_message(f"  redirect URL: {registered_redirect_uri(options)}")
    print_message(f"  scopes: {' '.join(setup.scopes)}\n")


def _print_grant(granted: ConsentGrant, setup: ConnectionSetup) -> None:
    print_message(f"granted: {' '.join(granted.tokens.scopes)}")
    if granted.account is None:
        print_message("the answer does not name an account; the settings decide, if need be")
        return
    learned = setup.adopt_account_settings(granted)
    account = f"account: {granted.account.subdomain or 'without a name'}"
    print_message("  ".join([account, *(f"{key} {value}" for key, value in learned.items())]))


def _check_existing(file: SettingsFile, name: str) -> int:
    """Leave an existing connection as it is, and print whether it works."""
    workspace = Workspace.from_draft(file.draft, TERMINAL)
    (connection,) = workspace.connections([name], secrets=True)
    message = f"{name} is connected already; --replace connects it again, --name adds another"
    try:
        test = run_async(check(workspace.host, connection, workspace.stored_account(name)))
    except SourceError:
        print_message(message)
        raise
    test.refuse_other_account()
    print_message(f"{message}. It works")
    return Exit.OK
