"""JSON as this project writes and reads it.

The bytes that :func:`encode` returns are the bytes that are stored and hashed. Verifying a digest
hashes stored bytes and never serializes again, so a change of the JSON library can never change
a digest that was already published.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import msgspec

JsonObject: TypeAlias = dict[str, Any]
"""A decoded JSON object."""

T = TypeVar("T")


def encode(value: object) -> bytes:
    """Return the JSON bytes of a value or frozen dataclass: sorted keys, UTF-8, no white space."""
    return msgspec.json.encode(value, order="sorted")


def decode(data: bytes | str) -> Any:
    """Read JSON text.

    Raises:
        ValueError: The text is not JSON (``NaN`` and ``Infinity`` are not JSON either).
    """
    return msgspec.json.decode(data)


def decode_as(data: bytes | str, shape: type[T]) -> T:
    """Read JSON text back into the frozen dataclass it was written from.

    Raises:
        ValueError: The text is not JSON, or not of that shape.
    """
    return msgspec.json.decode(data, type=shape)


def plain(value: object) -> Any:
    """Return a frozen dataclass as plain JSON values: objects, arrays, strings, numbers."""
    return msgspec.to_builtins(value)
