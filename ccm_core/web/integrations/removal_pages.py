"""Removing a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.app.edit_connection import ConnectionEdit
from ccm_core.web.answers import Answer, HtmlPage, Redirect
from ccm_core.web.integrations.connection_pages import asked_connection, connection_path
from ccm_core.web.integrations.logged_change import connection_text, logged_change

if TYPE_CHECKING:
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.web.visit import Visit


def remove_page(visit: Visit) -> Answer:
    """Show what removing a connection does, and ask whether it is meant."""
    return _remove(asked_connection(visit))


def remove(visit: Visit) -> Answer:
    """Remove a connection and its secrets; its evidence stays."""
    settings = asked_connection(visit)
    if visit.field("name") != settings.name:
        return _remove(settings, problem="That is not the name of this connection.")
    edit_of = ConnectionEdit.begin(visit.workspace, settings.name)
    before = connection_text(visit.workspace, settings.name)
    with logged_change(visit, f"connection {settings.name}", before=before):
        edit_of.remove()
    return Redirect(path="/integrations", done="removed")


def _remove(settings: ConnectionSettings, *, problem: str = "") -> HtmlPage:
    return HtmlPage(
        template="integrations/remove.html",
        status=409 if problem else 200,
        values={
            "settings": settings,
            "path": connection_path(settings.name),
            "problem": problem,
        },
    )
