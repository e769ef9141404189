"""``ccm check``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import click

from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.exit_codes import Exit, gravest
from ccm_core.cli.terminal.output import json_option, print_json, print_table
from ccm_core.errors import StoreNotFound
from ccm_core.pipeline.check import Check, diagnose
from ccm_core.sdk.types import Diagnosis
from ccm_core.store.interface import EvidenceStore


@click.command("check")
@click.argument("connections", nargs=-1)
@json_option
@click.pass_obj
def command(config: str | None, connections: tuple[str, ...], *, as_json: bool) -> int:
    """Check settings, plugins and packs, then test every connection, or those named."""
    place = Workspace.opened(config)
    place.judge()
    wanted = place.connections(connections, secrets=True)
    with _kept(place) as store:
        checked = Check(
            checked_at=place.host.clock(),
            plugins=tuple(_broken(place)),
            connections=tuple(diagnose(place.host, one, store) for one in wanted),
        )
    if as_json:
        print_json(checked)
    else:
        _print(checked)
    return _code(checked)


@contextmanager
def _kept(place: Workspace) -> Iterator[EvidenceStore | None]:
    """Give the store, or nothing where there is none yet: a check makes none."""
    with ExitStack() as stack:
        store = None
        with suppress(StoreNotFound):
            store = stack.enter_context(place.store(create=False))
        yield store


def _broken(place: Workspace) -> Iterator[Diagnosis]:
    failed = (f"{one}: {one.failure}" for one in place.catalog.failures)
    for problem in (*place.catalog.problems(), *failed):
        yield Diagnosis(subject="plugin", good=False, found=problem)


def _code(checked: Check) -> Exit:
    codes = [Exit.USAGE] if checked.plugins else []
    codes += [Exit.SOURCE for one in checked.connections if not one.usable]
    return gravest([*codes, Exit.OK if checked.good else Exit.INSUFFICIENT])


def _print(checked: Check) -> None:
    told = [("plugins", one) for one in checked.plugins]
    told += [(each.connection, one) for each in checked.connections for one in each.diagnoses]
    rows = [
        (name, "ok" if one.good else "PROBLEM", one.subject, one.found, one.next_step or "")
        for name, one in told
    ]
    print_table(("connection", "", "what", "found", "next step"), rows)
