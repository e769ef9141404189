"""The signed statement of a bundle: an in-toto Statement in a DSSE envelope, with Ed25519."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ccm_core.ledger.signed_note import Signer
from ccm_core.model import json_codec

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:ccm:bundle:v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledCheckpoint:
    """The signed checkpoint of one log, as a bundle holds it."""

    log: str
    size: int
    checkpoint: str
    """The signed note, as it was issued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """The contents of a bundle, in its statement."""

    origin: str
    """The name of the store's ledger and of its keys."""
    period: str
    """As it was asked for."""
    since: datetime
    until: datetime
    assessed_until: datetime
    """The end of the period, or the moment of the assessment where that comes first."""
    controls: Sequence[str]
    connections: Sequence[str]
    kinds: Sequence[str]
    """The evidence kinds that the rules of the controls need."""
    rules: Sequence[str]
    evaluations: int
    checkpoints: Sequence[BundledCheckpoint]
    host_version: str


def statement(digests: Mapping[str, str], predicate: Predicate) -> bytes:
    """Write the statement.

    Args:
        digests: The SHA-256 of every other file of the bundle, by name.
        predicate: The contents of the bundle.
    """
    subject = [{"name": name, "digest": {"sha256": digests[name]}} for name in sorted(digests)]
    return json_codec.encode(
        {
            "_type": STATEMENT_TYPE,
            "subject": subject,
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }
    )


def envelope(payload: bytes, signer: Signer) -> bytes:
    """Sign a payload, and put both into an envelope (DSSE 1.0)."""
    signature = signer.sign(signed_bytes(PAYLOAD_TYPE, payload))
    return json_codec.encode(
        {
            "payload": b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": key_id(signer.public), "sig": b64encode(signature).decode()}],
        }
    )


def signed_bytes(kind: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def key_id(public: bytes) -> str:
    """Return the ID of a key within an envelope: the SHA-256 of its bytes."""
    return hashlib.sha256(public).hexdigest()


def pem(public: bytes) -> bytes:
    """Return a public key in PEM (RFC 8410)."""
    der = bytes.fromhex("302a300506032b6570032100") + public
    return b"-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % b64encode(der)
