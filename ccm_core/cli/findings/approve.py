"""``ccm findings approve``: sign a risk acceptance, or bring a signature made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ccm_core.cli.findings.accept import acceptance_lines, findings_in_words
from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.signing import SigningOptions, print_statement, signing_options
from ccm_core.cli.terminal.workspace import open_workspace

if TYPE_CHECKING:
    from ccm_core.app.acceptances.ssh_keygen import SigningPurpose


@click.command("approve")
@click.argument("name", metavar="ACCEPTANCE|FINDING")
@signing_options
@click.pass_obj
def command(config: str | None, /, name: str, **options: Any) -> None:
    """Approve a risk acceptance by a signature of its approver's SSH key, or by an ID token.

    It counts from the next evaluation on, as long as nobody changes it.
    """
    from ccm_core.app.acceptances.approve import approve, pending_approval, read_statement

    how, purpose = SigningOptions(**options), _purpose()
    how.check()
    workspace = open_workspace(config)
    if how.prints:
        with workspace.read_store() as store:
            pending = pending_approval(workspace, store, name, method=how.method)
        print_statement(pending.statement, how.method, purpose)
        return
    stated = None
    if how.stated:
        name, stated = read_statement(workspace, name, how.stated)
    with workspace.write_store(create=False) as store:
        pending = pending_approval(workspace, store, name, stated)
        for line in (pending.waiver.id, *acceptance_lines(pending.waiver, pending.cover)):
            print_message(line)
        proof = how.proof(pending.statement, pending.approver.ssh_keys, purpose)
        findings = approve(workspace, store, pending, proof)
    print_text(
        f"{pending.waiver.id} is approved by {pending.approver.id}. Accepted from the next "
        f"evaluation on (`ccm evaluate`): {findings_in_words(findings)}"
    )


def _purpose() -> SigningPurpose:
    from ccm_core.app.acceptances.ssh_keygen import SigningPurpose
    from ccm_core.approvals.statement import NAMESPACE

    return SigningPurpose(
        namespace=NAMESPACE, command="ccm findings approve ID", signer="the approver"
    )
