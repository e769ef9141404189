"""``ccm findings accept``: ask to accept the risk of findings until a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.model.finding.tally import severities_in_words
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from ccm_core.app.acceptances.accept import AcceptResult
    from ccm_core.findings.acceptance_cover import AcceptanceCover
    from ccm_core.model.evaluation.waiver import Waiver
    from ccm_core.model.finding.finding import Finding

_MOST = 10
"""Findings that are listed one by one."""
_FEW = 3
"""Findings that are named in a sentence."""


@click.command("accept")
@click.argument("findings", nargs=-1, required=True, metavar="FINDING...")
@click.option("--reason", required=True, metavar="TEXT", help="Why the risk is accepted, in words.")
@click.option("--owner", required=True, metavar="PERSON", help="Who answers for it.")
@click.option("--approver", required=True, metavar="PERSON", help="Who approves it: another one.")
@click.option(
    "--until", required=True, metavar="DATE", help="Its last day (UTC), at most 366 days ahead."
)
@click.option(
    "--scope",
    type=click.Choice(["finding", "resource", "rule"]),
    default="finding",
    show_default=True,
    help="These causes alone; these checks on these resources; or on every resource.",
)
@click.option("--many", is_flag=True, help="Confirm that as many findings are meant to be covered.")
@click.option("--id", "name", default="", metavar="ID", help="The id of the acceptance.")
@click.option("--by", metavar="PERSON", help="Who asks. Default: who is logged in here.")
@click.pass_obj
def command(config: str | None, /, findings: tuple[str, ...], *, scope: str, **fields: Any) -> None:
    """Ask to accept the risk of findings: an entry of the waivers file.

    It counts once its approver has signed it: `ccm findings approve`.
    """
    from ccm_core.app.acceptances.accept import accept
    from ccm_core.app.acceptances.request import AcceptanceRequest, AcceptanceScope

    request = AcceptanceRequest(findings=findings, scope=AcceptanceScope(scope), **fields)
    result = accept(open_workspace(config), request)
    for line in _lines(result):
        print_text(line)
    if result.warning:
        print_message(f"warning: {result.warning}")
    for asked in result.asked:
        waiver = asked.waiver
        for overlap in asked.overlaps:
            state = "approved" if overlap.is_approved else "not approved"
            print_message(
                f"{waiver.id} overlaps {overlap.waiver} ({state}), which covers "
                f"{findings_in_words(overlap.findings)} as well"
            )
        print_message(
            f"It does not count yet: {waiver.approver} approves it with `ccm findings approve "
            f"{waiver.id}`"
        )


def _lines(result: AcceptResult) -> Iterator[str]:
    for asked in result.asked:
        yield f"{asked.waiver.id} is written to {result.path}"
        yield from acceptance_lines(asked.waiver, asked.cover)
    if result.note:
        yield result.note


def acceptance_lines(waiver: Waiver, cover: AcceptanceCover) -> Iterator[str]:
    """Yield what an acceptance says and covers, for whoever asks for it or approves it."""
    yield f"  checks    {', '.join(waiver.rules)}"
    yield f"  until     {format_instant(waiver.expires)}"
    yield f"  owner     {waiver.owner}"
    yield f"  approver  {waiver.approver}"
    yield f"  reason    {waiver.reason}"
    whole, part = len(cover.whole), len(cover.part)
    severities = severities_in_words(finding.severity for finding in cover.whole)
    of_which = f" ({severities})" if whole > 1 else ""
    yield f"  now       covers {whole:,} of {cover.failing:,} open findings{of_which}"
    yield from map(_finding_line, cover.whole[:_MOST])
    if whole > _MOST:
        yield f"    and {whole - _MOST:,} more"
    if part:
        yield f"            and {part:,} in part, which stay open for their other checks"
        yield from map(_finding_line, cover.part[:_MOST])
    yield f"  later     {_later(waiver)}"


def findings_in_words(ids: Sequence[str]) -> str:
    """Return some findings by their ids, and how many there are beside the first."""
    listed = ", ".join(ids[:_FEW])
    more = f" and {len(ids) - _FEW:,} more" if ids[_FEW:] else ""
    return f"{'finding' if len(ids) == 1 else 'findings'} {listed or 'none'}{more}"


def _finding_line(finding: Finding) -> str:
    return f"    {finding.id}  {finding.severity}  {finding.subject.title}"


def _later(waiver: Waiver) -> str:
    where = f" of {', '.join(waiver.connections)}" if waiver.connections else ""
    if waiver.findings:
        return "covers nothing else: a failure for another cause is another finding"
    if waiver.subjects:
        return f"covers whatever fails these checks on {', '.join(waiver.subjects)}{where}"
    return f"covers whatever fails these checks on any resource{where}, also on new ones"
