"""Signs with ``ssh-keygen``: private keys and passphrases are its business and never ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass

_NAME = "statement.json"
_SECONDS = 300
"""How long somebody may take to type a passphrase or to touch a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningPurpose:
    """What a signature is for."""

    namespace: str
    command: str
    """What people type to sign it, such as ``ccm findings approve ID``."""
    signer: str
    """Whose signature it is, such as ``the approver``."""


def sign_with_key(statement: bytes, key: Path, purpose: SigningPurpose) -> str:
    """Return the signature of some bytes by the key in a file.

    A passphrase is asked for by ssh-keygen, at the terminal.

    Raises:
        UsageError: It cannot be made; the message says what to do.
    """
    if not key.exists():
        raise UsageError(f"no key {key}: expected the file of a private key, as ~/.ssh/id_ed25519")
    with tempfile.TemporaryDirectory(prefix="ccm-approval-") as folder:
        return _signed(Path(folder), statement, key, purpose)


def sign_with_agent(statement: bytes, public_keys: Sequence[str], purpose: SigningPurpose) -> str:
    """Return the signature of some bytes by whichever of some keys the SSH agent has.

    Raises:
        UsageError: It has none, or there is no agent.
    """
    if not os.environ.get("SSH_AUTH_SOCK"):
        raise UsageError(
            "no SSH agent is running (SSH_AUTH_SOCK is not set): name the private key with --key "
            "FILE, or start one with `eval $(ssh-agent)` and `ssh-add`"
        )
    messages = []
    with tempfile.TemporaryDirectory(prefix="ccm-approval-") as folder:
        for index, public in enumerate(public_keys):
            path = Path(folder) / f"{index}.pub"
            path.write_text(f"{public}\n", encoding="ascii")
            try:
                return _signed(Path(folder), statement, path, purpose)
            except UsageError as error:
                messages.append(str(error))
    raise UsageError(
        f"the SSH agent has no key of {purpose.signer}; `ssh-add FILE` adds one, or name it with "
        f"--key FILE ({messages[-1] if messages else 'the settings have none'})"
    )


def _signed(folder: Path, statement: bytes, key: Path, purpose: SigningPurpose) -> str:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise UsageError(_not_installed(purpose))
    path = folder / _NAME
    path.write_bytes(statement)
    signature = folder / f"{_NAME}.sig"
    signature.unlink(missing_ok=True)
    # In a file, so that its standard input is the terminal that it asks for the passphrase.
    ended = _run([program, "-Y", "sign", "-n", purpose.namespace, "-f", str(key), str(path)])
    if ended.returncode or not signature.exists():
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"ssh-keygen does not sign with {key}: {_reason(lines)}")
    return signature.read_text(encoding="ascii", errors="replace")


def _not_installed(purpose: SigningPurpose) -> str:
    return (
        "ssh-keygen is not installed on this machine (it is part of OpenSSH, 8.2 or newer). "
        f"Install it, or sign on another one: `{purpose.command} --print > ID.json`, there "
        f"`ssh-keygen -Y sign -n {purpose.namespace} -f KEY ID.json`, and here "
        f"`{purpose.command} --signature ID.json.sig`"
    )


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    is_terminal = sys.stdin.isatty()
    environment = dict(os.environ)
    if not is_terminal:
        environment["SSH_ASKPASS_REQUIRE"] = "never"
    try:
        return subprocess.run(  # noqa: S603 - the program of the system, without a shell
            command,
            stdin=None if is_terminal else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as cause:
        raise UsageError(f"ssh-keygen has not signed within {_SECONDS} s; try again") from cause
    except OSError as cause:
        raise UsageError(f"ssh-keygen cannot be started: {cause.strerror}") from cause


def _reason(lines: Sequence[str]) -> str:
    text = "; ".join(lines) or "it says nothing"
    if "passphrase" in text and not sys.stdin.isatty():
        text += (
            ". There is no terminal to ask for the passphrase at: run this in one, or load the key "
            "into an agent with `ssh-add` and use --agent"
        )
    if "unknown option" in text or "illegal option" in text:
        text += ". It is older than OpenSSH 8.2: sign on another machine, see --print"
    return text
