"""``ccm views``."""

from __future__ import annotations

import click

from ccm_core.app.workspace import Workspace, installed, moment
from ccm_core.cli.evidence.command import as_of_option, connection_option
from ccm_core.cli.terminal.output import json_option, print_json, print_json_lines, print_table
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
    views = installed(config).views.values()
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
    then = moment(as_of)
    place = Workspace.opened(config)
    view = place.catalog.views.get(name)
    if view is None:
        raise UsageError(f"no view {name!r}; there are: {', '.join(place.catalog.views)}")
    names = [connection] if connection else []
    with place.store(create=False) as store:
        for one in place.connections(names, secrets=False):
            own = kind_name(one.connector.name)
            if {own, *(each.kind for each in one.connector.collectors)} >= set(view.inputs):
                print_json_lines(rows(place.host, one, store, name, as_of=then))
