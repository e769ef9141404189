"""Signatures that ``ssh-keygen -Y sign`` makes: OpenSSH's PROTOCOL.sshsig, version 1."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from textwrap import wrap
from typing import Self

from ccm_core.approvals.ssh_public_key import SshPublicKey
from ccm_core.approvals.wire_format import WireReader, wire_string
from ccm_core.model.frozen_dataclass import dataclass

MAX_LENGTH = 16 * 1024
"""Characters of a signature; one of RSA with 16,384 bits has 6,500."""
_MAGIC = b"SSHSIG"
_VERSION = 1
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_HASHES = ("sha512", "sha256")
"""Those that the format allows."""
_WIDTH = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSignature:
    """A signature with the key that made it, and for what."""

    key: SshPublicKey
    namespace: str
    hash: str
    signature: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a signature between its two lines of dashes.

        Raises:
            ValueError: It is none, or made by a key that proves too little.
        """
        reader = WireReader(_unarmoured(text))
        if reader.take(len(_MAGIC)) != _MAGIC:
            raise ValueError("it is no signature of ssh-keygen")
        if (version := reader.number()) != _VERSION:
            raise ValueError(f"it is of version {version}; expected {_VERSION}")
        blob, namespace, reserved = reader.string(), reader.string(), reader.string()
        algorithm, signature = reader.string().decode("ascii", "replace"), reader.string()
        reader.end()
        if reserved:
            raise ValueError("it uses a field that is reserved")
        if algorithm not in _HASHES:
            raise ValueError(f"it hashes by {algorithm[:20]}; expected {' or '.join(_HASHES)}")
        return cls(
            key=SshPublicKey.from_blob(blob),
            namespace=namespace.decode("utf-8", "replace"),
            hash=algorithm,
            signature=signature,
        )

    def verify(self, data: bytes, namespace: str) -> None:
        """Check that its key signed some bytes for a purpose.

        Raises:
            ValueError: It did not.
        """
        if self.namespace != namespace:
            raise ValueError(f"it was made for {self.namespace[:60]!r}; expected {namespace!r}")
        digest = hashlib.new(self.hash, data).digest()
        fields = (namespace.encode(), b"", self.hash.encode(), digest)
        self.key.verify(self.signature, _MAGIC + b"".join(map(wire_string, fields)))


def armoured(data: bytes) -> str:
    """Return the bytes of a signature as ``ssh-keygen`` writes them."""
    return "\n".join([_BEGIN, *wrap(b64encode(data).decode(), _WIDTH), _END, ""])


def _unarmoured(text: str) -> bytes:
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it has {len(text):,} characters; expected at most {MAX_LENGTH:,}")
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < len((_BEGIN, _END)) or lines[0] != _BEGIN or lines[-1] != _END:
        raise ValueError(f"expected {_BEGIN}, the signature, and {_END}")
    try:
        return b64decode("".join(lines[1:-1]), validate=True)
    except (Base64Error, ValueError):
        raise ValueError("it is cut off or damaged: it is not base64") from None
