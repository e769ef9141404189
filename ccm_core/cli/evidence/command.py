"""``ccm evidence``: list, show and export stored records and collections."""

from __future__ import annotations

import click

from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.options import as_of_option, connection_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_json_lines, print_table
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.model.evidence.record import export_record
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface.runs import RunStore


@click.group("evidence")
def command() -> None:
    """List, show and export the stored evidence."""


@command.command("list")
@as_of_option
@json_option
@click.pass_obj
def list_(config: str | None, as_of: str | None, *, as_json: bool) -> None:
    """Count the current records, by connection and kind."""
    instant = read_as_of(as_of)
    with open_workspace(config).read_store() as store:
        counts = store.records.counts(as_of=instant)
    if as_json:
        print_json(counts)
        return
    rows = [
        (
            count.connection,
            f"{count.kind}.v{count.version}",
            str(count.records),
            str(count.versions),
            str(count.rejected),
            format_instant(count.last_collected_at) if count.last_collected_at else "never",
            count.last_outcome or "",
        )
        for count in counts
    ]
    print_table(
        ("connection", "kind", "records", "versions", "rejected", "collected", "outcome"), rows
    )


@command.command("show")
@click.argument("kind")
@click.argument("key")
@connection_option
@click.option("--history", is_flag=True, help="Every stored version, oldest first.")
@as_of_option
@click.pass_obj
def show(
    config: str | None,
    kind: str,
    key: str,
    connection: str | None,
    as_of: str | None,
    *,
    history: bool,
) -> None:
    """Show one record as JSON, with where and when it was read."""
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    known(workspace, kind)
    with workspace.read_store() as store:
        records = [
            record
            for name in _connections(workspace, store.runs, connection)
            for record in (
                store.records.history(name, kind, key, as_of=instant)
                if history
                else store.records.current(name, kind, as_of=instant, key=key)
            )
        ]
    if not records:
        raise UsageError(
            f"no {kind} {key!r} is stored; `ccm evidence export --kind {kind}` has all"
        )
    for record in records:
        print_json(record)


@command.command("export")
@click.option("--kind", "kinds", multiple=True, required=True, help="Which; may be repeated.")
@connection_option
@as_of_option
@click.option("--provenance", is_flag=True, help="Where and when each was read, as well.")
@click.pass_obj
def export(
    config: str | None,
    kinds: tuple[str, ...],
    connection: str | None,
    as_of: str | None,
    *,
    provenance: bool,
) -> None:
    """Print the current records, one JSON document on each line."""
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    for kind in kinds:
        known(workspace, kind)
    with workspace.read_store() as store:
        for name in _connections(workspace, store.runs, connection):
            for kind in kinds:
                records = store.records.current(name, kind, as_of=instant)
                print_json_lines(records if provenance else map(export_record, records))


def known(workspace: Workspace, kind: str) -> None:
    """Refuse a kind that nobody offers.

    Raises:
        UsageError: It is unknown; those that are known are named.
    """
    if kind not in workspace.catalog.kinds:
        raise UsageError(
            f"no evidence kind {kind!r}; there are: {', '.join(workspace.catalog.kinds)}"
        )


def _connections(workspace: Workspace, runs: RunStore, chosen: str | None) -> list[str]:
    if chosen is not None:
        return [workspace.settings.connection(chosen).name]
    return list(runs.connections())
