"""Signed notes and the keys that sign them: the format C2SP ``signed-note``, Ed25519 only.

A note is text that ends in a newline, a blank line, and one line for each signature::

    — <key name> <base64 of the key's id, 4 bytes, and the signature>
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Protocol, Self, TypeAlias

from ccm_core.model.frozen_dataclass import dataclass

ED25519 = b"\x01"
"""The signature type that the format gives Ed25519."""

KEY_BYTES = 32
MAX_BYTES = 64 * 1024
_ID_BYTES = 4
_MAX_SIGNATURES = 16
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"\u2014 ([^\s+]+) (\S+)")


class Signer(Protocol):
    """Signs with a private key that it does not disclose."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key (RFC 8032)."""

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature of some bytes."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under the name of its signatures."""

    name: str
    public: bytes
    """32 bytes, as RFC 8032 encodes them."""

    def __post_init__(self) -> None:
        """Refuse what no note can be signed with.

        Raises:
            ValueError: A name with spaces or ``+``, or a key of another length.
        """
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no key name: it may hold neither spaces nor +")
        if len(self.public) != KEY_BYTES:
            raise ValueError(f"an Ed25519 key has {KEY_BYTES} bytes and not {len(self.public)}")

    @classmethod
    def read(cls, text: str) -> Self:
        """Read ``name+id+key``, as :meth:`__str__` returns it.

        Raises:
            ValueError: It is no such key, or not of type Ed25519.
        """
        name, _, rest = text.strip().partition("+")
        written_id, _, encoded = rest.partition("+")
        data = decoded(encoded)
        if data[:1] != ED25519:
            raise ValueError("it is no Ed25519 key in the form name+id+base64")
        key = cls(name, data[1:])
        if key.id.hex() != written_id:
            raise ValueError(f"its id is {written_id!r} and should be {key.id.hex()}")
        return key

    def __str__(self) -> str:
        """Return it as ``name+id+key``: what verifiers of notes are configured with."""
        return f"{self.name}+{self.id.hex()}+{encoded(ED25519 + self.public)}"

    @property
    def id(self) -> bytes:
        """The four bytes that distinguish it from other keys of the name; no proof."""
        data = self.name.encode() + b"\n" + ED25519 + self.public
        return hashlib.sha256(data).digest()[:_ID_BYTES]

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature of some bytes was made with this key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNote:
    """A note as it was read: its signatures are not verified yet."""

    text: str
    """What was signed, the last newline included."""
    signatures: tuple[tuple[str, bytes], ...]
    """The name of each key, and its id followed by the signature."""

    def signed_by(self, key: VerifierKey) -> bool:
        """Whether it has a signature of this key, and that is valid."""
        signatures = [
            signature[_ID_BYTES:]
            for name, signature in self.signatures
            if name == key.name and signature[:_ID_BYTES] == key.id
        ]
        return bool(signatures) and all(
            key.verifies(signature, self.text.encode()) for signature in signatures
        )


def sign(text: str, name: str, *signers: Signer) -> str:
    """Write a note, signed by each of the signers under one name.

    Raises:
        ValueError: The text cannot be a note's, or is longer than what :func:`read` accepts.
    """
    lines = []
    for signer in signers:
        key = VerifierKey(name, signer.public)
        lines.append(f"\u2014 {name} {encoded(key.id + signer.sign(text.encode()))}\n")
    note = f"{_checked(text)}\n{''.join(lines)}"
    if len(note.encode()) > MAX_BYTES or len(lines) > _MAX_SIGNATURES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes or {_MAX_SIGNATURES} signatures")
    return note


def read(data: str | bytes) -> SignedNote:
    """Parse a note; its signatures are not verified yet.

    Raises:
        ValueError: It is no note.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    whole = data if isinstance(data, str) else data.decode()
    text, separator, rest = whole.rpartition("\n\n")
    if not separator:
        raise ValueError("it has no signatures")
    *lines, end = rest.split("\n")
    if end or not 0 < len(lines) <= _MAX_SIGNATURES:
        raise ValueError(f"it has no lines of signatures, or more than {_MAX_SIGNATURES}")
    return SignedNote(text=_checked(f"{text}\n"), signatures=tuple(map(_signature, lines)))


def opened(data: str | bytes, keys: Sequence[VerifierKey]) -> str:
    """Return the text of a note that one of some keys has signed.

    Raises:
        ValueError: It is no note, or none of the keys has signed it.
    """
    note = read(data)
    if not any(note.signed_by(key) for key in keys):
        names = ", ".join(str(key) for key in keys) or "no key"
        raise ValueError(f"it has no valid signature of {names}")
    return note.text


def encoded(data: bytes) -> str:
    """Encode bytes in base64, as RFC 4648, section 4 says."""
    return b64encode(data).decode("ascii")


def decoded(text: str) -> bytes:
    """Decode base64, in its one canonical form.

    Raises:
        ValueError: It is not canonical base64.
    """
    data = b64decode(text, validate=True)
    if encoded(data) != text:
        raise ValueError("it is not canonical base64")
    return data


def _signature(line: str) -> tuple[str, bytes]:
    match = _LINE.fullmatch(line)
    signature = decoded(match[2]) if match else b""
    if match is None or len(signature) <= _ID_BYTES:
        raise ValueError(f"expected a signature line, got {line!r}")
    return match[1], signature


def _checked(text: str) -> str:
    if not text.endswith("\n"):
        raise ValueError("its text does not end in a newline")
    if any(character < " " and character != "\n" for character in text):
        raise ValueError("its text has control characters")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """The reason why heads are not signed; it is stored in the ledger in place of a signature."""

    why: str
    """In plain words, with the next step."""


Signers: TypeAlias = Sequence[Signer] | Unsigned
"""The keys that are at hand, the one in use first. While a key is being replaced there are two."""

Signing: TypeAlias = Callable[[], Signers]
"""Returns them when a head is to be signed."""


def unsigned(why: str) -> Signing:
    """Return a signing that signs nothing, for a reason."""
    return lambda: Unsigned(why=why)
