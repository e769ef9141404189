"""The published vectors of the formats, and values worked out by the Go implementations.

Trees and proofs: transparency-dev/merkle, ``proof/verify_test.go``. Notes: golang.org/x/mod,
``sumdb/note/note_test.go``. Checkpoints and proof files: the examples of c2sp.org.
"""

from __future__ import annotations

import pytest

from ccm_core.ledger import inclusion_proof, signed_note
from ccm_core.ledger.checkpoint import Checkpoint
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.ledger.signed_note import VerifierKey
from ccm_core.ledger.tlog_proof import LeafProof

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
HASHES = [leaf_hash(text) for text in LEAVES]

A, B, C, D, E, F, G, H = (
    bytes.fromhex(text)
    for text in (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    )
)


@pytest.mark.parametrize("size", range(9))
def test_a_tree_has_the_published_roots(size: int):
    """At each size of the well-known eight leaves, grown at once or one leaf at a time."""
    assert MerkleTree.of(HASHES[:size]).root == ROOTS[size]
    grown = MerkleTree()
    for leaf in HASHES[:size]:
        grown = MerkleTree(grown.size, grown.edge)
        grown.extend([leaf])
    assert grown.root == ROOTS[size]


@pytest.mark.parametrize(
    ("leaf", "size", "proof"),
    [
        pytest.param(1, 1, (), id="the only leaf"),
        pytest.param(1, 8, (A, B, C), id="first of eight"),
        pytest.param(6, 8, (D, E, F), id="sixth of eight"),
        pytest.param(3, 3, (ROOTS[2],), id="third of three"),
        pytest.param(2, 5, (ROOTS[1], B, D), id="second of five"),
    ],
)
def test_inclusion_proofs_are_the_published_ones(leaf: int, size: int, proof: tuple):
    """They are made as published, and lead to the published root."""
    assert inclusion_proof.inclusion_proofs(HASHES, [leaf - 1], size) == {leaf - 1: proof}
    assert inclusion_proof.root_of_inclusion(leaf - 1, size, HASHES[leaf - 1], proof) == ROOTS[size]


# -- notes ------------------------------------------------------------------------------------

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
    "tpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWL"
    "ox33WWd1RvMc+QQ=\n"
)


class Seeded:
    """The published signing key."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public(self) -> bytes:
        """Return the public half."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Sign."""
        return self._key.sign(data)


def test_a_note_is_signed_as_published():
    """Ed25519 gives the same signature everywhere, so the note has the published bytes."""
    signer = Seeded(signed_note.decoded(PETER_SEED)[1:])
    assert signed_note.sign(TEXT, "PeterNeumann", signer) == f"{TEXT}\n{PETER_LINE}"


@pytest.mark.parametrize("text", [PETER, ENOCH])
def test_a_key_is_read_and_written_as_published(text: str):
    """Name, id and key, with a plus in between; the key itself may hold more of those."""
    assert str(VerifierKey.read(text)) == text


def test_a_mangled_key_is_refused():
    """Every cut and every changed character of the published key."""
    cuts = [
        PETER[a:b]
        for a in range(len(PETER) + 1)
        for b in range(a, len(PETER) + 1)
        if (a, b) != (0, len(PETER))
    ]
    changed = [
        PETER[:at] + chr(ord(character) + 1) + PETER[at + 1 :] for at, character in enumerate(PETER)
    ]
    others = [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ]
    for text in [*cuts, *changed, *others]:
        with pytest.raises(ValueError):  # noqa: PT011 - each part has its own words
            VerifierKey.read(text)


@pytest.mark.parametrize(
    ("lines", "keys", "opens"),
    [
        pytest.param(PETER_LINE, [PETER], True, id="its one signature"),
        pytest.param(PETER_LINE + ENOCH_LINE, [PETER], True, id="and one of a stranger"),
        pytest.param(PETER_LINE + ENOCH_LINE, [ENOCH, PETER], True, id="both known"),
        pytest.param(ENOCH_LINE, [PETER], False, id="a stranger's alone"),
        pytest.param(PETER_LINE, [], False, id="nobody is trusted"),
        pytest.param(PETER_LINE.replace("ZJku", "ZJkv"), [PETER], False, id="a changed one"),
        pytest.param(
            PETER_LINE + PETER_LINE.replace("ZJku", "ZJkv"), [PETER], False, id="one of two holds"
        ),
    ],
)
def test_a_note_opens_where_a_trusted_key_signed_it(lines: str, keys: list, *, opens: bool):
    """Signatures of unknown keys count for nothing; a known key's must hold."""
    trusted = [VerifierKey.read(key) for key in keys]
    if opens:
        assert signed_note.opened(f"{TEXT}\n{lines}", trusted) == TEXT
        return
    with pytest.raises(ValueError, match="has no valid signature"):
        signed_note.opened(f"{TEXT}\n{lines}", trusted)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT, id="no signature"),
        pytest.param(TEXT + "\n", id="an empty list of them"),
        pytest.param(f"{TEXT}\n{PETER_LINE[:-1]}", id="no last newline"),
        pytest.param(f"\x01{TEXT}\n{PETER_LINE}", id="a control character"),
        pytest.param(b"\xff" + f"{TEXT}\n{PETER_LINE}".encode(), id="no UTF-8"),
        pytest.param(f"{TEXT}\n{PETER_LINE.replace('Peter', 'Peter ')}", id="a space in a name"),
        pytest.param(f"{TEXT}\n{PETER_LINE}Unexpected line.\n", id="another line"),
        pytest.param(f"{TEXT}\n{PETER_LINE * 101}", id="too many"),
        pytest.param(f"{TEXT}\n{PETER_LINE}" + " " * 70_000, id="too long"),
    ],
)
def test_text_that_is_no_note_is_refused(data: str | bytes):
    """The malformed notes of the reference implementation, and more."""
    with pytest.raises(ValueError):  # noqa: PT011 - each part has its own words
        signed_note.opened(data, [VerifierKey.read(PETER)])


# -- checkpoints and proof files --------------------------------------------------------------

SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_a_checkpoint_is_read_and_written_as_published():
    """The example of the format, and one with an extension line that is passed over."""
    checkpoint = Checkpoint.read(SOFA)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == SOFA
    assert Checkpoint.read(f"{SOFA}extension\n") == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(SOFA[:-1], id="no last newline"),
        pytest.param(SOFA.replace("2085", "02085"), id="a leading zero"),
        pytest.param(SOFA.replace("2085", "-2085"), id="a sign"),
        pytest.param(SOFA.replace("20852163", "9" * 40), id="a size beyond 64 bits"),
        pytest.param(SOFA.replace("CsUY", "CsU"), id="a short root"),
        pytest.param(SOFA.replace("2I=", "2J="), id="base64 that no encoder writes"),
        pytest.param(f"\n{SOFA}", id="no origin"),
        pytest.param(f"{SOFA}\n", id="an empty extension line"),
    ],
)
def test_text_that_is_no_checkpoint_is_refused(text: str):
    """Each line is held to the letter of the format."""
    with pytest.raises(ValueError):  # noqa: PT011 - each part has its own words
        Checkpoint.read(text)


H1, H2 = (bytes([text]) * 32 for text in (1, 2))
HEAD = "c2sp.org/tlog-proof@v1\n"
HASH = signed_note.encoded(H1)


@pytest.mark.parametrize(
    ("proof", "text"),
    [
        pytest.param(
            LeafProof(index=5, hashes=(H1, H2), checkpoint="checkpoint\n"),
            f"{HEAD}index 5\n{HASH}\n{signed_note.encoded(H2)}\n\ncheckpoint\n",
            id="without extra data",
        ),
        pytest.param(
            LeafProof(index=10, hashes=(H1,), checkpoint="c\n\n— s\n", extra=b"extra information"),
            f"{HEAD}extra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n{HASH}\n\nc\n\n— s\n",
            id="with extra data",
        ),
        pytest.param(
            LeafProof(index=0, hashes=(), checkpoint="checkpoint\n"),
            f"{HEAD}index 0\n\ncheckpoint\n",
            id="of a tree of one leaf",
        ),
    ],
)
def test_a_proof_file_is_written_and_read(proof: LeafProof, text: str):
    """In the form of the published examples."""
    assert str(proof) == text
    assert LeafProof.read(text) == proof


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("wrong-header\nindex 0\n\ncheckpoint\n", id="no header"),
        pytest.param(f"{HEAD}extra !!notbase64!!\nindex 0\n\ncheckpoint\n", id="extra"),
        pytest.param(f"{HEAD}\n\ncheckpoint\n", id="no index"),
        pytest.param(f"{HEAD}index notanumber\n\ncheckpoint\n", id="an index of letters"),
        pytest.param(f"{HEAD}index -5\n\ncheckpoint\n", id="an index below zero"),
        pytest.param(f"{HEAD}index 05\n\ncheckpoint\n", id="a leading zero"),
        pytest.param(f"{HEAD}index 0\n!!notbase64!!\n\ncheckpoint\n", id="a hash of no base64"),
        pytest.param(
            f"{HEAD}index 0\n{signed_note.encoded(bytes(64))}\n\ncheckpoint\n", id="a long hash"
        ),
        pytest.param(f"{HEAD}index 0\n" + f"{HASH}\n" * 65 + "\ncheckpoint\n", id="many hashes"),
        pytest.param(f"{HEAD}index 0\n", id="no checkpoint"),
    ],
)
def test_text_that_is_no_proof_file_is_refused(text: str):
    """The malformed files of the reference implementation, and more."""
    with pytest.raises(ValueError):  # noqa: PT011 - each part has its own words
        LeafProof.read(text)
