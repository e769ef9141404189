"""Signed notes and the keys that sign them (C2SP signed-note)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from ccm_core.bundle.verifier.ed25519 import holds


def public(key: str) -> bytes:
    """Give the 32 bytes of a key that is written as signed notes want it."""
    name, number, rest = key.split("+", 2)
    data = base64.b64decode(rest, validate=True)
    identity = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    if len(data) != 33 or data[:1] != b"\x01" or identity != number:
        raise ValueError(f"{key} is no Ed25519 key in the form name+id+base64")
    return data[1:]


def note(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Take a signed note apart (C2SP signed-note): its text, and names with signatures."""
    text, _, rest = data.rpartition(b"\n\n")
    lines = [one.split(" ") for one in rest.decode().splitlines()]
    return text + b"\n", [(one[1], base64.b64decode(one[2], validate=True)) for one in lines]


def signed_by(key: str, text: bytes, signatures: Sequence[tuple[str, bytes]]) -> bool:
    """Say whether a note bears a signature of a key that holds."""
    name, number = key.split("+", 2)[:2]
    return any(
        who == name and data[:4].hex() == number and holds(public(key), text, data[4:])
        for who, data in signatures
    )
