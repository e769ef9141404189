"""Contents on their way in and out: JSON, its digest, and the compressed bytes that are kept."""

from __future__ import annotations

from typing import TypeVar

from ccm_core.errors import IntegrityError, StoreError
from ccm_core.model import json_codec
from ccm_core.model.evidence.write_batch import EncodedBody
from ccm_core.store.codec.compression import Compressor, Decompressor

T = TypeVar("T")


def pack(value: object) -> EncodedBody:
    """Write a frozen dataclass as a document."""
    return packed(json_codec.encode(value))


def packed(data: bytes, compressor: Compressor | None = None) -> EncodedBody:
    """Hash and compress the bytes of a document."""
    content = (compressor or Compressor()).compress(data)
    return EncodedBody(digest=json_codec.digest(data), size=len(data), content=content)


def unpack(document: bytes, digest: str, shape: type[T], name: str) -> T:
    """Read a document back; ``name`` says in messages which one it is.

    Raises:
        IntegrityError: Its bytes do not match its digest.
        StoreError: Its bytes are right, and this version of ccm does not understand them.
    """
    try:
        data = verified(document, digest)
    except ValueError as error:
        raise IntegrityError(
            f"the stored {name} is not what was kept: {error}. Restore the store from a backup."
        ) from error
    try:
        return json_codec.decode_as(data, shape)
    except ValueError as error:
        raise StoreError(
            f"the stored {name} has a form that this version of ccm does not read ({error}). "
            "Upgrade ccm-core."
        ) from error


def verified(content: bytes, digest: str, decompressor: Decompressor | None = None) -> bytes:
    """Give the bytes that were hashed.

    Args:
        content: What is stored.
        digest: What it must hash to.
        decompressor: One to use for many contents; else a new one.

    Raises:
        ValueError: They are damaged, or hash to another digest.
    """
    try:
        data = (decompressor or Decompressor()).read(content)
    except (TypeError, ValueError) as error:  # a damaged column can hold anything
        raise ValueError(f"it should have {digest} and cannot be decompressed ({error})") from error
    found = json_codec.digest(data)
    if found != digest:
        raise ValueError(f"it should have {digest} and has {found}")
    return data
