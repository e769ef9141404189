"""``ccm findings refuse`` and ``withdraw``: a risk acceptance does not count any more."""

from __future__ import annotations

import click

from ccm_core.cli.findings.accept import findings_in_words
from ccm_core.cli.terminal.output import print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.model.finding.act import ActKind

_name = click.argument("name", metavar="ACCEPTANCE|FINDING")
_reason = click.option("--reason", required=True, metavar="TEXT", help="Why, in words.")
_by = click.option("--by", metavar="PERSON", help="Who does this. Default: who is logged in here.")


@click.command("refuse")
@_name
@_reason
@_by
@click.pass_obj
def refuse(config: str | None, name: str, reason: str, by: str | None) -> None:
    """Refuse a risk acceptance that was asked for: its entry is removed."""
    _end(config, name, ActKind.ACCEPTANCE_REFUSED, reason, by)


@click.command("withdraw")
@_name
@_reason
@_by
@click.pass_obj
def withdraw(config: str | None, name: str, reason: str, by: str | None) -> None:
    """Withdraw a risk acceptance, approved or not: its entry is removed."""
    _end(config, name, ActKind.ACCEPTANCE_WITHDRAWN, reason, by)


def _end(config: str | None, name: str, kind: ActKind, reason: str, by: str | None) -> None:
    from ccm_core.app.acceptances.end import end_acceptance

    ended = end_acceptance(open_workspace(config), name, kind, reason, by)
    verb = "refused" if kind is ActKind.ACCEPTANCE_REFUSED else "withdrawn"
    print_text(
        f"{ended.waiver} is {verb} by {ended.by} and removed from {ended.path}. Not accepted from "
        f"the next evaluation on: {findings_in_words(ended.findings)}"
    )
