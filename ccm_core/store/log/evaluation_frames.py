"""Frames of evaluations: one evaluation repeats nearly all of the one before.

So most are compressed with another as the dictionary, which takes some hundred bytes in place of
what an account and its rules need whole. The dictionary is always an evaluation that was stored
whole, so reading one decompresses two frames. See ADR 0052.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.codec.bodies import damaged, decode_body
from ccm_core.store.codec.compression import MAX_CONTENT, Compressor, Decompressor

if TYPE_CHECKING:
    from ccm_core.store.sql.transaction import Transaction

T = TypeVar("T")

BASE_DOCUMENT = """
    (SELECT base.document FROM evaluation AS base WHERE base.seq = evaluation.base)
"""
"""The column of a query over evaluations that holds the frame to decompress the document with."""
_NEWEST_WHOLE = """
    SELECT seq, document FROM evaluation WHERE base IS NULL AND act IS NOT NULL
    ORDER BY seq DESC LIMIT 1
"""
_MOST_OF_WHOLE = 3
"""A frame that takes more than this part of the whole one is not worth its dictionary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """A stored evaluation that others are compressed with."""

    seq: int
    document: bytes
    """Its JSON."""

    @classmethod
    def newest(cls, transaction: Transaction) -> Dictionary | None:
        """Return the evaluation that was stored whole last; None: there is none that is read."""
        row = transaction.row(_NEWEST_WHOLE)
        if row is None:
            return None
        try:
            return cls(seq=row[0], document=Decompressor().read(row[1]))
        except (TypeError, ValueError):  # damaged: what is stored now does not depend on it
            return None


def compress(
    document: bytes, dictionary: Dictionary | None, max_size: int = MAX_CONTENT
) -> tuple[bytes, int | None]:
    """Return the frame of an evaluation, and the number of the one it is compressed with.

    Raises:
        StoreError: It is too large to be read back.
    """
    whole = Compressor(max_size).compress(document)
    if dictionary is None:
        return whole, None
    frame = Compressor(max_size, dictionary.document).compress(document)
    return (whole, None) if len(frame) * _MOST_OF_WHOLE > len(whole) else (frame, dictionary.seq)


def decompressor(base_document: bytes | None) -> Decompressor:
    """Return what reads a frame that was compressed with another evaluation, or with none.

    Raises:
        ValueError: The frame of the other is damaged.
    """
    if base_document is None:
        return Decompressor()
    try:
        return Decompressor(dictionary=Decompressor().read(base_document))
    except (TypeError, ValueError) as error:  # a damaged column can hold anything
        raise ValueError(f"what it is compressed with is damaged ({error})") from error


def decode_evaluation(
    content: bytes, base_document: bytes | None, digest: str, shape: type[T], label: str
) -> T:
    """Decode an evaluation as :func:`decode_body` does; ``base_document`` is what it needs.

    Raises:
        IntegrityError: Its bytes, or those that it was compressed with, are damaged.
        StoreError: Its bytes are right, and this version of ccm does not understand them.
    """
    try:
        reader = decompressor(base_document)
    except ValueError as error:
        raise damaged(label, error) from error
    return decode_body(content, digest, shape, label, reader)
