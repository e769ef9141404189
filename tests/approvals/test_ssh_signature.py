"""Signatures of ssh-keygen: those that it makes are verified, and nothing else is."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ccm_core.approvals.ssh_public_key import SshPublicKey
from ccm_core.approvals.ssh_signature import SshSignature, armoured
from ccm_core.approvals.wire_format import wire_string

DATA, SPACE = b'{"id":"W-1"}', "ccm-approval@ccm-core"
KINDS = [
    pytest.param("ed25519", None, id="ed25519"),
    pytest.param("ecdsa", 256, id="ecdsa-256"),
    pytest.param("ecdsa", 384, id="ecdsa-384"),
    pytest.param("ecdsa", 521, id="ecdsa-521"),
    pytest.param("rsa", 3072, id="rsa-3072"),
]


@pytest.mark.parametrize(("kind", "bits"), KINDS)
@pytest.mark.parametrize("algorithm", ["sha512", "sha256"])
def test_what_ssh_keygen_signs_is_verified(make_key, kind, bits, algorithm):
    """With each type of key and each hash; the key is that of the file."""
    pair = make_key(kind=kind, bits=bits)

    signature = SshSignature.read(pair.sign(DATA, SPACE, "-O", f"hashalg={algorithm}"))

    signature.verify(DATA, SPACE)
    assert signature.key == SshPublicKey.read(pair.public)


@pytest.mark.parametrize(("kind", "bits"), KINDS)
def test_one_other_byte_is_another_text(make_key, kind, bits):
    """A signature counts for the bytes that were signed alone."""
    signature = SshSignature.read(make_key(kind=kind, bits=bits).sign(DATA, SPACE))

    with pytest.raises(ValueError, match="not a signature of these bytes"):
        signature.verify(DATA.replace(b"1", b"2"), SPACE)


def test_a_signature_for_another_purpose_does_not_count(make_key):
    """Such as one over a commit of git."""
    signature = SshSignature.read(make_key().sign(DATA, "git"))

    with pytest.raises(ValueError, match=f"made for 'git'; expected '{SPACE}'"):
        signature.verify(DATA, SPACE)


def test_line_ends_of_windows_and_blanks_around_it_are_read(make_key):
    """A signature survives the mail it was sent in."""
    text = make_key().sign(DATA, SPACE).replace("\n", "\r\n")

    SshSignature.read(f"\r\n  {text}\r\n").verify(DATA, SPACE)


BLOB = "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "expected -----BEGIN", id="nothing"),
        pytest.param("U1NIU0lH", "expected -----BEGIN", id="no-armour"),
        pytest.param(BLOB.format("%%%"), "not base64", id="garbage"),
        pytest.param(BLOB.format(""), "cut off", id="empty"),
        pytest.param(
            BLOB.format("QUJDREVGR0g="), "no signature of ssh-keygen", id="another-format"
        ),
        pytest.param(BLOB.format("A" * 20_000), "at most 16,384", id="huge"),
        pytest.param("-----BEGIN SSH SIGNATURE-----\nU1NI", "expected -----BEGIN", id="no-end"),
    ],
)
def test_what_is_no_signature_is_refused(text, message):
    """In words, without an exception of the parser."""
    with pytest.raises(ValueError, match=message):
        SshSignature.read(text)


@pytest.mark.parametrize("at", range(0, 300, 7))
def test_a_signature_that_lost_bytes_or_has_more_is_refused(make_key, at):
    """Wherever it is cut, and whatever follows it."""
    data = _bytes(make_key().sign(DATA, SPACE))
    for other in (data[: at % len(data)], data + b"\0", data[:at] + b"\xff\xff" + data[at + 2 :]):
        with pytest.raises(ValueError, match=r"."):
            SshSignature.read(armoured(other)).verify(DATA, SPACE)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2", "version 2", id="version"),
        pytest.param(b"\0\0\0\6sha512", b"\0\0\0\3md5", "hashes by md5", id="weak-hash"),
        pytest.param(b"\0\0\0\0\0\0\0\6sha", b"\0\0\0\1a\0\0\0\6sha", "reserved", id="reserved"),
    ],
)
def test_a_signature_of_another_form_is_refused(make_key, old, new, message):
    """Fields that the format does not allow are not tolerated."""
    data = _bytes(make_key().sign(DATA, SPACE))
    assert old in data

    with pytest.raises(ValueError, match=message):
        SshSignature.read(armoured(data.replace(old, new)))


@pytest.mark.parametrize(
    ("flags", "application", "is_valid"),
    [
        pytest.param(1, b"ssh:", True, id="touched"),
        pytest.param(5, b"ssh:", True, id="with-a-pin"),
        pytest.param(0, b"ssh:", False, id="untouched"),
        pytest.param(1, b"https://shop.example", False, id="for-a-web-site"),
    ],
)
def test_a_security_key_counts_where_somebody_touched_it(flags, application, is_valid):
    """It signs the application, flags and counter beside the text."""
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = b"sk-ssh-ed25519@openssh.com"
    blob = wire_string(name) + wire_string(raw) + wire_string(b"ssh:")
    fields = (SPACE.encode(), b"", b"sha512", hashlib.sha512(DATA).digest())
    message = b"SSHSIG" + b"".join(map(wire_string, fields))
    state = bytes([flags]) + (7).to_bytes(4)
    signed = hashlib.sha256(application).digest() + state + hashlib.sha256(message).digest()
    signature = wire_string(name) + wire_string(private.sign(signed)) + state
    outer = (blob, SPACE.encode(), b"", b"sha512", signature)
    text = armoured(b"SSHSIG\0\0\0\1" + b"".join(map(wire_string, outer)))

    read = SshSignature.read(text)

    if is_valid:
        read.verify(DATA, SPACE)
    else:
        with pytest.raises(ValueError, match=r"touched|not a signature"):
            read.verify(DATA, SPACE)


def test_a_signature_with_the_old_hash_of_rsa_is_refused(make_key):
    """SHA-1 proves nothing any more."""
    data = _bytes(make_key(kind="rsa", bits=3072).sign(DATA, SPACE))
    old = data.replace(b"\0\0\0\x0crsa-sha2-512", b"\0\0\0\x07ssh-rsa")
    length = len(data) - data.rindex(b"\0\0\0\x0crsa-sha2-512")
    old = old.replace(length.to_bytes(4), (length - 5).to_bytes(4))

    with pytest.raises(ValueError, match="made with ssh-rsa"):
        SshSignature.read(armoured(old)).verify(DATA, SPACE)


def _bytes(text: str) -> bytes:
    return b64decode("".join(text.split("\n")[1:-2]))


def test_armour_is_that_of_ssh_keygen(make_key):
    """What is read and written again is the same text."""
    text = make_key().sign(DATA, SPACE)

    assert armoured(_bytes(text)) == text
    assert b64encode(_bytes(text)).decode() in text.replace("\n", "")
