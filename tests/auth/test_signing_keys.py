"""Signing keys: made once, kept in the vault, replaced without ever being nowhere."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from ccm_core.auth import signing_keys
from ccm_core.auth.signing_keys import ENTRY, Ed25519Key
from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.errors import SecretError
from ccm_core.ledger.signed_note import VerifierKey
from ccm_core.sdk.secret import Secret

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def vault(tmp_path):
    """Give an empty vault whose key the environment has."""
    environment = {"CCM_VAULT_KEY": b64encode(b"k" * 32).decode()}
    return Vault(tmp_path / "ccm.vault", KeySources(environment=environment))


def test_signing_key_is_created_once(vault):
    """A second process that makes one gets the first one's."""
    assert signing_keys.stored_keys(vault) == ()
    (made,) = signing_keys.create_first_key(vault, AT)

    assert [one.public for one in signing_keys.create_first_key(vault, AT)] == [made.public]
    assert [one.public for one in signing_keys.stored_keys(vault)] == [made.public]
    assert vault.names() == (ENTRY,)


def test_signature_verifies_with_the_public_key(vault):
    """And for no other."""
    (key,) = signing_keys.create_first_key(vault, AT)
    signature = key.sign(b"text")

    assert VerifierKey("ccm/1", key.public).verifies(signature, b"text")
    assert not VerifierKey("ccm/1", signing_keys.ephemeral_key().public).verifies(
        signature, b"text"
    )


def test_next_signing_key_is_stored_beside_the_current_one_until_activated(vault):
    """Whichever of the two the store names, the vault has it; then the other one is forgotten."""
    (old,) = signing_keys.create_first_key(vault, AT)
    new = signing_keys.prepare_next_key(vault, AT)
    assert [one.public for one in signing_keys.stored_keys(vault)] == [old.public, new.public]

    signing_keys.activate_key(vault, new.public, AT)
    assert [one.public for one in signing_keys.stored_keys(vault)] == [new.public]
    with pytest.raises(SecretError, match="does not have the key"):
        signing_keys.activate_key(vault, old.public, AT)


def test_signing_key_repr_has_no_key_material(vault, tmp_path):
    """Not when it is printed, and not in the vault's file."""
    (key,) = signing_keys.create_first_key(vault, AT)
    private = key._key.private_bytes_raw()

    assert private.hex() not in repr(key)
    written = (tmp_path / "ccm.vault").read_bytes()
    assert b64encode(private) not in written
    assert private not in written


@pytest.mark.parametrize("kept", ["", "AAAA", "no base64!", b64encode(bytes(31)).decode()])
def test_invalid_signing_key_is_reported_without_it(vault, kept):
    """The message says where it came from and what to do."""
    vault.write(ENTRY, VaultEntry(secrets={"ed25519": Secret(kept)}, entered_at=AT))
    with pytest.raises(SecretError, match=r"'@ledger' is not a signing key; restore"):
        signing_keys.stored_keys(vault)
    with pytest.raises(SecretError):
        Ed25519Key(Secret(kept))
