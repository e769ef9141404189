"""Public keys as OpenSSH writes them, and what they signed: Ed25519, ECDSA, RSA, security keys."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, Self

from ccm_core.approvals.wire_format import WireReader
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ED25519 = "ssh-ed25519"
RSA = "ssh-rsa"
ECDSA = ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
SK_ED25519 = "sk-ssh-ed25519@openssh.com"
SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
"""Keys of security keys (FIDO), which a person has to touch."""
KEY_TYPES = (ED25519, *ECDSA, RSA, SK_ED25519, SK_ECDSA)
MIN_RSA_BITS = 3072
_MAX_LENGTH = 16 * 1024
"""Characters of a key; one of RSA with 16,384 bits has 2,800."""
_USER_PRESENT = 1
_EXPECTED = "a public key as `ssh-keygen` writes it to a file that ends in .pub"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshPublicKey:
    """A public key that may approve."""

    type: str
    blob: bytes
    """As OpenSSH encodes it."""

    @classmethod
    def read(cls, line: str) -> Self:
        """Read a line such as ``ssh-ed25519 AAAA... comment``.

        Raises:
            ValueError: It is none, or too weak; the message says what was expected.
        """
        if len(line) > _MAX_LENGTH:
            raise ValueError(f"it has {len(line):,} characters; expected {_EXPECTED}")
        if "PRIVATE KEY" in line:
            raise ValueError(
                f"this is a private key: nobody else may have it; expected {_EXPECTED}"
            )
        words = line.split()
        position = next((index for index, word in enumerate(words) if _is_type(word)), None)
        if position:
            raise ValueError(
                f'options stand before the key; write the key alone, from "{words[position]}" on'
            )
        if position is None or len(words) == 1:
            raise ValueError(f"expected {_EXPECTED}, such as ssh-ed25519 AAAA...")
        return cls.from_blob(_decoded(words[1]), expected_type=words[0])

    @classmethod
    def from_blob(cls, blob: bytes, *, expected_type: str = "") -> Self:
        """Read a key as OpenSSH encodes it.

        Raises:
            ValueError: It is none, of another type, or too weak.
        """
        name = WireReader(blob).string().decode("ascii", "replace")
        if expected_type and name != expected_type:
            raise ValueError(f"it says {expected_type}, and holds a key of another type")
        if name not in KEY_TYPES:
            raise ValueError(f"keys of type {name[:40]} prove too little; {_ACCEPTED}")
        key = cls(type=name, blob=blob)
        _loaded(key)
        return key

    @property
    def fingerprint(self) -> str:
        """Return it as ``ssh-keygen -l`` shows it."""
        return "SHA256:" + b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    def __str__(self) -> str:
        """Return it in one line, without a comment."""
        return f"{self.type} {b64encode(self.blob).decode()}"

    def verify(self, signature: bytes, data: bytes) -> None:
        """Check a signature in the format of SSH.

        Raises:
            ValueError: It is not this key's signature of these bytes.
        """
        from cryptography.exceptions import InvalidSignature

        try:
            _verify(self, WireReader(signature), data)
        except InvalidSignature:
            raise ValueError("it is not a signature of these bytes by this key") from None


_ACCEPTED = (
    f"expected Ed25519, ECDSA, RSA of {MIN_RSA_BITS} bits or more, or a security key "
    "(sk-ssh-ed25519, sk-ecdsa)"
)


def _is_type(word: str) -> bool:
    return word.startswith(("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")) and '"' not in word


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise ValueError("the key is cut off or damaged: it is not base64") from None


def _loaded(key: SshPublicKey) -> Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey:
    """Return the key for the library that verifies.

    Raises:
        ValueError: It is no such key, or too weak.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    reader = WireReader(key.blob)
    reader.string()
    if key.type == RSA:
        exponent, modulus = reader.integer(), reader.integer()
        reader.end()
        if modulus.bit_length() < MIN_RSA_BITS:
            raise ValueError(f"RSA of {modulus.bit_length():,} bits is too weak; {_ACCEPTED}")
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if key.type in {ED25519, SK_ED25519}:
        raw = reader.string()
        _end_of_key(key, reader)
        return ed25519.Ed25519PublicKey.from_public_bytes(raw)
    curves: dict[str, ec.EllipticCurve] = {
        "nistp256": ec.SECP256R1(),
        "nistp384": ec.SECP384R1(),
        "nistp521": ec.SECP521R1(),
    }
    name, point = reader.string().decode("ascii", "replace"), reader.string()
    if name not in curves or name not in key.type:
        raise ValueError(f"it names the curve {name[:20]}, which {key.type} has not")
    _end_of_key(key, reader)
    return ec.EllipticCurvePublicKey.from_encoded_point(curves[name], point)


def _end_of_key(key: SshPublicKey, reader: WireReader) -> bytes:
    """Return the application of a security key, which ends it."""
    application = reader.string() if key.type in {SK_ED25519, SK_ECDSA} else b""
    reader.end()
    return application


def _application(key: SshPublicKey) -> bytes:
    reader = WireReader(key.blob)
    for _ in range(2 if key.type == SK_ED25519 else 3):
        reader.string()
    return reader.string()


def _verify(key: SshPublicKey, reader: WireReader, data: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    name, value = reader.string().decode("ascii", "replace"), reader.string()
    if key.type in {SK_ED25519, SK_ECDSA}:
        data = _signed_by_token(key, reader, data)
    reader.end()
    loaded = _loaded(key)
    if isinstance(loaded, rsa.RSAPublicKey):
        algorithms = {"rsa-sha2-512": hashes.SHA512(), "rsa-sha2-256": hashes.SHA256()}
        if name not in algorithms:
            raise ValueError(f"it was made with {name[:40]}; expected rsa-sha2-512")
        loaded.verify(value, data, padding.PKCS1v15(), algorithms[name])
        return
    if name != key.type:
        raise ValueError(f"it was made with {name[:40]}; expected {key.type}")
    if isinstance(loaded, ed25519.Ed25519PublicKey):
        loaded.verify(value, data)
        return
    numbers = WireReader(value)
    first, second = numbers.integer(), numbers.integer()
    numbers.end()
    by_size = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
    algorithm = ec.ECDSA(by_size[loaded.curve.key_size])
    loaded.verify(encode_dss_signature(first, second), data, algorithm)


def _signed_by_token(key: SshPublicKey, reader: WireReader, data: bytes) -> bytes:
    """Return what a security key signs for some bytes.

    Raises:
        ValueError: Nobody touched it.
    """
    flags, counter = reader.take(1), reader.take(4)
    if not flags[0] & _USER_PRESENT:
        raise ValueError("nobody touched the security key")
    digests = (hashlib.sha256(_application(key)).digest(), hashlib.sha256(data).digest())
    return digests[0] + flags + counter + digests[1]
