"""The vault: sealed, whole after any crash, readable by its owner, and clear when it cannot be."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccm_core.auth.vault import Vault, VaultLocked
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.errors import SecretError
from ccm_core.sdk.secret import Secret

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "8FbGmH1iKkq2lN7zR0vYx3uJ5dQwTtE6aSsPpOoLlKk="
OTHER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
BY_KEY, BY_PASSPHRASE = {"CCM_VAULT_KEY": KEY}, {"CCM_VAULT_PASSPHRASE": "correct horse"}
ENTRY = VaultEntry(
    secrets={"access_token": Secret("pdus+_0aCC"), "refresh_token": Secret("pdus+_1rEF")},
    entered_at=NOON,
    scopes=("openid", "read"),
    received_at=NOON,
    expires_at=NOON + timedelta(days=1),
)


class KeyringInMemory:
    """A keyring of the kind that the host defines."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Give a text."""
        return self.kept.get(name)

    def set(self, name: str, text: str) -> None:
        """Keep a text."""
        self.kept[name] = text

    def remove(self, name: str) -> None:
        """Forget a text."""
        self.kept.pop(name, None)


def sources(environment=None, ring=None, ask=None, *, small=False) -> KeySources:
    """Say where keys may come from."""
    return KeySources(
        environment=environment or {}, keyring=lambda: ring, prompt=ask, small_keyring=small
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the vault is to be."""
    return tmp_path / "ccm.vault"


def test_vault_prompts_twice_for_a_new_passphrase_only(path):
    """A person chooses it once, before anything is kept; then it opens the vault."""
    asked = []

    def sources_of(word: str) -> KeySources:
        def ask() -> Secret:
            asked.append("asked")
            return Secret(word)

        def choose() -> Secret:
            asked.append("chosen")
            return Secret(word)

        return KeySources(environment={}, keyring=lambda: None, prompt=ask, prompt_new=choose)

    vault = Vault(path, sources_of("correct horse"))
    vault.ensure_usable()
    assert not path.exists()
    vault.write("prod", ENTRY)
    assert asked == ["chosen"]
    again = Vault(path, sources_of("correct horse"))
    again.ensure_usable()
    assert (again.read("prod"), asked) == (ENTRY, ["chosen", "asked"])
    with pytest.raises(SecretError, match="encrypted with another key"):
        Vault(path, sources_of("wrong horse")).ensure_usable()


def test_vault_is_checked_before_a_secret_is_entered(path):
    """There is no key, or the keyring behind it is locked."""
    with pytest.raises(SecretError, match="set CCM_VAULT_KEY"):
        Vault(path, sources()).ensure_usable()
    ring = KeyringInMemory()
    Vault(path, sources(ring=ring)).write("prod", ENTRY)

    def locked(_name: str) -> str:
        raise SecretError("the keyring is locked; unlock it")

    ring.get = locked
    with pytest.raises(SecretError, match="unlock it"):
        Vault(path, sources(ring=ring)).ensure_usable()


WAYS = [
    pytest.param({"environment": BY_KEY}, id="a key in the environment"),
    pytest.param({"environment": BY_PASSPHRASE}, id="a passphrase in the environment"),
    pytest.param({"ask": lambda: Secret("correct horse")}, id="a passphrase that is asked for"),
    pytest.param({"ring": KeyringInMemory()}, id="the keyring"),
    pytest.param({"ring": KeyringInMemory(), "small": True}, id="a key in the keyring"),
]


@pytest.mark.no_cover
@pytest.mark.parametrize("way", WAYS)
def test_vault_entry_is_read_by_another_process(path, way):
    """Another process, which knows only where the key is, finds everything."""
    Vault(path, sources(**way)).write("prod", ENTRY)
    Vault(path, sources(**way)).write("eu", ENTRY)
    later = Vault(path, sources(**way))
    assert later.read("prod") == ENTRY
    assert later.names() == ("eu", "prod")
    later.remove("prod")
    later.remove("prod")
    assert Vault(path, sources(**way)).names() == ("eu",)
    with pytest.raises(SecretError, match="no entry named 'prod'; connect prod first"):
        later.read("prod")


@pytest.mark.parametrize("way", WAYS)
def test_vault_folder_has_no_plain_text_secret(path, way):
    """Neither in the file, nor in a lock, nor in what is printed; and the owner alone reads it."""
    vault = Vault(path, sources(**way))
    vault.write("prod", ENTRY)
    for file in path.parent.iterdir():
        text = file.read_bytes()
        assert not [one for one in (b'"aCC"', b'"rEF"', b"horse", KEY.encode()) if one in text]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "aCC" not in repr(vault.read("prod"))


def test_vault_key_in_the_environment_precedes_the_keyring(path):
    """Who sets a key wants it to be used."""
    ring = KeyringInMemory()
    Vault(path, sources(BY_KEY, ring)).write("prod", ENTRY)
    assert ring.kept == {}
    assert Vault(path, sources(BY_KEY)).read("prod") == ENTRY


def test_empty_vault_is_valid(path):
    """It has no names, and is not made by looking."""
    assert Vault(path, sources()).names() == ()
    assert not path.exists()


@pytest.mark.parametrize(
    ("made_with", "opened_with", "says"),
    [
        pytest.param(
            BY_KEY, {"CCM_VAULT_KEY": OTHER_KEY}, "than the one in CCM_VAULT_KEY", id="other key"
        ),
        pytest.param(BY_KEY, {}, "CCM_VAULT_KEY, which is not set; set it", id="no key"),
        pytest.param(BY_KEY, BY_PASSPHRASE, "CCM_VAULT_KEY, which is not set", id="wrong kind"),
        pytest.param(
            BY_KEY, {"CCM_VAULT_KEY": "short"}, "expected 32 random bytes", id="no real key"
        ),
        pytest.param(
            BY_PASSPHRASE,
            {"CCM_VAULT_PASSPHRASE": "wrong horse"},
            "the one of this passphrase",
            id="other passphrase",
        ),
        pytest.param(BY_PASSPHRASE, {}, "CCM_VAULT_PASSPHRASE, which is not", id="no passphrase"),
        pytest.param(
            {}, BY_KEY, "this machine has no keyring|this one has no keyring", id="no keyring"
        ),
    ],
)
def test_vault_with_another_key_is_neither_opened_nor_changed(path, made_with, opened_with, says):
    """The message names the file and the next step, and the file stays as it was."""
    ring = None if made_with else KeyringInMemory()
    Vault(path, sources(made_with, ring)).write("prod", ENTRY)
    before = path.read_bytes()
    for use in (lambda one: one.read("prod"), lambda one: one.write("prod", ENTRY)):
        with pytest.raises(SecretError, match=says) as refused:
            use(Vault(path, sources(opened_with)))
        assert str(path) in str(refused.value)
        assert not [one for one in ("aCC", "horse", KEY, OTHER_KEY) if one in str(refused.value)]
    assert path.read_bytes() == before


def test_small_keyring_stores_only_the_vault_key(path):
    """The entries are in the file; without their key they are told to be closed."""
    ring = KeyringInMemory()
    Vault(path, sources(ring=ring, small=True)).write("prod", ENTRY)
    assert "sealed" in json.loads(path.read_bytes())
    assert [len(text) for text in ring.kept.values()] == [44]
    with pytest.raises(SecretError, match="in the keyring, and this machine has none"):
        Vault(path, sources()).read("prod")
    ring.kept.clear()
    with pytest.raises(SecretError, match="in the keyring of this machine, which has none"):
        Vault(path, sources(ring=ring)).read("prod")


def test_vault_without_any_key_names_the_options(path):
    """Nothing is kept in the clear instead."""
    with pytest.raises(SecretError, match=r"set CCM_VAULT_KEY to 32 .*or CCM_VAULT_PASSPHRASE"):
        Vault(path, sources()).write("prod", ENTRY)
    assert not path.exists()


def test_empty_passphrase_is_rejected(path):
    """It would protect nothing."""
    with pytest.raises(SecretError, match="passphrase is empty"):
        Vault(path, sources(ask=lambda: Secret(""))).write("prod", ENTRY)


def spoilt(path, change) -> None:
    """Change what a vault's file says."""
    written = json.loads(path.read_bytes())
    change(written)
    path.write_text(json.dumps(written))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-20]), id="half"),
        pytest.param(lambda path: path.write_bytes(b"x" * 9_000_000), id="huge"),
        pytest.param(lambda path: spoilt(path, lambda one: one.update(format="2")), id="newer"),
        pytest.param(lambda path: spoilt(path, lambda one: one.update(sealed=None)), id="no seal"),
        pytest.param(lambda path: spoilt(path, lambda one: one.pop("key")), id="no key"),
        pytest.param(
            lambda path: spoilt(
                path, lambda one: one.update(sealed=one["sealed"][:-8] + "AAAAAAA=")
            ),
            id="changed",
        ),
        pytest.param(
            lambda path: spoilt(path, lambda one: one["key"].update(cost=2**40)), id="costly"
        ),
        pytest.param(lambda path: spoilt(path, lambda one: one["key"].update(cost=0)), id="free"),
        pytest.param(
            lambda path: spoilt(path, lambda one: one["key"].update(cost=2**14)), id="cheap"
        ),
    ],
)
def test_damaged_vault_is_reported_and_unchanged(path, spoil):
    """Whoever has a copy can restore it; nothing is written over it."""
    Vault(path, sources(BY_PASSPHRASE)).write("prod", ENTRY)
    spoil(path)
    before = path.read_bytes()
    for use in (lambda one: one.read("prod"), lambda one: one.write("prod", ENTRY)):
        with pytest.raises(SecretError, match=r"vault .*restore it from a copy"):
            use(Vault(path, sources(BY_PASSPHRASE)))
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_vault_folder_is_reported(tmp_path):
    """With the reason of the operating system."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SecretError, match=r"vault .*Permission denied"):
            Vault(tmp_path / "ccm.vault", sources(BY_KEY)).write("prod", ENTRY)
    finally:
        tmp_path.chmod(0o700)


def test_missing_vault_folder_is_reported(tmp_path):
    """Nothing is made in passing."""
    with pytest.raises(SecretError, match=r"vault .*nowhere does not exist; create it first"):
        Vault(tmp_path / "nowhere" / "ccm.vault", sources(BY_KEY)).write("prod", ENTRY)


@pytest.mark.parametrize("name", ["", "../prod", "a/b", ".hidden", "x" * 101])
def test_vault_entry_needs_the_name_of_a_connection(path, name):
    """It becomes part of a file's name."""
    with pytest.raises(SecretError, match="expected the name of a connection"):
        Vault(path, sources(BY_KEY)).write(name, ENTRY)


def test_concurrent_vault_writers_lose_nothing(path):
    """Each reads anew under the lock, so no entry of another one is undone."""

    def write(number: int) -> None:
        vault = Vault(path, sources(BY_KEY))
        for turn in range(5):
            vault.write(f"c{number}-{turn}", ENTRY)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(Vault(path, sources(BY_KEY)).names()) == 20


def test_vault_lock_timeout_is_reported(path):
    """After as long as was agreed."""
    first, second = (Vault(path, sources(BY_KEY)) for _ in range(2))
    with (
        first.lock("prod"),
        pytest.raises(VaultLocked, match="another ccm has held"),
        second.lock("prod", timeout=0),
    ):
        pass
    with second.lock("prod", timeout=0), first.lock("eu", timeout=0):
        pass


def test_temporary_files_of_a_killed_writer_are_removed(path):
    """The next writer removes it; a reader never looks at it."""
    vault = Vault(path, sources(BY_KEY))
    vault.write("prod", ENTRY)
    left = path.parent / f".{path.name}.0123456789abcdef.tmp"
    left.write_bytes(b"half of a vau")
    assert vault.read("prod") == ENTRY
    vault.write("eu", ENTRY)
    assert not left.exists()
