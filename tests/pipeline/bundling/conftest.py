"""A bundle of two days, ways to write another one, and ways to spoil it."""

from __future__ import annotations

import json
from base64 import b64decode
from hashlib import sha256

import pytest
from forging import write_package

from ccm_core.bundle.attestation import envelope
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.strict_json import write_json
from ccm_core.ledger.signed_note import VerifierKey
from ccm_core.model.period import parse_period
from ccm_core.pipeline.bundle import BundleRequest, bundle


def write(firm, path, signer=None, period="2026-08", controls=(("soc2", "CC7.4"),)):
    """Write a bundle; give what it says of itself."""
    order = BundleRequest(
        connections=[firm.connection()],
        period=parse_period(period),
        controls=controls,
    )
    return bundle(firm.host, firm.store, order, signer or firm.signer, path)


@pytest.fixture(scope="session")
def write_bundle():
    """Write a bundle; give what it says of itself."""
    return write


@pytest.fixture(scope="session")
def whole(old_firm, tmp_path_factory):
    """Give the path of a bundle of two days, which nobody may change."""
    path = tmp_path_factory.mktemp("bundle") / "cc7.4.zip"
    write(old_firm, path)
    return path


@pytest.fixture
def spoiled(whole, tmp_path):
    """Give a function that writes the bundle again with some files changed, added or removed."""

    def spoil(change):
        files = dict(read_archive(str(whole)))
        change(files)
        return write_package(tmp_path / "spoiled.zip", files)

    return spoil


@pytest.fixture
def key_of():
    """Give the public key of a firm's store."""
    return lambda firm: str(VerifierKey(firm.store.ledger.head().origin, firm.signer.public))


@pytest.fixture
def resigned():
    """State anew what the files are, as somebody with a key can."""

    def state(files, signer):
        payload = json.loads(b64decode(json.loads(files["statement.json"])["payload"]))
        payload["subject"] = [
            {"name": name, "digest": {"sha256": sha256(data).hexdigest()}}
            for name, data in files.items()
            if name != "statement.json"
        ]
        files["statement.json"] = envelope(write_json(payload), signer)

    return state
