"""JSON written piece by piece, with the bytes of one that is written at once."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ccm_core.model import json_codec
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BLOCK = 65_536
"""Bytes that are handed on at a time, at least."""


@dataclass(frozen=True, slots=True)
class Fields:
    """An object whose values are written one after the other."""

    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rows:
    """A list whose entries are made and written one after the other."""

    entries: Iterable[object]


def fields_of(value: Any, **streamed: object) -> Fields:
    """Return a dataclass as an object, with some of its values in another form."""
    return Fields({field.name: getattr(value, field.name) for field in fields(value)} | streamed)


def json_pieces(value: object) -> Iterator[bytes]:
    """Yield the JSON of a value: as :func:`json_codec.encode`, whose keys are sorted."""
    if isinstance(value, Fields):
        before = b"{"
        for name in sorted(value.values):
            yield before + json_codec.encode(name) + b":"
            yield from json_pieces(value.values[name])
            before = b","
        yield b"{}" if before == b"{" else b"}"
    elif isinstance(value, Rows):
        before = b"["
        for entry in value.entries:
            yield before
            yield from json_pieces(entry)
            before = b","
        yield b"[]" if before == b"[" else b"]"
    else:
        yield json_codec.encode(value)


def blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in fewer pieces."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)
