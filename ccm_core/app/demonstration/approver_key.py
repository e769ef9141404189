"""A key that a person of a demonstration approves with, as ``ssh-keygen`` makes them."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.approvals.ssh_signature import armoured
from ccm_core.approvals.statement import NAMESPACE
from ccm_core.approvals.wire_format import wire_string
from ccm_core.atomic_write import OWNER_ONLY, write_durably
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TYPE = b"ssh-ed25519"
_HASH = b"sha512"
_HEAD = b"SSHSIG"
_VERSION = (1).to_bytes(4, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproverKey:
    """A private key that signs approvals, in the formats of OpenSSH."""

    key: Ed25519PrivateKey

    @classmethod
    def create(cls, path: Path, comment: str) -> ApproverKey:
        """Create a key, and write its halves to a path and to the same with ``.pub``.

        Raises:
            OSError: They cannot be written.
        """
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        created = cls(key=Ed25519PrivateKey.generate())
        path.parent.mkdir(parents=True, exist_ok=True)
        private = created.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
        write_durably(path, private, mode=OWNER_ONLY)
        line = f"{_TYPE.decode()} {b64encode(created._public()).decode()} {comment}\n"
        write_durably(path.with_suffix(".pub"), line.encode(), mode=OWNER_ONLY)
        return created

    def sign(self, statement: bytes) -> str:
        """Return the signature of an approval, as ``ssh-keygen -Y sign`` makes it."""
        fields = (NAMESPACE.encode(), b"", _HASH)
        digest = hashlib.sha512(statement).digest()
        signed = _HEAD + b"".join(map(wire_string, (*fields, digest)))
        signature = wire_string(_TYPE) + wire_string(self.key.sign(signed))
        parts = (self._public(), *fields, signature)
        return armoured(_HEAD + _VERSION + b"".join(map(wire_string, parts)))

    def _public(self) -> bytes:
        return wire_string(_TYPE) + wire_string(self.key.public_key().public_bytes_raw())
