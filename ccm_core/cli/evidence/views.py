"""``ccm views``: list the views of plugins and print their rows."""

from __future__ import annotations

import click

from ccm_core.app.installation import configured_plugins
from ccm_core.cli.terminal.options import (
    as_of_option,
    connection_option,
    json_option,
    read_as_of,
    settings_file,
)
from ccm_core.cli.terminal.output import print_json, print_json_lines, print_table
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.pipeline.evaluate import view_rows
from ccm_core.pipeline.manifest_evidence import manifest_kind_name


@click.group("views")
def command() -> None:
    """List views and show their rows."""


@command.command("list")
@json_option
@click.pass_obj
def list_(config: str | None, *, as_json: bool) -> None:
    """List the views that plugins offer, and the kinds they read."""
    views = configured_plugins(settings_file(config)).views.values()
    if as_json:
        print_json(
            [{"name": view.name, "title": view.title, "inputs": view.inputs} for view in views]
        )
        return
    print_table(
        ("view", "title", "reads"),
        [(view.name, view.title, ", ".join(view.inputs)) for view in views],
    )


@command.command("show")
@click.argument("name")
@connection_option
@as_of_option
@click.pass_obj
def show(config: str | None, name: str, connection: str | None, as_of: str | None) -> None:
    """Print the rows of a view, one JSON document on each line."""
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    view = workspace.catalog.views.get(name)
    if view is None:
        raise UsageError(f"no view {name!r}; there are: {', '.join(workspace.catalog.views)}")
    names = [connection] if connection else []
    with workspace.read_store() as store:
        for selected in workspace.connections(names, secrets=False):
            kinds = {collector.kind for collector in selected.connector.collectors}
            if kinds | {manifest_kind_name(selected.connector.name)} >= set(view.inputs):
                print_json_lines(view_rows(workspace.host, selected, store, name, as_of=instant))
