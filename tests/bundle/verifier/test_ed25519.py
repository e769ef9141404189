"""The signature check of the verifier, against published vectors and another implementation."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.bundle.verifier.proofs.ed25519 import ORDER, verify_signature

# RFC 8032, section 7.1: public key, message, signature of TEST 1, TEST 2, TEST 3, TEST SHA(abc).
VECTORS = [
    pytest.param(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        id="TEST 1",
    ),
    pytest.param(
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        id="TEST 2",
    ),
    pytest.param(
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        id="TEST 3",
    ),
    pytest.param(
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        id="TEST SHA(abc)",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_published_signatures_hold(key, message, signature):
    """Those of RFC 8032, and none of them for another message."""
    public, content, signed = (bytes.fromhex(text) for text in (key, message, signature))
    assert verify_signature(public, content, signed)
    assert not verify_signature(public, content + b".", signed)


@settings(max_examples=20)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 767))
def test_what_another_implementation_signs_holds_and_no_flipped_bit_does(seed, message, bit):
    """In the signature, or in the key."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verify_signature(public, message, signature)
    whole = bytearray(signature + public)
    whole[bit // 8] ^= 1 << bit % 8
    assert not verify_signature(bytes(whole[64:]), message, bytes(whole[:64]))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda s: s[:-1], id="cut"),
        pytest.param(lambda s: s + b"\0", id="longer"),
        pytest.param(
            lambda s: s[:32] + (int.from_bytes(s[32:], "little") + ORDER).to_bytes(32, "little"),
            id="another number of the same residue",
        ),
        pytest.param(lambda s: b"\xff" * 32 + s[32:], id="no point"),
    ],
)
def test_a_signature_of_another_form_does_not_hold(spoil):
    """There is one signature for each message and key, and no other spelling of it."""
    private = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
    public = private.public_key().public_bytes_raw()
    assert not verify_signature(public, b"said", spoil(private.sign(b"said")))
    assert not verify_signature(b"\xff" * 32, b"said", private.sign(b"said"))
    assert not verify_signature(b"", b"said", private.sign(b"said"))
