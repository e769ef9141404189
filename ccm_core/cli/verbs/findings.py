"""``ccm findings``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from ccm_core.cli.terminal.options import as_of_option, connection_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_table
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.model.evaluation.finding import Finding, FindingChange, FindingState
from ccm_core.pipeline.track_findings import all_findings, finding_history
from ccm_core.sdk.timestamps import format_instant

_HEADINGS = (
    "finding",
    "state",
    "severity",
    "rule",
    "subject",
    "owner",
    "first seen",
    "last seen",
    "why",
)


@click.group("findings")
def command() -> None:
    """List what fails and has failed, and what became of it."""


@command.command("list")
@connection_option
@as_of_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([one.value for one in FindingState]),
    help="Only findings in this state; may be repeated. Without it, open and inconclusive findings.",
)
@click.option(
    "--owner",
    "owners",
    multiple=True,
    metavar="TEAM",
    help="Only what this team owns; may be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="Also resolved and removed findings.")
@json_option
@click.pass_obj
def list_(
    config: str | None,
    connection: str | None,
    as_of: str | None,
    states: tuple[str, ...],
    owners: tuple[str, ...],
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """List findings, those that are open first."""
    then = read_as_of(as_of)
    wanted = set(FindingState) if everything else {FindingState.OPEN, FindingState.INCONCLUSIVE}
    wanted = {FindingState(one) for one in states} or wanted
    teams = {one.casefold() for one in owners}
    with open_workspace(config).read_store() as store:
        listed = [
            one
            for one in all_findings(store, as_of=then)
            if one.state in wanted
            and connection in {None, one.connection}
            and (not teams or teams & {name.casefold() for name in one.subject.owners})
        ]
    if as_json:
        print_json(listed)
        return
    print_table(_HEADINGS, [_row(one) for one in listed])


@command.command("show")
@click.argument("finding")
@as_of_option
@json_option
@click.pass_obj
def show(config: str | None, finding: str, as_of: str | None, *, as_json: bool) -> None:
    """Show what became of one finding, by its id or the beginning of it."""
    then = read_as_of(as_of)
    with open_workspace(config).read_store() as store:
        one, told = finding_history(store, finding, as_of=then)
    if as_json:
        print_json({"finding": one, "changes": told})
        return
    for line in _lines(one, told):
        click.echo(line)


def _row(one: Finding) -> Sequence[str]:
    return (
        one.id,
        f"{one.state}, waived" if one.waiver else one.state,
        one.severity,
        one.rule,
        one.subject.title,
        ", ".join(one.subject.owners),
        _second(one.first_seen),
        _second(one.last_seen),
        one.reason,
    )


def _lines(one: Finding, told: Sequence[FindingChange]) -> Sequence[str]:
    often = f", opened {one.opened} times" if one.opened > 1 else ""
    about = one.subject
    waived = f", waived by {one.waiver}" if one.waiver else ""
    return [
        f"{one.id} is {one.state}{waived}{often}",
        f"  rule     {one.rule}, {one.severity}",
        f"  subject  {about.title} ({about.kind} {about.key})",
        *([f"  owner    {', '.join(about.owners)}"] if about.owners else []),
        f"  of       {one.connection or 'no connection'}",
        f"  seen     {_second(one.first_seen)} to {_second(one.last_seen)}",
        *(f"  {_second(each.at)}  {each.kind}: {each.reason}" for each in told),
    ]


def _second(at: datetime) -> str:
    return format_instant(at.replace(microsecond=0))
