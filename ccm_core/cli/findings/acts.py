"""``ccm findings assign``, ``acknowledge`` and ``comment``."""

from __future__ import annotations

import click

from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.model.finding.act import ActKind
from ccm_core.pipeline.findings.act import Action, act_on_findings
from ccm_core.pipeline.findings.work_items import FindingReader

_ids = click.argument("findings", nargs=-1, required=True, metavar="FINDING...")
_by = click.option(
    "--by",
    metavar="PERSON",
    help="Who does this: the id of one of `people`. Default: who is logged in on this machine.",
)
_revision = click.option(
    "--revision",
    type=click.IntRange(0),
    metavar="N",
    help="Refuse if somebody did something else since `ccm findings show` printed this revision.",
)
_comment = click.option("--comment", "text", default="", metavar="TEXT", help="Why.")


@click.command("assign")
@_ids
@click.option("--to", "owner", metavar="NAME", help="A team, or the id of one of `people`.")
@click.option("--to-source", is_flag=True, help="Back to whoever owns it without being assigned.")
@_comment
@_by
@_revision
@click.pass_obj
def assign(
    config: str | None,
    findings: tuple[str, ...],
    owner: str | None,
    text: str,
    by: str | None,
    revision: int | None,
    *,
    to_source: bool,
) -> None:
    """Assign findings to a team or a person."""
    if to_source is (owner is not None):
        raise click.UsageError("expected either --to NAME or --to-source")
    _act(config, findings, ActKind.ASSIGNED, text, by, revision, owner=owner or "")


@click.command("acknowledge")
@_ids
@_comment
@_by
@_revision
@click.pass_obj
def acknowledge(
    config: str | None, findings: tuple[str, ...], text: str, by: str | None, revision: int | None
) -> None:
    """State that somebody works on findings."""
    _act(config, findings, ActKind.ACKNOWLEDGED, text, by, revision)


@click.command("comment")
@click.argument("finding")
@click.argument("text")
@_by
@_revision
@click.pass_obj
def comment(
    config: str | None, finding: str, text: str, by: str | None, revision: int | None
) -> None:
    """Add a comment to a finding."""
    _act(config, (finding,), ActKind.COMMENTED, text, by, revision)


def _act(
    config: str | None,
    findings: tuple[str, ...],
    kind: ActKind,
    text: str,
    by: str | None,
    revision: int | None,
    *,
    owner: str = "",
) -> None:
    workspace = open_workspace(config)
    with workspace.write_store(create=False) as store:
        reader = FindingReader(
            store=store, policy=workspace.finding_policy, now=workspace.host.clock()
        )
        action = Action(kind=kind, by=by, text=text, owner=owner, revision=revision)
        done = act_on_findings(reader, findings, action)
    for act in done:
        to = f" to {act.owner}" if act.owner else ""
        print_message(f"{act.finding}: {act.kind.value}{to} by {act.by}")
