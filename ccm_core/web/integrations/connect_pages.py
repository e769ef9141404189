"""Connecting a source, its first steps: the method, the name, and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.new_connection import NewConnection
from ccm_core.config.settings_writer import SettingsFile
from ccm_core.errors import CcmError, UsageError
from ccm_core.web.answers import Answer, HtmlPage, NotFound, Redirect
from ccm_core.web.integrations.form_fields import form_fields, typed_values
from ccm_core.web.integrations.start_setup import (
    FIELD,
    SETTING,
    begin_setup,
    callback_url,
    setup_path,
)

if TYPE_CHECKING:
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.sdk.types import AuthMethod, Connector
    from ccm_core.web.visit import Visit


def connect_page(visit: Visit) -> Answer:
    """Show the ways to connect a source, or the form of the one that was chosen."""
    connector = _connector(visit)
    method = _method(connector, visit.asked("method"))
    if method is None:
        return HtmlPage(
            template="integrations/methods.html",
            values={
                "connector": connector,
                "name": visit.asked("name"),
                "callback": callback_url(visit),
            },
        )
    return _form(visit, connector, method, visit.asked("name"))


def connect(visit: Visit) -> Answer:
    """Check name and settings, and begin to set the connection up."""
    connector = _connector(visit)
    method = _method(connector, visit.field("method"))
    if method is None:
        raise UsageError(f"{connector.title} has no such way to authenticate; choose one of its.")
    name = visit.field("name")
    try:
        if not name:
            raise UsageError("The connection needs a name.")
        saved = _saved(visit, connector, name) if visit.field("replaces") == "yes" else None
        values = _values(visit, connector, method, saved or {})
        pending = begin_setup(visit, connector, method, name, values, replaces=saved is not None)
    except CcmError as error:
        return _form(visit, connector, method, name, problem=str(error))
    return Redirect(path=setup_path(pending.id))


def _form(
    visit: Visit, connector: Connector, method: AuthMethod, name: str, *, problem: str = ""
) -> HtmlPage:
    saved = _saved(visit, connector, name)
    is_typed = bool(visit.form)
    replaces = saved is not None and (not is_typed or visit.field("replaces") == "yes")
    typed = {key: values[-1] for key, values in visit.form.items() if values}
    schemas = connector.settings_schema().get("properties", {})
    fields = list(form_fields(schemas, _shown(schemas, typed, SETTING, saved or {}), SETTING))
    asked = {f"{SETTING}{key}" for key in method.prompted_settings}
    return HtmlPage(
        template="integrations/connect.html",
        status=409 if problem else 200,
        values={
            "connector": connector,
            "method": method,
            "name": name or _free_name(visit, connector),
            "replaces": replaces,
            "asked": [
                *(field for field in fields if field.name in asked),
                *form_fields(method.fields, _shown(method.fields, typed, FIELD, {}), FIELD),
            ],
            "more": [field for field in fields if field.name not in asked],
            "problem": problem,
        },
    )


def _values(
    visit: Visit, connector: Connector, method: AuthMethod, saved: JsonObject
) -> JsonObject:
    """Return what was typed; what is saved and was emptied goes back to its default."""
    typed = {key: values[-1] for key, values in visit.form.items() if values}
    schemas = connector.settings_schema().get("properties", {})
    settings = typed_values(schemas, typed, SETTING)
    emptied = {key: None for key in saved if f"{SETTING}{key}" in typed and key not in settings}
    return {**emptied, **settings, **typed_values(method.fields, typed, FIELD)}


def _shown(
    schemas: Mapping[str, JsonObject], typed: Mapping[str, str], prefix: str, saved: JsonObject
) -> JsonObject:
    """Return what fields show: what was typed, else what is saved."""
    return {key: typed.get(f"{prefix}{key}", saved.get(key)) for key in schemas}


def _saved(visit: Visit, connector: Connector, name: str) -> JsonObject | None:
    """Return the settings of a saved connection as the file has them; None: there is none."""
    file = SettingsFile.at(Path(visit.workspace.settings.document.file), absent="")
    if not name or file.index(name) is None:
        return None
    new = NewConnection.start(file, connector, connector.auth_methods[0], name, {}, {})
    return new.saved_settings


def _free_name(visit: Visit, connector: Connector) -> str:
    taken = {connection.name for connection in visit.workspace.settings.connections}
    if connector.name not in taken:
        return connector.name
    return next(
        name
        for number in range(2, len(taken) + 3)
        if (name := f"{connector.name}-{number}") not in taken
    )


def _connector(visit: Visit) -> Connector:
    connectors, name = visit.workspace.catalog.connectors, visit.parts["connector"]
    if name not in connectors:
        installed = ", ".join(connectors) or "none"
        raise NotFound(f"No connector {name!r} is installed; installed: {installed}.")
    return connectors[name]


def _method(connector: Connector, name: str) -> AuthMethod | None:
    methods = connector.auth_methods
    if not name and len(methods) == 1:
        return methods[0]
    return next((method for method in methods if method.name == name), None)
