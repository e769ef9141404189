"""``ccm views``."""

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
from ccm_core.pipeline.evaluate import rows
from ccm_core.pipeline.manifest_evidence import kind_name


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
        print_json([{"name": one.name, "title": one.title, "inputs": one.inputs} for one in views])
        return
    print_table(
        ("view", "title", "reads"), [(one.name, one.title, ", ".join(one.inputs)) for one in views]
    )


@command.command("show")
@click.argument("name")
@connection_option
@as_of_option
@click.pass_obj
def show(config: str | None, name: str, connection: str | None, as_of: str | None) -> None:
    """Print the rows of a view, one JSON document on each line."""
    then = read_as_of(as_of)
    workspace = open_workspace(config)
    view = workspace.catalog.views.get(name)
    if view is None:
        raise UsageError(f"no view {name!r}; there are: {', '.join(workspace.catalog.views)}")
    names = [connection] if connection else []
    with workspace.read_store() as store:
        for one in workspace.connections(names, secrets=False):
            own = kind_name(one.connector.name)
            if {own, *(each.kind for each in one.connector.collectors)} >= set(view.inputs):
                print_json_lines(rows(workspace.host, one, store, name, as_of=then))
