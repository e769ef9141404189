"""``ccm collect``: read what is due from the sources and store it as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from ccm_core.app.cycle import collect_connections
from ccm_core.cli.terminal.exit_codes import most_severe, run_code
from ccm_core.cli.terminal.options import json_option
from ccm_core.cli.terminal.output import print_json, print_message, print_table
from ccm_core.cli.terminal.progress import progress_of, reason_text
from ccm_core.cli.terminal.workspace import open_workspace, run_async
from ccm_core.model.evidence.amendments import as_amended
from ccm_core.model.evidence.collection import Reason
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.pipeline.source.clock import SYNCHRONIZE, disagreement_text, offset_text


@click.command("collect")
@click.argument("connections", nargs=-1)
@click.option("--all", "force", is_flag=True, help="Read what is not due as well.")
@json_option
@click.pass_obj
def command(config: str | None, connections: tuple[str, ...], *, force: bool, as_json: bool) -> int:
    """Collect what is due of every connection, or of those named, and store it."""
    workspace = open_workspace(config)
    with workspace.write_store(create=True) as store:
        selected = workspace.connections(connections, secrets=True)
        with progress_of(selected, quiet=as_json) as observers:
            collected = run_async(
                collect_connections(workspace, store, selected, observers, force=force)
            )
    manifests = collected.manifests
    if as_json:
        print_json(manifests)
    else:
        print_manifests(manifests)
        print_visibility(manifests)
    print_clock_offsets(manifests)
    collected.raise_errors()
    return most_severe(map(run_code, manifests))


def print_manifests(manifests: Sequence[Manifest]) -> None:
    """Print what each run did, one row for each kind."""
    rows = [row for manifest in manifests for row in _rows(manifest)]
    print_table(("connection", "kind", "outcome", "read", "new", "requests", "reason"), rows)


def print_visibility(manifests: Sequence[Manifest]) -> None:
    """Print once what credentials may not see, which many kinds have in common."""
    for manifest in manifests:
        details = {
            shortfall.detail
            for collection in as_amended(manifest.collections)
            for shortfall in collection.shortfalls
            if shortfall.reason is Reason.VISIBILITY
        }
        for detail in sorted(details):
            print_message(f"{manifest.connection}, {Reason.VISIBILITY}: {detail}")


def print_clock_offsets(manifests: Sequence[Manifest]) -> None:
    """Print by how much this machine's clock differs from a source's, where it is over a minute."""
    for manifest in manifests:
        if offset := offset_text(manifest.clock_skew):
            print_message(
                f"{manifest.connection}: {offset}; evidence is dated by the source's. {SYNCHRONIZE}"
            )
        if seconds := manifest.clock_disagreement:
            print_message(f"{manifest.connection}: {disagreement_text(seconds)}")


def _rows(manifest: Manifest) -> Iterator[tuple[str, ...]]:
    name = manifest.connection
    for collection in as_amended(manifest.collections):
        counts = collection.counts
        yield (
            name,
            collection.kind,
            str(collection.outcome),
            str(counts.items),
            str(counts.appended),
            str(counts.requests),
            "; ".join(map(reason_text, collection.shortfalls)),
        )
    for kind in manifest.not_due:
        yield (name, kind, "not due", "", "", "", "")
    for shortfall in manifest.shortfalls:
        yield (name, "", "run cut short", "", "", "", shortfall.detail)
