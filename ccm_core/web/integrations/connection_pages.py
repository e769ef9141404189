"""The integrations that there are: connectors, connections, and one connection with its health."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ccm_core.app.edit_connection import describe_connection
from ccm_core.errors import CcmError
from ccm_core.web.access.roles import Permission
from ccm_core.web.answers import Answer, HtmlPage, NotFound
from ccm_core.web.integrations.form_fields import label_of
from ccm_core.web.integrations.health import ConnectionHealth, connection_health

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.app.workspace import Workspace
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.sdk.types import AuthMethod, Diagnosis
    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.web.visit import Visit


def list_page(visit: Visit) -> Answer:
    """Show the connectors that are installed, and the connections with their health."""
    workspace = visit.workspace
    with visit.reading() as store:
        rows = [
            (settings, *_tried(workspace, store, settings))
            for settings in workspace.settings.connections
        ]
    catalog = workspace.catalog
    return HtmlPage(
        template="integrations/list.html",
        values={
            "rows": rows,
            "titles": {name: one.title for name, one in catalog.connectors.items()},
            "connectors": list(catalog.connectors.values()),
            "failures": [f"{plugin}: {plugin.failure}" for plugin in catalog.failures],
            "configures": may_configure(visit),
            "runs": visit.console.runs,
            "moment": visit.now,
        },
    )


def connection_page(visit: Visit) -> Answer:
    """Show one connection: its settings, its credential, its health, and what can be done."""
    return shown_connection(visit, asked_connection(visit))


def shown_connection(
    visit: Visit,
    settings: ConnectionSettings,
    *,
    tested: Sequence[Diagnosis] | None = None,
) -> HtmlPage:
    """Return the page of a connection.

    Args:
        visit: Who asks for it.
        settings: Of the connection.
        tested: What a test of it has just shown; None: there was none.
    """
    workspace = visit.workspace
    with visit.reading() as store:
        (health,) = connection_health(workspace, store, [settings.name])
    method = workspace.auth_method(settings)
    return HtmlPage(
        template="integrations/connection.html",
        values={
            "settings": settings,
            "described": describe_connection(workspace, settings),
            "connector": workspace.catalog.connectors[settings.connector],
            "method": method,
            "scopes": _asked_scopes(settings, method),
            "health": health,
            "tested": tested,
            "run": visit.console.runs.progress(settings.name),
            "path": connection_path(settings.name),
            "label_of": label_of,
            "configures": may_configure(visit),
            "moment": visit.now,
        },
    )


def asked_connection(visit: Visit) -> ConnectionSettings:
    """Return the connection that the address names.

    Raises:
        NotFound: The settings have none of that name.
    """
    name = visit.parts["connection"]
    for settings in visit.workspace.settings.connections:
        if settings.name == name:
            return settings
    raise NotFound(f"The settings have no connection {name!r}; it may have been removed.")


def connection_path(name: str) -> str:
    """Return the address of a connection's page."""
    return f"/integrations/{quote(name, safe='')}"


def may_configure(visit: Visit) -> bool:
    """Return whether whoever asks may change connections."""
    return visit.identity is not None and visit.identity.may(Permission.CONFIGURE)


def _tried(
    workspace: Workspace, store: EvidenceStore, settings: ConnectionSettings
) -> tuple[ConnectionHealth | None, str]:
    """Return the health of a connection, or why it is not known: others are shown all the same."""
    try:
        (health,) = connection_health(workspace, store, [settings.name])
    except CcmError as error:
        return None, str(error)
    return health, ""


def _asked_scopes(settings: ConnectionSettings, method: AuthMethod) -> tuple[str, ...]:
    if method.oauth is None:
        return ()
    return method.oauth.scopes(settings.settings, settings.auth)
