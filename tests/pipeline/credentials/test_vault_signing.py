"""The vault's keys and the store's ledger agree on who signs, whatever happens in between."""

from __future__ import annotations

from base64 import b64encode
from contextlib import closing
from datetime import UTC, datetime

import pytest

from ccm_core.auth import signing_keys as keys
from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.errors import UsageError
from ccm_core.ledger.signed_note import Unsigned
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.pipeline.credentials.vault_signing import (
    newest_key,
    rotate_signing_key,
    vault_signing,
)
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.verify import verify_store

AT = datetime(2026, 1, 1, tzinfo=UTC)


class StoreFolder:
    """A store, its vault, and what a person was told."""

    def __init__(self, folder):
        self.folder, self.messages, self._evaluations = folder, [], 0
        self.environment = {"CCM_VAULT_KEY": b64encode(b"k" * 32).decode()}

    def vault(self):
        """Return the vault as a new process opens it."""
        return Vault(self.folder / "ccm.vault", KeySources(environment=self.environment))

    def signing(self):
        """Return who signs."""
        return vault_signing(self.vault, lambda: AT, self.messages.append, self.store_key)

    def store_key(self):
        """Return the key that the store is signed with."""
        settings = StoreLocation(url="sqlite:///ccm.db")
        if not (self.folder / "ccm.db").exists():
            return None
        with closing(open_store(settings, base=self.folder, read_only=True)) as store:
            return newest_key(store.ledger)

    def store(self):
        """Open the store."""
        settings = StoreLocation(url="sqlite:///ccm.db")
        return closing(open_store(settings, base=self.folder, signing=self.signing()))

    def state_head(self, store=None):
        """Keep an evaluation, which states a head."""
        self._evaluations += 1
        at = AT.replace(minute=self._evaluations)
        evaluation = Evaluation(
            evaluated_at=at, packs=(), connections=(), sufficiency=(), rules=(), controls=()
        )
        if store is not None:
            store.evaluations.append(evaluation)
            return
        with self.store() as opened:
            opened.evaluations.append(evaluation)

    def verified(self):
        """Verify the store."""
        return verify_store(self.folder / "ccm.db", on_progress=lambda *_: None)


@pytest.fixture
def store_folder(tmp_path):
    """Return an empty folder to keep things in."""
    return StoreFolder(tmp_path)


def test_an_unsigned_head_is_reported_once(store_folder):
    """That a key was made, or why nobody signs: not for every head."""
    store_folder.environment.clear()
    sign = store_folder.signing()
    assert [type(sign()) for _ in range(3)] == [Unsigned] * 3
    (message,) = store_folder.messages
    assert "the ledger's head is not signed" in message
    assert sign().why in message


@pytest.mark.attack(
    "Keys",
    "A command writes to a store whose signing key is not in the vault",
    "No other key is made: it says once that the heads stay unsigned, and how that is fixed",
)
@pytest.mark.parametrize("vault", ["gone", "gone, and no key opens a new one", "of another store"])
def test_no_other_key_is_made_for_a_store_that_has_one(store_folder, vault):
    """It would sign nothing. The heads are stated as unsigned, until the vault is there again."""
    store_folder.state_head()
    path = store_folder.folder / "ccm.vault"
    (key,) = keys.stored_keys(store_folder.vault())
    saved = path.read_bytes()
    store_folder.messages.clear()
    path.unlink()
    if vault == "of another store":
        keys.create_first_key(store_folder.vault(), AT)
    elif vault != "gone":
        store_folder.environment.clear()
    with store_folder.store() as store:
        store_folder.state_head(store)
        store_folder.state_head(store)
    (message,) = store_folder.messages
    assert "not signed" in message
    assert store_folder.store_key().public == key.public
    assert all(part in message for part in (str(store_folder.store_key()), str(path)))
    assert "`ccm keys rotate --lost`" in message
    assert path.exists() == (vault == "of another store")
    assert "leaves of the store's own log are not signed" in store_folder.verified().unproven[0]

    path.write_bytes(saved)
    store_folder.environment = StoreFolder(store_folder.folder).environment
    store_folder.state_head()
    assert store_folder.verified().unproven == ()


def test_signing_notices_a_vault_that_opens_later_and_a_rotated_key(store_folder):
    """It holds its store for weeks, and the vault is another process's as well."""
    environment = dict(store_folder.environment)
    store_folder.environment.clear()
    with store_folder.store() as store:
        store_folder.state_head(store)
        store_folder.environment.update(environment)
        store_folder.state_head(store)
        with store_folder.store() as second:
            rotate_signing_key(store_folder.vault(), second.ledger, AT)
        store_folder.state_head(store)

        assert [key.handed_over for key in store.ledger.signing_keys()] == [True, True]
    verification = store_folder.verified()
    assert (verification.problems, verification.unproven) == ((), ())


@pytest.mark.parametrize(
    "is_registered", [False, True], ids=["before the store", "after the store"]
)
def test_an_interrupted_key_rotation_leaves_a_store_that_can_be_signed(store_folder, is_registered):
    """The vault has both keys then, and the store says which of them signs."""
    store_folder.state_head()
    (old,) = keys.stored_keys(store_folder.vault())
    new = keys.prepare_next_key(store_folder.vault(), AT)  # what a rotation does first
    if is_registered:
        with store_folder.store() as store:
            store.ledger.rotate_key([new, old], AT)
    store_folder.state_head()

    verification = store_folder.verified()
    assert (verification.problems, verification.unproven) == ((), ())
    with store_folder.store() as store:
        assert store.ledger.signing_keys()[-1].key.public == (new if is_registered else old).public
        rotate_signing_key(store_folder.vault(), store.ledger, AT)
    store_folder.state_head()
    assert len(keys.stored_keys(store_folder.vault())) == 1
    assert store_folder.verified().unproven == ()


def test_a_signing_key_that_does_not_exist_is_not_rotated(store_folder):
    """Without a key, or without the store's key, the message says what to do."""
    with store_folder.store() as store:
        with pytest.raises(UsageError, match="`ccm keys make`"):
            rotate_signing_key(store_folder.vault(), store.ledger, AT)
        store_folder.state_head(store)
        (store_folder.folder / "ccm.vault").unlink()
        with pytest.raises(UsageError, match="--lost"):
            rotate_signing_key(store_folder.vault(), store.ledger, AT)
        rotate_signing_key(store_folder.vault(), store.ledger, AT, lost=True)
        store_folder.state_head(store)
    (message,) = store_folder.verified().unproven
    assert "did not hand over" in message


@pytest.mark.attack(
    "Keys",
    "A signing key was stolen; it is replaced as lost while the vault still has it",
    "It signs no handover: every verification reports that",
)
@pytest.mark.parametrize("is_prepared", [False, True], ids=["current", "with-a-prepared-successor"])
def test_a_stolen_signing_key_hands_over_to_nobody(store_folder, is_prepared):
    """Whoever holds it would otherwise pass for the owner of the store, to those who trust it."""
    store_folder.state_head()
    (stolen,) = keys.stored_keys(store_folder.vault())
    if is_prepared:
        keys.prepare_next_key(store_folder.vault(), AT)
    with store_folder.store() as store:
        rotate_signing_key(store_folder.vault(), store.ledger, AT, lost=True)
        store_folder.state_head(store)
        assert [key.handed_over for key in store.ledger.signing_keys()] == [True, False]

    assert stolen.public not in [key.public for key in keys.stored_keys(store_folder.vault())]
    (message,) = store_folder.verified().unproven
    assert "did not hand over" in message
