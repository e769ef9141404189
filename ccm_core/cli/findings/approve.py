"""``ccm findings approve``: sign a risk acceptance, or bring a signature made elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.cli.findings.accept import acceptance_lines, findings_in_words
from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError

_FILE = click.Path(path_type=Path)


@click.command("approve")
@click.argument("name", metavar="ACCEPTANCE|FINDING")
@click.option("--key", type=_FILE, metavar="FILE", help="Sign with the private key in this file.")
@click.option("--agent", is_flag=True, help="Sign with a key of the SSH agent; the default.")
@click.option(
    "--signature", type=_FILE, metavar="FILE", help="Take this signature, made by ssh-keygen."
)
@click.option(
    "--statement",
    type=_FILE,
    metavar="FILE",
    help="With --signature: what was signed. Default: its name without .sig.",
)
@click.option("--print", "prints", is_flag=True, help="Print what is to be signed; sign nothing.")
@click.pass_obj
def command(
    config: str | None,
    name: str,
    key: Path | None,
    signature: Path | None,
    statement: Path | None,
    *,
    agent: bool,
    prints: bool,
) -> None:
    """Approve a risk acceptance by a signature of its approver's SSH key.

    It counts from the next evaluation on, as long as nobody changes it.
    """
    from ccm_core.app.acceptances.approve import approve, pending_approval, read_statement
    from ccm_core.app.acceptances.ssh_keygen import sign_with_agent, sign_with_key

    if sum((key is not None, agent, signature is not None, prints)) > 1:
        raise click.UsageError("expected one of --key, --agent, --signature and --print")
    if statement is not None and signature is None:
        raise click.UsageError("--statement belongs to --signature")
    workspace = open_workspace(config)
    if prints:
        with workspace.read_store() as store:
            print_statement(pending_approval(workspace, store, name).statement)
        return
    stated = None
    if signature is not None:
        name, stated = read_statement(workspace, name, statement or signature.with_suffix(""))
    with workspace.write_store(create=False) as store:
        pending = pending_approval(workspace, store, name, stated)
        for line in (f"{pending.waiver.id}", *acceptance_lines(pending.waiver, pending.cover)):
            print_message(line)
        if signature is not None:
            proof = _read(signature)
        elif key is not None:
            print_message(f"ssh-keygen signs with {key}; it may ask for a passphrase or a touch")
            proof = sign_with_key(pending.statement, key)
        else:
            proof = sign_with_agent(pending.statement, pending.approver.ssh_keys)
        findings = approve(workspace, store, pending, proof)
    print_text(
        f"{pending.waiver.id} is approved by {pending.approver.id}: {findings_in_words(findings)} "
        "are accepted from the next evaluation on: `ccm evaluate`"
    )


def print_statement(statement: bytes) -> None:
    """Print what is signed, byte by byte."""
    from ccm_core.approvals.statement import NAMESPACE

    click.echo(statement, nl=False)
    print_message(
        f"sign it with `ssh-keygen -Y sign -n {NAMESPACE} -f KEY FILE`, and bring FILE.sig back "
        "with --signature"
    )


def _read(path: Path) -> str:
    from ccm_core.approvals.ssh_signature import MAX_LENGTH

    try:
        with path.open("rb") as file:
            return file.read(MAX_LENGTH + 1).decode("ascii", "replace")
    except OSError as cause:
        raise UsageError(f"{path} cannot be read: {cause.strerror}") from cause
