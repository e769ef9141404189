"""``ccm findings approve``: sign a risk acceptance, or bring a signature made elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccm_core.cli.findings.accept import acceptance_lines, findings_in_words
from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.waiver import ApprovalMethod
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.app.acceptances.approve import PendingApproval

_FILE = click.Path(path_type=Path)


@click.command("approve")
@click.argument("name", metavar="ACCEPTANCE|FINDING")
@click.option("--key", type=_FILE, metavar="FILE", help="Sign with the private key in this file.")
@click.option("--agent", is_flag=True, help="Sign with a key of the SSH agent; the default.")
@click.option(
    "--signature", type=_FILE, metavar="FILE", help="Take this signature, made by ssh-keygen."
)
@click.option(
    "--id-token", type=_FILE, metavar="FILE", help="Take this ID token of an identity provider."
)
@click.option(
    "--statement",
    type=_FILE,
    metavar="FILE",
    help="What was printed and approved. Default, with --signature: its name without .sig.",
)
@click.option("--print", "prints", is_flag=True, help="Print what is to be signed; sign nothing.")
@click.option("--oidc", is_flag=True, help="With --print: for an ID token, whose nonce it is for.")
@click.pass_obj
def command(config: str | None, /, name: str, **options: Any) -> None:
    """Approve a risk acceptance by a signature of its approver's SSH key, or by an ID token.

    It counts from the next evaluation on, as long as nobody changes it.
    """
    from ccm_core.app.acceptances.approve import approve, pending_approval, read_statement

    how = _Options(**options)
    how.check()
    workspace = open_workspace(config)
    if how.prints:
        method = ApprovalMethod.OIDC if how.oidc else ApprovalMethod.SSH
        with workspace.read_store() as store:
            pending = pending_approval(workspace, store, name, method=method)
        print_statement(pending.statement, method)
        return
    stated = None
    if brought := how.brought:
        statement = how.statement or brought.with_suffix("")
        name, stated = read_statement(workspace, name, statement)
    with workspace.write_store(create=False) as store:
        pending = pending_approval(workspace, store, name, stated)
        for line in (pending.waiver.id, *acceptance_lines(pending.waiver, pending.cover)):
            print_message(line)
        findings = approve(workspace, store, pending, _proof(pending, how))
    print_text(
        f"{pending.waiver.id} is approved by {pending.approver.id}. Accepted from the next "
        f"evaluation on (`ccm evaluate`): {findings_in_words(findings)}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """How it is approved."""

    key: Path | None
    agent: bool
    signature: Path | None
    id_token: Path | None
    statement: Path | None
    prints: bool
    oidc: bool

    @property
    def brought(self) -> Path | None:
        """The file of a proof that was made elsewhere."""
        return self.signature or self.id_token

    def check(self) -> None:
        """Refuse options that contradict each other."""
        proofs = (self.key, self.signature, self.id_token)
        if sum(path is not None for path in proofs) + self.agent + self.prints > 1:
            raise click.UsageError(
                "expected one of --key, --agent, --signature, --id-token and --print"
            )
        if self.statement and not self.brought:
            raise click.UsageError("--statement belongs to --signature or --id-token")
        if self.id_token and not self.statement:
            raise click.UsageError("--id-token needs --statement FILE: what --print printed")
        if self.oidc and not self.prints:
            raise click.UsageError("--oidc belongs to --print")


def _proof(pending: PendingApproval, how: _Options) -> str:
    from ccm_core.app.acceptances.ssh_keygen import sign_with_agent, sign_with_key

    if how.brought:
        return _read(how.brought)
    if how.key is None:
        return sign_with_agent(pending.statement, pending.approver.ssh_keys)
    print_message(f"ssh-keygen signs with {how.key}; it may ask for a passphrase or a touch")
    return sign_with_key(pending.statement, how.key)


def print_statement(statement: bytes, method: ApprovalMethod) -> None:
    """Print what is signed, byte by byte."""
    from ccm_core.approvals.statement import NAMESPACE

    sys.stdout.flush()
    sys.stdout.buffer.write(statement)
    sys.stdout.buffer.flush()
    if method is ApprovalMethod.OIDC:
        print_message(
            f"sign in with the nonce {digest(statement)}, and bring the ID token back with "
            "--id-token FILE --statement FILE"
        )
    else:
        print_message(
            f"sign it with `ssh-keygen -Y sign -n {NAMESPACE} -f KEY FILE`, and bring FILE.sig "
            "back with --signature"
        )


def _read(path: Path) -> str:
    from ccm_core.approvals.ssh_signature import MAX_LENGTH

    try:
        with path.open("rb") as file:
            return file.read(MAX_LENGTH + 1).decode("ascii", "replace").strip() + "\n"
    except OSError as cause:
        raise UsageError(f"{path} cannot be read: {cause.strerror}") from cause
