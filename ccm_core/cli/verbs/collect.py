"""``ccm collect``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.exit_codes import gravest
from ccm_core.cli.terminal.outcome_codes import of_manifest
from ccm_core.cli.terminal.output import json_option, print_json, print_table
from ccm_core.cli.terminal.progress import observer
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.pipeline.collect import collect
from ccm_core.store.interface import EvidenceStore


@click.command("collect")
@click.argument("connections", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Read what is not due as well.")
@json_option
@click.pass_obj
def command(
    config: str | None, connections: tuple[str, ...], *, everything: bool, as_json: bool
) -> int:
    """Read what is due of every connection, or of those named, and keep it."""
    place = Workspace.opened(config)
    with place.store(create=True) as store:
        manifests = collected(place, store, connections, everything=everything, quiet=as_json)
    if as_json:
        print_json(manifests)
    else:
        print_manifests(manifests)
    return gravest(of_manifest(one) for one in manifests)


def collected(
    place: Workspace,
    store: EvidenceStore,
    names: Sequence[str],
    *,
    everything: bool,
    quiet: bool,
) -> list[Manifest]:
    """Collect connections one after the other."""
    found = place.connections(names, secrets=True)
    watching = observer(quiet=quiet)
    return [collect(place.host, one, store, watching, everything=everything) for one in found]


def print_manifests(manifests: Sequence[Manifest]) -> None:
    """Print what each run did, one row for each kind."""
    rows = []
    for manifest in manifests:
        for one in manifest.collections:
            said = "; ".join(fall.detail for fall in one.shortfalls)
            counts = one.counts
            rows.append(
                (
                    manifest.connection,
                    one.kind,
                    str(one.outcome),
                    str(counts.items),
                    str(counts.appended),
                    str(counts.requests),
                    said,
                )
            )
        rows.extend(
            (manifest.connection, kind, "not due", "", "", "", "") for kind in manifest.not_due
        )
        rows.extend(
            (manifest.connection, "", "run cut short", "", "", "", fall.detail)
            for fall in manifest.shortfalls
        )
    print_table(("connection", "kind", "outcome", "read", "new", "requests", "why"), rows)
