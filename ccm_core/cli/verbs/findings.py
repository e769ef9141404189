"""``ccm findings``: list open and closed findings, and their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from ccm_core.cli.terminal.options import as_of_option, connection_option, json_option, read_as_of
from ccm_core.cli.terminal.output import print_json, print_table, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.model.evaluation.finding import Finding, FindingChange, FindingState
from ccm_core.pipeline.track_findings import all_findings, finding_history
from ccm_core.sdk.timestamps import format_instant

_HEADINGS = (
    "finding",
    "state",
    "severity",
    "rule",
    "resource",
    "owner",
    "first seen",
    "last seen",
    "reason",
)


@click.group("findings")
def command() -> None:
    """List what fails and has failed, and its history."""


@command.command("list")
@connection_option
@as_of_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in FindingState]),
    help="Only findings in this state; may be repeated. Default: open and inconclusive.",
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
    instant = read_as_of(as_of)
    selected = set(FindingState) if everything else {FindingState.OPEN, FindingState.INCONCLUSIVE}
    selected = {FindingState(state) for state in states} or selected
    teams = {owner.casefold() for owner in owners}
    with open_workspace(config).read_store() as store:
        listed = [
            finding
            for finding in all_findings(store, as_of=instant)
            if finding.state in selected
            and connection in {None, finding.connection}
            and (not teams or teams & {name.casefold() for name in finding.subject.owners})
        ]
    if as_json:
        print_json(listed)
        return
    print_table(_HEADINGS, [_row(finding) for finding in listed])


@command.command("show")
@click.argument("finding")
@as_of_option
@json_option
@click.pass_obj
def show(config: str | None, finding: str, as_of: str | None, *, as_json: bool) -> None:
    """Show one finding and its history, by its id or the beginning of it."""
    instant = read_as_of(as_of)
    with open_workspace(config).read_store() as store:
        one, history = finding_history(store, finding, as_of=instant)
    if as_json:
        print_json({"finding": one, "changes": history})
        return
    for line in _lines(one, history):
        print_text(line)


def _row(finding: Finding) -> Sequence[str]:
    return (
        finding.id,
        f"{finding.state}, waived" if finding.waiver else finding.state,
        finding.severity,
        finding.rule,
        finding.subject.title,
        ", ".join(finding.subject.owners),
        _second(finding.first_seen),
        _second(finding.last_seen),
        finding.reason,
    )


def _lines(finding: Finding, history: Sequence[FindingChange]) -> Sequence[str]:
    often = f", opened {finding.opened} times" if finding.opened > 1 else ""
    about = finding.subject
    waived = f", waived by {finding.waiver}" if finding.waiver else ""
    return [
        f"{finding.id} is {finding.state}{waived}{often}",
        f"  rule     {finding.rule}, {finding.severity}",
        f"  resource {about.title} ({about.kind} {about.key})",
        *([f"  owner    {', '.join(about.owners)}"] if about.owners else []),
        f"  source   {finding.connection or 'no connection'}",
        f"  seen     {_second(finding.first_seen)} to {_second(finding.last_seen)}",
        *(f"  {_second(change.at)}  {change.kind}: {change.reason}" for change in history),
    ]


def _second(at: datetime) -> str:
    return format_instant(at.replace(microsecond=0))
