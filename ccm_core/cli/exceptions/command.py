"""``ccm exceptions``: list the exceptions of a period, show one, and respond to it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccm_core.cli.terminal.options import acting_option, read_controls, read_period
from ccm_core.cli.terminal.output import print_json, print_message, print_text
from ccm_core.cli.terminal.signing import SigningOptions, print_statement, signing_options
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.report.content import phrases
from ccm_core.report.content.exception_responses import (
    exception_document,
    exceptions_document,
    response_line,
)
from ccm_core.report.terminal.exceptions import exception_lines, exception_text

if TYPE_CHECKING:
    from ccm_core.app.acceptances.ssh_keygen import SigningPurpose

_period = click.option(
    "--period",
    required=True,
    metavar="PERIOD",
    help="2026, 2026-Q3, 2026-07, 2026-07-01 or 2026-07-01..2026-09-30, in UTC.",
)
_output = click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print it: for people, or for programs.",
)


@click.group("exceptions")
def command() -> None:
    """List the exceptions of a period, and respond to them as management."""


@command.command("list")
@_period
@click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="FRAMEWORK:ID",
    help="Only exceptions of this control; may be repeated.",
)
@click.option("--unanswered", is_flag=True, help="Only exceptions without a response.")
@_output
@click.pass_obj
def list_(
    config: str | None, period: str, controls: tuple[str, ...], output: str, *, unanswered: bool
) -> None:
    """List every exception of a period once, those without a response first."""
    from ccm_core.app.audit.respond import period_exceptions

    span, selected = read_period(period), read_controls(controls)
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        noted = period_exceptions(workspace, store, span, selected)
    if selected:  # a response may be to an exception of another control
        noted = replace(noted, left_over=())
    total = len(noted.exceptions)
    answered = sum(one.response is not None for one in noted.exceptions)
    if unanswered:
        chosen = tuple(one for one in noted.exceptions if one.response is None)
        noted = replace(noted, exceptions=chosen, left_over=())
    if output == "json":
        print_json(exceptions_document(noted))
        return
    is_terminal = sys.stdout.isatty()
    width = max(shutil.get_terminal_size((80, 24)).columns, 60) if is_terminal else 1 << 16
    for line in exception_lines(noted, width):
        print_text(line)
    number = phrases.count(total, "exception")
    print_message(
        f"{number} in {period}: {answered:,} with a response, {total - answered:,} without"
    )


@command.command("show")
@click.argument("name", metavar="ID")
@_period
@_output
@click.pass_obj
def show(config: str | None, name: str, period: str, output: str) -> None:
    """Show one exception with every response, those that were superseded too."""
    from ccm_core.app.audit.respond import exception_named, period_exceptions

    span = read_period(period)
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        exception = exception_named(period_exceptions(workspace, store, span), name)
    if output == "json":
        print_json(exception_document(exception))
        return
    for line in exception_text(exception):
        print_text(line)


@command.command("proof")
@click.argument("name", metavar="ID")
@_period
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="FOLDER",
    help="Where to write it.",
)
@click.pass_obj
def proof(config: str | None, name: str, period: str, folder: Path) -> None:
    """Write the signed statement of a response, to be verified without ccm."""
    from ccm_core.app.audit.respond import exception_named, period_exceptions
    from ccm_core.app.audit.response_proof import write_proof
    from ccm_core.approvals.response import NAMESPACE
    from ccm_core.model.evaluation.waiver import ApprovalMethod

    span = read_period(period)
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        exception = exception_named(period_exceptions(workspace, store, span), name)
    statement, signature, *keys = write_proof(exception, folder)
    for path in (statement, signature, *keys):
        print_text(str(path))
    response = exception.response
    if response and response.signature and response.signature.method is ApprovalMethod.SSH:
        print_message(
            f"ssh-keygen -Y verify -f {keys[0]} -I {response.by} -n {NAMESPACE} -s {signature} "
            f"< {statement}"
        )


@command.command("respond")
@click.argument("name", metavar="ID")
@_period
@click.option("--response", "text", default=None, metavar="TEXT", help="What management answers.")
@acting_option
@click.option("--unsigned", is_flag=True, help="Do not sign it; reports show that.")
@signing_options
@click.pass_obj
def respond(
    config: str | None,
    /,
    name: str,
    period: str,
    text: str | None,
    by: str | None,
    *,
    unsigned: bool,
    **options: Any,
) -> None:
    """Respond to an exception of a period as management, and sign the response.

    A later response supersedes an earlier one, which is kept.
    """
    from ccm_core.app.audit.respond import (
        ResponseRequest,
        pending_response,
        statement_of,
    )
    from ccm_core.app.audit.respond import respond as store_response

    how, purpose = SigningOptions(**options), _purpose(by)
    how.check()
    _check(how, text, unsigned=unsigned)
    request = ResponseRequest(
        exception=name,
        period=read_period(period),
        text=text or "",
        by=by,
        signs=not unsigned,
        method=how.method,
    )
    workspace = open_workspace(config)
    with workspace.read_store() as store:
        response = pending_response(workspace, store, request, how.stated)
    if how.prints:
        print_statement(statement_of(response), how.method, purpose)
        return
    print_message(f"{response.exception.id}  {response.exception.rule}: {response.title}")
    proof = None
    if not unsigned:
        proof = how.proof(statement_of(response), response.authority.ssh_keys, purpose)
    stored = store_response(workspace, response, proof)
    print_text(f"{stored.exception.id} in {period}: response {stored.number} is stored")
    print_message(response_line(stored))


def _check(how: SigningOptions, text: str | None, *, unsigned: bool) -> None:
    if unsigned and (how.prints or how.key or how.agent or how.brought):
        raise click.UsageError("--unsigned contradicts the options that sign")
    if how.brought and text is not None:
        raise click.UsageError("--response was printed and signed already: it is in --statement")
    if not how.brought and text is None:
        raise click.UsageError("expected --response TEXT: what management answers")


def _purpose(by: str | None) -> SigningPurpose:
    from ccm_core.app.acceptances.ssh_keygen import SigningPurpose
    from ccm_core.approvals.response import NAMESPACE

    return SigningPurpose(
        namespace=NAMESPACE,
        command="ccm exceptions respond ID --period PERIOD",
        signer=by or "whoever responds",
    )
