"""Public keys of people: those that prove something are read, others are refused in words."""

from __future__ import annotations

import pytest

from ccm_core.approvals.ssh_public_key import SshPublicKey


def test_a_key_is_read_with_any_comment(make_key):
    """The comment is no part of it."""
    public = make_key().public
    name, blob, comment = public.split()

    assert comment == "otto@work"
    assert str(SshPublicKey.read(f" {name}  {blob} a comment of several words\r\n")) == (
        f"{name} {blob}"
    )
    assert SshPublicKey.read(public).fingerprint.startswith("SHA256:")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda _: "", "expected a public key", id="nothing"),
        pytest.param(lambda _: "Otto Berg", "expected a public key", id="words"),
        pytest.param(lambda key: key.split()[0], "expected a public key", id="type-alone"),
        pytest.param(lambda key: key.split()[1], "expected a public key", id="blob-alone"),
        pytest.param(lambda key: f'from="10.0.0.1" {key}', "options stand before", id="options"),
        pytest.param(lambda key: f"cert-authority {key}", "options stand", id="cert-authority"),
        pytest.param(lambda key: key[:50], "cut off", id="cut"),
        pytest.param(lambda key: key[:60] + "!!", "not base64", id="garbage"),
        pytest.param(
            lambda key: "ecdsa-sha2-nistp256 " + key.split()[1], "another type", id="false-type"
        ),
        pytest.param(lambda key: key + "A" * 20_000, "characters", id="huge"),
        pytest.param(lambda _: "-----BEGIN OPENSSH PRIVATE KEY-----", "private key", id="private"),
    ],
)
def test_what_is_no_public_key_is_refused(make_key, change, message):
    """The message says what was expected, and shows nothing of a private key."""
    with pytest.raises(ValueError, match=message):
        SshPublicKey.read(change(make_key().public))


def test_a_weak_key_is_refused(make_key):
    """RSA below 3,072 bits proves too little."""
    with pytest.raises(ValueError, match=r"RSA of 2,048 bits is too weak; expected Ed25519"):
        SshPublicKey.read(make_key(kind="rsa", bits=2048).public)


def test_dsa_and_certificates_are_refused():
    """Types that prove too little, or that speak for another key, are named."""
    from base64 import b64encode

    from ccm_core.approvals.wire_format import wire_string

    for name in ("ssh-dss", "ssh-ed25519-cert-v01@openssh.com"):
        blob = b64encode(wire_string(name.encode()) + wire_string(b"x")).decode()
        with pytest.raises(ValueError, match=f"keys of type {name} prove too little"):
            SshPublicKey.read(f"{name} {blob}")
