"""Where secrets go is settled before they are asked for, and nothing of them is shown."""

from __future__ import annotations

import os
import subprocess
import sys

import keyring
import keyring.backend
import keyring.backends.null
import keyring.errors
import pytest
from hunting import VAULT_KEY
from typing_in import saved

from ccm_core.config.secret_resolver import checked_secret


def test_a_vault_of_another_key_is_reported_before_secrets_are_asked(
    connect, simulator, folder, monkeypatch
):
    """And it is left as it is."""
    connect("--api-key", answers=[simulator.api_key])
    before = saved(folder)
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY[::-1].replace("=", "A")[:43] + "=")
    ran = connect("--api-key", "--name", "second", answers=[])
    assert ran.code == 2
    assert "encrypted with another key" in ran.err
    assert saved(folder) == before


class Lockable(keyring.backend.KeyringBackend):
    """A keyring that is open, or locked."""

    priority = 1
    open = True

    def get_password(self, *_where):
        """Give nothing."""
        self._look()

    def set_password(self, *_what):
        """Keep nothing."""
        self._look()

    def _look(self) -> None:
        if not self.open:
            raise keyring.errors.KeyringLocked


@pytest.fixture
def machine_with(monkeypatch):
    """Make this a machine with another keyring, and without a key in the environment."""
    before = keyring.get_keyring()
    monkeypatch.delenv("CCM_VAULT_KEY")
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_a_locked_keyring_is_reported_before_secrets_are_asked(connect, folder, machine_with):
    """With what to do; the vault of before stays."""
    mine = Lockable()
    machine_with(mine)
    connect("--api-key", "--save-anyway", answers=["wrong-key-0815"])
    files, mine.open = saved(folder), False
    ran = connect("--api-key", "--name", "second", answers=[])
    assert (ran.code, "KeyringLocked); unlock it" in ran.err) == (2, True), ran.err
    assert saved(folder) == files


@pytest.mark.skipif(sys.platform == "win32", reason="there are no terminals to make")
def test_terminal_prompts_do_not_echo_secrets(simulator, folder):
    """How, with which passphrase and key; what is typed does not appear."""
    surroundings = {key: one for key, one in os.environ.items() if not key.startswith("CCM_")}
    surroundings["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    command = ["-m", "ccm_core", "connect", "pagerduty", f"--set=base_url={simulator.base_url}"]
    answers = [
        (b"[1]: ", b"3"),
        (b"[us]: ", b""),
        (b"Passphrase: ", b"correct horse"),
        (b"again: ", b"correct horse"),
        (b"Key: ", simulator.api_key.encode()),
    ]
    code, echoed = at_a_terminal(command, surroundings, answers)
    assert code == 0, echoed
    assert b"saved pagerduty in ccm.yaml" in echoed
    assert [one for one in (b"correct horse", simulator.api_key.encode()) if one in echoed] == []


def at_a_terminal(command, surroundings, answers):
    """Run something at a terminal and type; give its exit code and what was to be seen."""
    inside = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    with subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-c", inside, sys.executable, *command],
        env=surroundings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        echoed = b""
        for prompt, answer in answers:
            start = len(echoed)
            while prompt not in echoed[start:]:
                more = os.read(process.stdout.fileno(), 4096)
                assert more, echoed
                echoed += more
            process.stdin.write(answer + b"\n")
            process.stdin.flush()
        echoed += process.stdout.read()
        process.stdin.close()
    return process.returncode, echoed


def test_a_missing_vault_key_is_reported_with_what_to_set(connect, folder, machine_with):
    """Before a secret is asked for."""
    machine_with(keyring.backends.null.Keyring())
    ran = connect("--api-key", answers=[])
    assert (ran.code, "set CCM_VAULT_KEY" in ran.err) == (2, True), ran.err
    assert saved(folder) == {}


def test_a_typed_secret_is_checked_like_a_stored_one():
    """The same rules, the same words."""
    assert checked_secret("Key", "u+x\n").reveal() == "u+x"
