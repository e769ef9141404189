"""``ccm evidence attach``, ``replace`` and ``withdraw``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccm_core.cli.terminal.options import acting_option
from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace

if TYPE_CHECKING:
    from ccm_core.app.audit.attach import AttachedEvidence

_file = click.argument("file", type=click.Path(path_type=Path))
_controls = click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="FRAMEWORK:ID",
    help="For which control, such as soc2:CC7.4; may be repeated.",
)
_title = click.option("--title", default="", metavar="TEXT", help="What it is called.")
_comment = click.option("--comment", default="", metavar="TEXT", help="What it shows.")
_digest_only = click.option(
    "--digest-only", is_flag=True, help="Store digest and name alone; the file may have any size."
)


@click.command("attach")
@_file
@_controls
@click.option("--period", required=True, metavar="PERIOD", help="For which, such as 2026-Q3.")
@click.option(
    "--expires", required=True, metavar="DAY", help="Its last day: after it, it does not count."
)
@_title
@_comment
@_digest_only
@acting_option
@click.pass_obj
def attach(config: str | None, /, **options: Any) -> None:
    """Attach a file to controls as manual evidence: it is hashed into the ledger, and kept.

    It is shown beside automated tests, and never makes one pass.
    """
    from ccm_core.app.audit.attach import attach_evidence
    from ccm_core.app.audit.evidence_request import EvidenceRequest

    attached = attach_evidence(open_workspace(config), EvidenceRequest(**options))
    _print(attached)


@click.command("replace")
@click.argument("name", metavar="ID")
@_file
@_controls
@click.option("--period", default="", metavar="PERIOD", help="For which; else as it was.")
@click.option("--expires", default="", metavar="DAY", help="Its last day; else as it was.")
@_title
@_comment
@_digest_only
@acting_option
@click.pass_obj
def replace(config: str | None, /, name: str, **options: Any) -> None:
    """Attach a file in place of another, which is kept and shown as replaced."""
    from ccm_core.app.audit.attach import replace_evidence
    from ccm_core.app.audit.evidence_request import EvidenceRequest

    attached = replace_evidence(open_workspace(config), name, EvidenceRequest(**options))
    _print(attached)
    print_message(f"{attached.statement.replaces} is replaced; it stays in the ledger")


@click.command("withdraw")
@click.argument("name", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in words.")
@acting_option
@click.pass_obj
def withdraw(config: str | None, name: str, reason: str, by: str | None) -> None:
    """State that manual evidence does not count any more; it is kept and shown as withdrawn."""
    from ccm_core.app.audit.attach import withdraw_evidence

    act = withdraw_evidence(open_workspace(config), name, reason, by)
    print_text(f"{act.evidence}: withdrawn by {act.by}; it stays in the ledger")


def _print(attached: AttachedEvidence) -> None:
    from ccm_core.report.content.manual_evidence import last_day, size_in_words

    statement, file = attached.statement, attached.statement.file
    print_text(
        f"{attached.act.evidence}: {file.name} ({file.type}, {size_in_words(file.size)}) is "
        f"attached to {', '.join(statement.controls)} for {statement.period} by {attached.act.by}"
    )
    print_message(file.digest)
    if not file.stored:
        print_message("its digest alone is stored: keep the file where auditors find it")
    if attached.expired:
        print_message(f"it expired on {last_day(statement.expires)}: it does not count")
    if attached.same_file:
        print_message(f"the same file is attached as {', '.join(attached.same_file)} too")
