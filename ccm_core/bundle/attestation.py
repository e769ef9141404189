"""Sign the statement of a bundle: an in-toto Statement in a DSSE envelope, with Ed25519."""

from __future__ import annotations

from collections.abc import Mapping

from ccm_core.bundle.verifier.statement import envelope_of, signed_bytes, statement_of
from ccm_core.bundle.verifier.strict_json import write_json
from ccm_core.ledger.signed_note import Signer
from ccm_core.model.json_codec import JsonObject


def signed_statement(digests: Mapping[str, str], predicate: JsonObject, signer: Signer) -> bytes:
    """Write the statement about the files of a bundle, and sign it.

    Args:
        digests: The SHA-256 of every other file of the bundle, by name.
        predicate: What the bundle is of.
        signer: The newest key of the store.
    """
    return envelope(write_json(statement_of(digests, predicate)), signer)


def envelope(payload: bytes, signer: Signer) -> bytes:
    """Sign a payload, and put both into an envelope (DSSE 1.0)."""
    signature = signer.sign(signed_bytes(payload))
    return write_json(envelope_of(payload, signer.public, signature))
