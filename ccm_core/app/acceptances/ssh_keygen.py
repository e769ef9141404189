"""Signs with ``ssh-keygen``: private keys and passphrases are its business and never ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ccm_core.approvals.statement import NAMESPACE
from ccm_core.errors import UsageError

_NAME = "statement.json"
_SECONDS = 300
"""How long somebody may take to type a passphrase or to touch a key."""
_NOT_INSTALLED = (
    "ssh-keygen is not installed on this machine (it is part of OpenSSH, 8.2 or newer). Install "
    "it, or sign on another one: `ccm findings approve ID --print > ID.json`, there `ssh-keygen "
    f"-Y sign -n {NAMESPACE} -f KEY ID.json`, and here `ccm findings approve ID --signature "
    "ID.json.sig`"
)


def sign_with_key(statement: bytes, key: Path) -> str:
    """Return the signature of some bytes by the key in a file.

    A passphrase is asked for by ssh-keygen, at the terminal.

    Raises:
        UsageError: It cannot be made; the message says what to do.
    """
    if not key.exists():
        raise UsageError(f"no key {key}: expected the file of a private key, as ~/.ssh/id_ed25519")
    with tempfile.TemporaryDirectory(prefix="ccm-approval-") as folder:
        return _signed(Path(folder), statement, key)


def sign_with_agent(statement: bytes, public_keys: Sequence[str]) -> str:
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
                return _signed(Path(folder), statement, path)
            except UsageError as error:
                messages.append(str(error))
    raise UsageError(
        "the SSH agent has no key of the approver; `ssh-add FILE` adds one, or name it with --key "
        f"FILE ({messages[-1] if messages else 'the settings have none'})"
    )


def _signed(folder: Path, statement: bytes, key: Path) -> str:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise UsageError(_NOT_INSTALLED)
    path = folder / _NAME
    path.write_bytes(statement)
    signature = folder / f"{_NAME}.sig"
    signature.unlink(missing_ok=True)
    # In a file, so that its standard input is the terminal that it asks for the passphrase.
    ended = _run([program, "-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(path)])
    if ended.returncode or not signature.exists():
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"ssh-keygen does not sign with {key}: {_reason(lines)}")
    return signature.read_text(encoding="ascii", errors="replace")


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
