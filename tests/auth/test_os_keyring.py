"""The keyring of the operating system, through the library ``keyring``, as the vault uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.errors import SecretError
from ccm_core.sdk.secret import Secret

ENTRY = VaultEntry(
    secrets={"access_token": Secret("pdus+_0aCC")},
    entered_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the vault is to be."""
    return tmp_path / "ccm.vault"


class KeyringOfTheLibrary(keyring.backend.KeyringBackend):
    """A backend as the library ``keyring`` wants it."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.raised: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        """Give a text."""
        if self.raised is not None:
            raise self.raised
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a text."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget a text."""
        del self.kept[service, username]


@pytest.fixture
def backend():
    """The keyring of the operating system, as far as the library can tell."""
    before, found = keyring.get_keyring(), KeyringOfTheLibrary()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


def test_os_keyring_stores_the_entries(path, backend):
    """Each in one piece, so a rotation is one change; the file has names alone."""
    vault = Vault(path, KeySources(environment={}))
    vault.write("prod", ENTRY)
    assert vault.read("prod") == ENTRY
    assert len(backend.kept) == 1
    assert json.loads(path.read_bytes())["names"] == ["prod"]
    vault.remove("prod")
    assert (vault.names(), backend.kept) == ((), {})


@pytest.mark.parametrize(
    "raised",
    [
        pytest.param(keyring.errors.KeyringLocked, id="locked"),
        pytest.param(OSError, id="an error of the operating system"),
    ],
)
def test_failing_keyring_is_reported(path, backend, raised):
    """With what to do, and without what the backend said."""
    vault = Vault(path, KeySources(environment={}))
    vault.write("prod", ENTRY)
    backend.raised = raised("pdus+_0aCC")
    with pytest.raises(SecretError, match=rf"failed \({raised.__name__}\); unlock") as told:
        vault.read("prod")
    assert "aCC" not in str(told.value)


def test_keyring_without_an_entry_is_reported(path, backend):
    """As a connection that has to be made first."""
    vault = Vault(path, KeySources(environment={}))
    vault.write("prod", ENTRY)
    backend.kept.clear()
    with pytest.raises(SecretError, match="no entry named 'prod'; connect prod first"):
        vault.read("prod")


def test_machine_without_a_keyring_has_no_os_keyring():
    """The library's backend that only fails does not count."""
    code = "from ccm_core.auth.os_keyring import os_keyring; print(os_keyring())"
    surroundings = {
        **os.environ,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    answer = subprocess.run(  # noqa: S603 - this interpreter, with code that stands above
        [sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "None"
