"""What is changed or started here is an entry of the activity log, before it happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccm_core.app.edit_connection import describe_connection
from ccm_core.errors import CcmError
from ccm_core.model import json_codec
from ccm_core.model.console.activity import ActivityKind

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.web.visit import Visit


@contextmanager
def logged_change(visit: Visit, about: str, *, before: str = "", after: str = "") -> Iterator[None]:
    """Log a change, then let it happen; where it fails, log that it did not.

    Args:
        visit: Who makes it.
        about: What is changed: ``connection acme-prod``.
        before: What there was, without secrets.
        after: What there will be, without secrets.

    Raises:
        StoreError: It cannot be logged; then it must not happen.
    """
    visit.note(ActivityKind.CHANGED, about, before=before, after=after)
    try:
        yield
    except CcmError as error:
        visit.note(ActivityKind.CHANGED, about, before=after, after=f"not changed: {error}")
        raise


def connection_text(workspace: Workspace, name: str) -> str:
    """Return a connection of the settings for the activity log; empty: there is none.

    Secrets are the references to them.
    """
    for settings in workspace.settings.connections:
        if settings.name == name:
            described = describe_connection(workspace, settings)
            return json_codec.encode(described).decode()
    return ""


def settings_text(settings: ConnectionSettings) -> str:
    """Return settings that are about to be saved for the activity log."""
    return json_codec.encode(
        {
            "connector": settings.connector,
            "auth": {"method": settings.auth_method, **settings.auth},
            "secrets": {key: str(reference) for key, reference in settings.secrets.items()},
            "settings": settings.settings,
            "cadences": {
                kind: cadence.total_seconds() for kind, cadence in settings.cadences.items()
            },
        }
    ).decode()
