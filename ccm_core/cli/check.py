"""``ccm check``."""

from __future__ import annotations

import click

from ccm_core.cli.context import Workplace
from ccm_core.cli.exits import Exit, gravest, of_error
from ccm_core.cli.printing import json_option, print_json, print_table
from ccm_core.errors import SourceError
from ccm_core.pipeline import Connection, Host, check
from ccm_core.sdk.types import Diagnosis


@click.command("check")
@click.argument("connections", nargs=-1)
@json_option
@click.pass_obj
def command(config: str | None, connections: tuple[str, ...], *, as_json: bool) -> int:
    """Check settings, plugins and packs, then test every connection, or those named."""
    place = Workplace.opened(config)
    place.judge()
    found, codes = {}, [Exit.WELL]
    installed = [_broken(problem) for problem in place.catalog.problems()]
    installed += [_broken(f"{one}: {one.failure}") for one in place.catalog.failures]
    if installed:
        found["plugins"] = installed
        codes.append(Exit.USAGE)
    for connection in place.connections(connections, secrets=True):
        found[connection.name], code = _tested(place.host, connection)
        codes.append(code)
    if as_json:
        print_json(found)
    else:
        _print(found)
    return gravest(codes)


def _tested(host: Host, connection: Connection) -> tuple[list[Diagnosis], Exit]:
    try:
        diagnoses = list(check(host, connection))
    except SourceError as error:
        return [Diagnosis(subject="connection", good=False, found=str(error))], of_error(error)
    good = all(one.good for one in diagnoses)
    return diagnoses, Exit.WELL if good else Exit.INSUFFICIENT


def _broken(problem: str) -> Diagnosis:
    return Diagnosis(subject="plugin", good=False, found=problem)


def _print(found: dict[str, list[Diagnosis]]) -> None:
    rows = [
        (name, "ok" if one.good else "PROBLEM", one.subject, one.found, one.next_step or "")
        for name, diagnoses in found.items()
        for one in diagnoses
    ]
    print_table(("connection", "", "what", "found", "next step"), rows)
