"""``ccm evidence``: list, show and export stored records, and manual evidence."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.app.workspace import Workspace
from ccm_core.cli.evidence.manual import attach
from ccm_core.cli.evidence.manual.lists import (
    EvidenceFilter,
    export_manual,
    list_manual,
    show_manual,
)
from ccm_core.cli.terminal.options import as_of_option, connection_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_json_lines, print_table
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.model.evidence.record import export_record
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface.runs import RunStore


@click.group("evidence")
def command() -> None:
    """List, show and export the stored evidence, and attach manual evidence."""


command.add_command(attach.attach)
command.add_command(attach.replace)
command.add_command(attach.withdraw)


@command.command("list")
@as_of_option
@click.option("--manual", is_flag=True, help="List manual evidence instead.")
@click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="FRAMEWORK:ID",
    help="Only manual evidence for this control; may be repeated.",
)
@click.option(
    "--period", default="", metavar="PERIOD", help="Only manual evidence for a part of it."
)
@click.option("--expired", is_flag=True, help="Only manual evidence that has expired.")
@json_option
@click.pass_obj
def list_(
    config: str | None,
    as_of: str | None,
    controls: tuple[str, ...],
    period: str,
    *,
    manual: bool,
    expired: bool,
    as_json: bool,
) -> None:
    """Count the current records, by connection and kind; or list manual evidence."""
    selection = EvidenceFilter(controls=controls, period=period, expired=expired)
    if manual or selection.narrows:
        if as_of is not None:
            raise click.UsageError("--as-of is of records; manual evidence is listed as it is now")
        list_manual(open_workspace(config), selection, as_json=as_json)
        return
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
@click.argument("kind", metavar="KIND|ID")
@click.argument("key", required=False)
@connection_option
@click.option("--history", is_flag=True, help="Every stored version, oldest first.")
@as_of_option
@click.pass_obj
def show(
    config: str | None,
    kind: str,
    key: str | None,
    connection: str | None,
    as_of: str | None,
    *,
    history: bool,
) -> None:
    """Show one record as JSON, with where and when it was read; or one piece of manual evidence."""
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    if key is None:
        _refuse_kind_alone(workspace, kind)
        show_manual(workspace, kind)
        return
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
@click.argument("name", metavar="[ID]", required=False)
@click.option("--kind", "kinds", multiple=True, help="Which records; may be repeated.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For manual evidence: the file to write, or a folder.",
)
@connection_option
@as_of_option
@click.option("--provenance", is_flag=True, help="Where and when each was read, as well.")
@click.pass_obj
def export(
    config: str | None,
    name: str | None,
    kinds: tuple[str, ...],
    target: Path | None,
    connection: str | None,
    as_of: str | None,
    *,
    provenance: bool,
) -> None:
    """Print the current records, one JSON document on each line; or write an attached file."""
    instant = read_as_of(as_of)
    workspace = open_workspace(config)
    if name is not None or target is not None:
        if name is None or target is None or kinds:
            raise click.UsageError("expected ID --to FILE for manual evidence, or --kind KIND")
        export_manual(workspace, name, target)
        return
    if not kinds:
        raise click.UsageError("expected --kind KIND, or ID --to FILE for manual evidence")
    for kind in kinds:
        known(workspace, kind)
    with workspace.read_store() as store:
        for of_connection in _connections(workspace, store.runs, connection):
            for kind in kinds:
                records = store.records.current(of_connection, kind, as_of=instant)
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


def _refuse_kind_alone(workspace: Workspace, name: str) -> None:
    if name in workspace.catalog.kinds:
        raise click.UsageError(f"{name} is a kind: expected the KEY of a record after it")


def _connections(workspace: Workspace, runs: RunStore, chosen: str | None) -> list[str]:
    if chosen is not None:
        return [workspace.settings.connection(chosen).name]
    return list(runs.connections())
