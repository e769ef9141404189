"""Signed notes and the keys that sign them (C2SP signed-note)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from ccm_core.bundle.verifier.bounds import LIMITS, Limits, check_note
from ccm_core.bundle.verifier.proofs.ed25519 import verify_signature


def public_key(key: str) -> bytes:
    """Return the 32 bytes of a key in the form of signed notes."""
    name, number, encoded = key.split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    identity = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    if len(data) != 33 or data[:1] != b"\x01" or identity != number:
        raise ValueError(f"{key} is not an Ed25519 key in the form name+id+base64")
    return data[1:]


def read_key(text: str) -> str:
    """Return the public key in a text, in a file, or in a signed checkpoint in a file."""
    if "+" not in text:
        with open(text, encoding="utf-8") as file:
            text = file.read()
    words = [word for word in text.split() if word.count("+") >= 2]
    if not words:
        raise ValueError("no public key in the form name+id+base64 was found")
    public_key(words[0])
    return words[0]


def read_note(
    data: bytes, name: str = "a signed note", limits: Limits = LIMITS
) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Split a signed note (C2SP signed-note) into its text, and names with signatures."""
    text, _, rest = data.rpartition(b"\n\n")
    check_note(name, len(data), rest.count(b"\n"), limits)
    if not data.endswith(b"\n"):
        raise ValueError("a signed note does not end with a newline")
    lines = [line.split(" ") for line in rest.decode().split("\n")[:-1]]
    return text + b"\n", [(line[1], base64.b64decode(line[2], validate=True)) for line in lines]


def signed_by(key: str, text: bytes, signatures: Sequence[tuple[str, bytes]]) -> bool:
    """Return whether a note has a valid signature of a key."""
    name, number = key.split("+", 2)[:2]
    return any(
        signer == name
        and data[:4].hex() == number
        and verify_signature(public_key(key), text, data[4:])
        for signer, data in signatures
    )
