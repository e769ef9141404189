"""Keys that ssh-keygen makes, and what it signs with them."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SSH_KEYGEN = shutil.which("ssh-keygen")


@dataclass(frozen=True)
class KeyPair:
    """A key of ssh-keygen on disk."""

    path: Path

    @property
    def public(self) -> str:
        """The public key, in its line."""
        return self.path.with_name(f"{self.path.name}.pub").read_text().strip()

    def sign(self, data: bytes, namespace: str, *options: str) -> str:
        """Sign as a person does."""
        return _run("-Y", "sign", "-f", str(self.path), "-n", namespace, *options, stdin=data)


def _run(*arguments: str, stdin: bytes = b"") -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    ran = subprocess.run(  # noqa: S603 - a fixed command
        [str(SSH_KEYGEN), *arguments], input=stdin, capture_output=True, check=True, env=environment
    )
    return ran.stdout.decode()


@pytest.fixture(scope="session")
def make_key(tmp_path_factory):
    """Make a key pair of a type once; other names are other keys."""
    folder, keys = tmp_path_factory.mktemp("keys"), {}

    def make(
        name: str = "otto",
        kind: str = "ed25519",
        bits: int | None = None,
        passphrase: str = "",
    ) -> KeyPair:
        if SSH_KEYGEN is None:
            pytest.skip("ssh-keygen is not installed")
        if (name, kind, bits) not in keys:
            path = folder / f"{name}-{kind}-{bits or 0}"
            size = ["-b", str(bits)] if bits else []
            _run("-q", "-t", kind, *size, "-N", passphrase, "-C", f"{name}@work", "-f", str(path))
            keys[name, kind, bits] = KeyPair(path)
        return keys[name, kind, bits]

    return make


@pytest.fixture
def ssh_agent(tmp_path_factory, monkeypatch):
    """Run an SSH agent; return what adds a key to it."""
    program = shutil.which("ssh-agent")
    if program is None or shutil.which("ssh-add") is None:
        pytest.skip("ssh-agent is not installed")
    socket = tmp_path_factory.mktemp("a") / "s"
    with subprocess.Popen([program, "-D", "-a", str(socket)], stdout=subprocess.PIPE) as agent:  # noqa: S603 - a fixed command
        agent.stdout.readline()  # it listens once it has said where
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))

        def add(pair: KeyPair) -> None:
            subprocess.run(["ssh-add", "-q", str(pair.path)], check=True, stdin=subprocess.DEVNULL)  # noqa: S603, S607 - a fixed command

        yield add
        agent.terminate()
