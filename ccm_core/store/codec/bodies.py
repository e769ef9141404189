"""Documents on their way in and out: JSON, its digest, and the compressed bytes that are stored."""

from __future__ import annotations

from typing import TypeVar

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.model import json_codec
from ccm_core.model.digest import digest as sha256_digest
from ccm_core.model.evidence.write_batch import EncodedBody
from ccm_core.store.codec.compression import Compressor, Decompressor

T = TypeVar("T")


def encode_body(value: object, compressor: Compressor | None = None) -> EncodedBody:
    """Encode a frozen dataclass as a document, and hash and compress it.

    Raises:
        StoreError: It is too large to be read back.
    """
    return compress_body(json_codec.encode(value), compressor)


def compress_body(document: bytes, compressor: Compressor | None = None) -> EncodedBody:
    """Hash and compress the bytes of a document.

    Raises:
        StoreError: They are too many to be read back.
    """
    content = (compressor or Compressor()).compress(document)
    return EncodedBody(digest=sha256_digest(document), size=len(document), content=content)


def decode_body(
    content: bytes,
    digest: str,
    shape: type[T],
    label: str,
    decompressor: Decompressor | None = None,
) -> T:
    """Decode a stored document; ``label`` names it in messages.

    Raises:
        IntegrityError: Its bytes do not match its digest.
        StoreError: Its bytes are right, and this version of ccm does not understand them.
    """
    try:
        document = verified(content, digest, decompressor)
    except ValueError as error:
        raise damaged(label, error) from error
    try:
        return json_codec.decode_as(document, shape)
    except ValueError as error:
        raise StoreError(
            f"the stored {label} has a form that this version of ccm does not read ({error}). "
            "Upgrade ccm-core."
        ) from error


def damaged(label: str, error: ValueError) -> IntegrityError:
    """Return the error that a stored document is not what was hashed; ``label`` names it."""
    return IntegrityError(
        f"the stored {label} is damaged: {error}. Restore the store from a backup."
    )


def verified(content: bytes, digest: str, decompressor: Decompressor | None = None) -> bytes:
    """Return the bytes that were hashed.

    Args:
        content: What is stored.
        digest: What it must hash to.
        decompressor: One to use for many contents; else a new one.

    Raises:
        ValueError: They are damaged, or hash to another digest.
    """
    try:
        document = (decompressor or Decompressor()).read(content)
    except (TypeError, ValueError) as error:  # a damaged column can hold anything
        raise ValueError(f"expected {digest}, got what cannot be decompressed ({error})") from error
    actual = sha256_digest(document)
    if actual != digest:
        raise ValueError(f"expected {digest}, got {actual}")
    return document
