"""``ccm findings``: list open and closed findings, and their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from ccm_core.cli.terminal.options import (
    as_of_option,
    connections_option,
    control_option,
    json_option,
    owner_option,
    read_as_of,
    severity_option,
    status_option,
)
from ccm_core.cli.terminal.output import print_json, print_message, print_table, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.findings.filter import FindingFilter
from ccm_core.model.finding.finding import Finding, FindingChange, FindingState
from ccm_core.pipeline.findings.track import finding_history, selected_findings
from ccm_core.sdk.timestamps import format_instant

_DEFAULT_STATES = frozenset({FindingState.OPEN, FindingState.INCONCLUSIVE})
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
@connections_option
@as_of_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in FindingState]),
    help="Only findings in this state; may be repeated. Default: open and inconclusive.",
)
@control_option
@severity_option
@status_option
@owner_option
@click.option("--all", "everything", is_flag=True, help="Also resolved and removed findings.")
@json_option
@click.pass_obj
def list_(
    config: str | None,
    /,
    as_of: str | None,
    states: tuple[str, ...],
    *,
    everything: bool,
    as_json: bool,
    **names: tuple[str, ...],
) -> None:
    """List findings, those that are open first."""
    instant = read_as_of(as_of)
    # A status is that of the last evaluation: it may be of a finding that was resolved by it.
    is_default = not (everything or states or names["statuses"])
    selected = _DEFAULT_STATES if is_default else frozenset(map(FindingState, states))
    selection = FindingFilter(states=selected, **names)
    with open_workspace(config).read_store() as store:
        listed, total = selected_findings(store, selection, as_of=instant)
    if as_json:
        print_json(listed)
    else:
        print_table(_HEADINGS, [_row(finding) for finding in listed])
    if selection.phrases:
        print_message(
            f"{len(listed):,} of {total:,} findings: only {', '.join(selection.phrases)}"
            + ("; state open or inconclusive" if is_default else "")
        )


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
