"""``ccm runs``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from ccm_core.cli.terminal.options import as_of_option, connection_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_table
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.run import OpenRun
from ccm_core.report.terminal.run import run_text
from ccm_core.sdk.timestamps import format_duration, format_instant
from ccm_core.store.interface.evidence_store import EvidenceStore

_MOST = 20


@click.group("runs")
def command() -> None:
    """List runs, and show what one asked, read, counted and missed."""


@command.command("list")
@connection_option
@as_of_option
@click.option(
    "-n", "--last", type=click.IntRange(min=1), metavar="NUMBER", help="Only so many, the newest."
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
    then = read_as_of(as_of)
    with open_workspace(config).read_store() as store:
        sealed = _sealed(store, connection, then)[-last if last else 0 :]
        under_way = list(_open(store, connection, then))
    if as_json:
        print_json(sealed)
        return
    headings = ("run", "connection", "began", "took", "outcome", "read", "new", "requests", "why")
    print_table(headings, [*map(_row, sealed), *map(_open_row, under_way)])


@command.command("show")
@click.argument("run", required=False)
@json_option
@click.pass_obj
def show(config: str | None, run: str | None, *, as_json: bool) -> None:
    """Show the manifest of one run, or of the newest."""
    with open_workspace(config).read_store() as store:
        manifests = _sealed(store, None, None)
        found = _chosen(manifests, run, store)
    if as_json:
        print_json(found)
        return
    click.echo(run_text(found))


def _sealed(
    store: EvidenceStore, connection: str | None, as_of: datetime | None
) -> Sequence[Manifest]:
    _known(store, connection)
    return store.runs.manifests(connection, as_of=as_of)


def _known(store: EvidenceStore, connection: str | None) -> None:
    names = store.runs.connections()
    if connection is not None and connection not in names:
        there = ", ".join(names) or "none"
        raise UsageError(f"the store has no run of {connection!r}; it has runs of: {there}")


def _open(
    store: EvidenceStore, connection: str | None, as_of: datetime | None
) -> Iterator[OpenRun]:
    for name in [connection] if connection else store.runs.connections():
        yield from (
            one for one in store.runs.open_runs(name) if as_of is None or one.started_at <= as_of
        )


def _chosen(manifests: Sequence[Manifest], run: str | None, store: EvidenceStore) -> Manifest:
    if not manifests:
        raise UsageError("the store holds no run that is sealed; `ccm collect` makes one")
    if run is None:
        return manifests[-1]
    found = [one for one in manifests if one.run == run]
    if found:
        return found[0]
    if any(one.run == run for one in _open(store, None, None)):
        raise UsageError(
            f"run {run} has no manifest: it is under way, or was cut off. The next run of its "
            "connection seals it."
        )
    newest = "".join(f"\n  {one.run}" for one in manifests[-_MOST:])
    raise UsageError(f"the store has no run {run!r}; the newest are:{newest}")


def _row(one: Manifest) -> tuple[str, ...]:
    counts = [collection.counts for collection in one.collections]
    falls = [*one.shortfalls, *(fall for each in one.collections for fall in each.shortfalls)]
    return (
        one.run,
        one.connection,
        format_instant(one.started_at),
        format_duration(round((one.ended_at - one.started_at).total_seconds())),
        str(one.outcome),
        str(sum(each.items for each in counts)),
        str(sum(each.appended for each in counts)),
        str(sum(each.requests for each in counts)),
        ", ".join(sorted({str(fall.reason) for fall in falls})),
    )


def _open_row(one: OpenRun) -> tuple[str, ...]:
    began = format_instant(one.started_at)
    return (one.run, one.connection, began, "", "not sealed", "", "", "", "under way, or cut off")
