"""``ccm runs``: list runs, and show the manifest of one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from ccm_core.cli.terminal.options import as_of_option, connection_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_message, print_table, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.run import OpenRun
from ccm_core.report.terminal.run_manifest import run_text
from ccm_core.sdk.timestamps import format_duration, format_instant
from ccm_core.store.interface.runs import RunStore

_MOST = 20
_MOST_LISTED = 100
"""Lines for a person; programs are given all."""


@click.group("runs")
def command() -> None:
    """List runs, and show what one requested, read, counted and missed."""


@command.command("list")
@connection_option
@as_of_option
@click.option(
    "-n",
    "--last",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="Only so many, the newest.  [default: 100; all with --json]",
)
@json_option
@click.pass_obj
def list_(
    config: str | None,
    connection: str | None,
    as_of: str | None,
    last: int | None,
    *,
    as_json: bool,
) -> None:
    """List runs, the newest last, and those that no manifest seals."""
    instant = read_as_of(as_of)
    with open_workspace(config).read_store() as store:
        _known(store.runs, connection)
        limit = last or (None if as_json else _MOST_LISTED + 1)
        sealed = store.runs.manifests(connection, as_of=instant, last=limit)
        under_way = list(_open(store.runs, connection, instant))
    if as_json:
        print_json(sealed)
        return
    if last is None and len(sealed) > _MOST_LISTED:
        sealed = sealed[-_MOST_LISTED:]
        print_message(f"the newest {_MOST_LISTED} runs; more: --last NUMBER, all: --json")
    headings = ("run", "connection", "began", "took", "outcome", "read", "new", "requests", "why")
    print_table(headings, [*map(_row, sealed), *map(_open_row, under_way)])


@command.command("show")
@click.argument("run", required=False)
@json_option
@click.pass_obj
def show(config: str | None, run: str | None, *, as_json: bool) -> None:
    """Show the manifest of one run, or of the newest."""
    with open_workspace(config).read_store() as store:
        manifest = _chosen(run, store.runs)
    if as_json:
        print_json(manifest)
        return
    print_text(run_text(manifest))


def _known(runs: RunStore, connection: str | None) -> None:
    names = runs.connections()
    if connection is not None and connection not in names:
        connections = ", ".join(names) or "none"
        raise UsageError(f"the store has no run of {connection!r}; it has runs of: {connections}")


def _open(runs: RunStore, connection: str | None, as_of: datetime | None) -> Iterator[OpenRun]:
    for name in [connection] if connection else runs.connections():
        yield from (run for run in runs.open_runs(name) if as_of is None or run.started_at <= as_of)


def _chosen(run: str | None, runs: RunStore) -> Manifest:
    newest = runs.manifests(last=_MOST)
    if not newest:
        raise UsageError("the store holds no run that is sealed; `ccm collect` makes one")
    if run is None:
        return newest[-1]
    if manifest := runs.manifest(run):
        return manifest
    if any(manifest.run == run for manifest in _open(runs, None, None)):
        raise UsageError(
            f"run {run} has no manifest: it is under way, or was cut off. The next run of its "
            "connection seals it."
        )
    names = "".join(f"\n  {manifest.run}" for manifest in newest)
    raise UsageError(f"the store has no run {run!r}; the newest are:{names}")


def _row(manifest: Manifest) -> tuple[str, ...]:
    counts = [collection.counts for collection in manifest.collections]
    shortfalls = [
        *manifest.shortfalls,
        *(shortfall for collection in manifest.collections for shortfall in collection.shortfalls),
    ]
    return (
        manifest.run,
        manifest.connection,
        format_instant(manifest.started_at),
        format_duration(round((manifest.ended_at - manifest.started_at).total_seconds())),
        str(manifest.outcome),
        str(sum(collection.items for collection in counts)),
        str(sum(collection.appended for collection in counts)),
        str(sum(collection.requests for collection in counts)),
        ", ".join(sorted({str(shortfall.reason) for shortfall in shortfalls})),
    )


def _open_row(run: OpenRun) -> tuple[str, ...]:
    began = format_instant(run.started_at)
    return (run.run, run.connection, began, "", "not sealed", "", "", "", "under way, or cut off")
