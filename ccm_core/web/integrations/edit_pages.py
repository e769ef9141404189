"""Changing the settings and cadences of a saved connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ccm_core.app.edit_connection import ConnectionEdit
from ccm_core.errors import CcmError
from ccm_core.model.duration import format_duration
from ccm_core.web.answers import Answer, HtmlPage, Redirect
from ccm_core.web.integrations.allowed_hosts import destination_keys, leads_elsewhere
from ccm_core.web.integrations.connection_pages import asked_connection, connection_path
from ccm_core.web.integrations.form_fields import form_fields, label_of, typed_values
from ccm_core.web.integrations.logged_change import connection_text, logged_change
from ccm_core.web.integrations.patience import within_patience
from ccm_core.web.integrations.start_setup import SETTING, begin_again

if TYPE_CHECKING:
    from ccm_core.config.settings import ConnectionSettings
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.web.visit import Visit

CADENCE = "cadence."
_ELSEWHERE = (
    "The address that requests are sent to changes. A stored credential is never sent to another "
    "address: enter it again."
)


def edit_page(visit: Visit) -> Answer:
    """Show the settings of a connection as a form."""
    return _edit(visit, asked_connection(visit))


def edit(visit: Visit) -> Answer:
    """Test a connection with changed settings, and save it; another address starts it anew."""
    settings = asked_connection(visit)
    try:
        changes = _setting_changes(visit, settings)
        if not changes:
            return Redirect(path=connection_path(settings.name))
        connector = visit.workspace.catalog.connectors[settings.connector]
        if leads_elsewhere(connector, settings.settings, changes):
            return begin_again(visit, settings, changes, reason=_ELSEWHERE)
        paths: dict[tuple[str, ...], object] = {
            ("settings", key): value for key, value in changes.items()
        }
        return _tested_and_saved(visit, settings, paths)
    except CcmError as error:
        return _edit(visit, settings, problem=str(error))


def edit_cadences(visit: Visit) -> Answer:
    """Save how often kinds are collected, where it differs from their own cadence."""
    settings = asked_connection(visit)
    changes: dict[tuple[str, ...], object] = {}
    for kind in _kinds(visit, settings):
        typed = visit.field(f"{CADENCE}{kind}")
        saved = settings.cadences.get(kind)
        if typed != ("" if saved is None else format_duration(saved.total_seconds())):
            changes["cadences", kind] = typed or None
    try:
        if not changes:
            return Redirect(path=connection_path(settings.name))
        return _saved(visit, settings, changes)
    except CcmError as error:
        return _edit(visit, settings, problem=str(error))


def _setting_changes(visit: Visit, settings: ConnectionSettings) -> JsonObject:
    """Return the settings that a form changes; None: back to the default."""
    connector = visit.workspace.catalog.connectors[settings.connector]
    schemas = connector.settings_schema().get("properties", {})
    form = {name: values[-1] for name, values in visit.form.items() if values}
    typed = typed_values(schemas, form, SETTING)
    written = _written(visit, settings)
    changes: JsonObject = {}
    for key, schema in schemas.items():
        if f"{SETTING}{key}" not in form:
            continue
        value = typed.get(key)
        if value is None and key in written:
            changes[key] = None
        elif value is not None and value != written.get(key, schema.get("default")):
            changes[key] = value
    return changes


def _written(visit: Visit, settings: ConnectionSettings) -> JsonObject:
    """Return the settings as the file has them, without defaults."""
    edit_of = ConnectionEdit.begin(visit.workspace, settings.name)
    connection = dict(edit_of.file.draft.connections())[edit_of.index]
    written: JsonObject = connection.get("settings", {})
    return written


def _tested_and_saved(
    visit: Visit, settings: ConnectionSettings, changes: Mapping[tuple[str, ...], object]
) -> Answer:
    edit_of = ConnectionEdit.begin(visit.workspace, settings.name)
    text = edit_of.changed_text(changes)
    within_patience(edit_of.test(text))
    return _saved(visit, settings, changes)


def _saved(
    visit: Visit, settings: ConnectionSettings, changes: Mapping[tuple[str, ...], object]
) -> Answer:
    edit_of = ConnectionEdit.begin(visit.workspace, settings.name)
    text = edit_of.changed_text(changes)
    edit_of.require_valid(text)
    before = connection_text(visit.workspace, settings.name)
    after = "; ".join(
        f"{'.'.join(path)}: {'the default' if value is None else value}"
        for path, value in changes.items()
    )
    with logged_change(visit, f"connection {settings.name}", before=before, after=after):
        edit_of.file.write(text)
    return Redirect(path=connection_path(settings.name), done="saved")


def _edit(visit: Visit, settings: ConnectionSettings, *, problem: str = "") -> HtmlPage:
    workspace = visit.workspace
    connector = workspace.catalog.connectors[settings.connector]
    schemas = connector.settings_schema().get("properties", {})
    typed = {key: visit.field(f"{SETTING}{key}") for key in schemas} if visit.form else {}
    values = {**_written(visit, settings), **{key: text for key, text in typed.items() if text}}
    return HtmlPage(
        template="integrations/edit.html",
        status=409 if problem else 200,
        values={
            "settings": settings,
            "connector": connector,
            "fields": list(form_fields(schemas, values, SETTING)),
            "destinations": " or ".join(map(label_of, sorted(destination_keys(connector)))),
            "cadences": [
                (kind, visit.field(f"{CADENCE}{kind}") or _saved_cadence(settings, kind), own)
                for kind, own in _kinds(visit, settings).items()
            ],
            "path": connection_path(settings.name),
            "problem": problem,
        },
    )


def _kinds(visit: Visit, settings: ConnectionSettings) -> dict[str, str]:
    """Return the own cadence of each kind that a connection collects."""
    workspace = visit.workspace
    connector = workspace.catalog.connectors[settings.connector]
    kinds = workspace.host.kinds
    return {
        collector.kind: format_duration(kinds[collector.kind].cadence.total_seconds())
        for collector in connector.selected_collectors(settings.settings)
    }


def _saved_cadence(settings: ConnectionSettings, kind: str) -> str:
    saved = settings.cadences.get(kind)
    return "" if saved is None else format_duration(saved.total_seconds())
