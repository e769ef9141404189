"""Options by which a statement is signed, here or elsewhere, and printing it to be signed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccm_core.cli.terminal.output import print_message
from ccm_core.errors import UsageError
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.waiver import ApprovalMethod
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.app.acceptances.ssh_keygen import SigningPurpose

_FILE = click.Path(path_type=Path)
_OPTIONS = (
    click.option(
        "--key", type=_FILE, metavar="FILE", help="Sign with the private key in this file."
    ),
    click.option("--agent", is_flag=True, help="Sign with a key of the SSH agent; the default."),
    click.option(
        "--signature", type=_FILE, metavar="FILE", help="Take this signature, made by ssh-keygen."
    ),
    click.option(
        "--id-token", type=_FILE, metavar="FILE", help="Take this ID token of an identity provider."
    ),
    click.option(
        "--statement",
        type=_FILE,
        metavar="FILE",
        help="What was printed and signed. Default, with --signature: its name without .sig.",
    ),
    click.option(
        "--print", "prints", is_flag=True, help="Print what is to be signed; sign nothing."
    ),
    click.option(
        "--oidc", is_flag=True, help="With --print: for an ID token, whose nonce it is for."
    ),
)


def signing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; their values make :class:`SigningOptions`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningOptions:
    """How something is signed."""

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

    @property
    def stated(self) -> Path | None:
        """The file of what was signed elsewhere."""
        return self.statement or (self.brought.with_suffix("") if self.brought else None)

    @property
    def method(self) -> ApprovalMethod:
        """What is printed to be signed, or signed here."""
        return ApprovalMethod.OIDC if self.oidc else ApprovalMethod.SSH

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

    def proof(self, statement: bytes, public_keys: Sequence[str], purpose: SigningPurpose) -> str:
        """Return the signature or the ID token that these options lead to.

        Raises:
            UsageError: It cannot be made or read.
        """
        from ccm_core.app.acceptances.ssh_keygen import sign_with_agent, sign_with_key

        if self.brought:
            return _read(self.brought)
        if self.key is None:
            return sign_with_agent(statement, public_keys, purpose)
        print_message(f"ssh-keygen signs with {self.key}; it may ask for a passphrase or a touch")
        return sign_with_key(statement, self.key, purpose)


def print_statement(statement: bytes, method: ApprovalMethod, purpose: SigningPurpose) -> None:
    """Print what is signed, byte by byte."""
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
            f"sign it with `ssh-keygen -Y sign -n {purpose.namespace} -f KEY FILE`, and bring "
            "FILE.sig back with --signature"
        )


def _read(path: Path) -> str:
    from ccm_core.approvals.ssh_signature import MAX_LENGTH

    try:
        with path.open("rb") as file:
            return file.read(MAX_LENGTH + 1).decode("ascii", "replace").strip() + "\n"
    except OSError as cause:
        raise UsageError(f"{path} cannot be read: {cause.strerror}") from cause
