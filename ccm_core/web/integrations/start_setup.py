"""Beginning to set up a connection: a new one, or one that is saved already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.connect import ConnectionSetup
from ccm_core.app.new_connection import NewConnection
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.errors import UsageError
from ccm_core.sdk.oauth import CLIENT_ID, CLIENT_SECRET
from ccm_core.web.access.sessions import secret_digest
from ccm_core.web.answers import Redirect
from ccm_core.web.integrations.allowed_hosts import addresses_of, require_allowed

if TYPE_CHECKING:
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.sdk.types import AuthMethod, Connector
    from ccm_core.web.server_state.pending_setups import PendingSetup
    from ccm_core.web.visit import Visit

SETTING, FIELD, SECRET = "setting.", "field.", "secret."
"""What the names of form fields begin with: settings, fields of the method, secrets."""


def begin_setup(
    visit: Visit,
    connector: Connector,
    method: AuthMethod,
    name: str,
    values: JsonObject,
    *,
    replaces: bool,
    reason: str = "",
) -> PendingSetup:
    """Begin to set up a connection, whose secrets the vault will hold.

    Args:
        visit: Who sets it up.
        connector: What it connects to.
        method: How it authenticates.
        name: Its name.
        values: Settings and fields of the method, by key; None: back to the default.
        replaces: Whether it is one that exists.
        reason: Why the credential of one that exists has to be entered again.

    Raises:
        UsageError: The settings have mistakes, or lead where the console may not send requests.
        SecretError: The vault cannot be written.
    """
    workspace = visit.workspace
    file = SettingsFile.at(Path(workspace.settings.document.file), absent="")
    if (file.index(name) is not None) is not replaces:
        raise UsageError(
            f"there is no connection {name} any more"
            if replaces
            else f"a connection named {name} exists already; choose another name"
        )
    # No references: in the console nobody names a place that the server would read a secret from.
    new = NewConnection.start(file, connector, method, name, values, {})
    setup = ConnectionSetup(file, new, workspace.ports)
    require_allowed(workspace.settings, connector, method, setup.settings.settings, addresses_of)
    setup.unlock_vault()
    session = secret_digest(visit.secret)
    return visit.console.setups.add(session, setup, visit.now, reason=reason)


def begin_again(
    visit: Visit,
    settings: ConnectionSettings,
    changes: Mapping[str, object],
    *,
    reason: str = "",
    keep_client: bool = False,
) -> Redirect:
    """Begin to set up a saved connection again, by the same method; it stays as it is until saved.

    Args:
        visit: Who sets it up.
        settings: Of the connection.
        changes: Settings that change, by key; None: back to the default.
        reason: Why the credential has to be entered again.
        keep_client: Whether the OAuth client of the vault is used again, at the same servers.

    Raises:
        UsageError: The changed settings have mistakes.
        SecretError: The vault cannot be opened.
    """
    workspace = visit.workspace
    connector = workspace.catalog.connectors[settings.connector]
    method = workspace.auth_method(settings)
    values = {**changes, **settings.auth}
    pending = begin_setup(
        visit, connector, method, settings.name, values, replaces=True, reason=reason
    )
    if keep_client:
        client = {
            key: workspace.resolve_secret(reference, key)
            for key, reference in settings.secrets.items()
            if key in {CLIENT_ID, CLIENT_SECRET}
        }
        with pending.lock:
            pending.enter(client)
    return Redirect(path=setup_path(pending.id))


def setup_path(setup: str) -> str:
    """Return the address of a setup's page."""
    return f"/integrations/setup/{setup}"


def callback_url(visit: Visit) -> str:
    """Return where an identity server sends the browser back to."""
    return f"{visit.console.origin}/integrations/oauth/callback"
