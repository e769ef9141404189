"""JSON as this project writes and reads it.

The bytes that :func:`encode` returns are the bytes that are stored and hashed. Verifying a digest
hashes stored bytes and never serializes again, so a change of the JSON library can never change
a digest that was already published.

An object that names one key twice is refused: programs disagree about which of the two values
counts, so evidence that holds both shows one thing to this program and another to the next reader.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypedDict, TypeVar

import msgspec

from ccm_core.model.frozen_json import FrozenDict, FrozenList

JsonObject: TypeAlias = dict[str, Any]
"""A decoded JSON object."""

T = TypeVar("T")

_MAX_QUOTED = 60
"""Characters quoted of a key."""


class RepeatedKeyError(ValueError):
    """An object names one key twice."""


def encode(value: object) -> bytes:
    """Return the JSON bytes of a value or frozen dataclass: sorted keys, UTF-8, no white space."""
    return msgspec.json.encode(value, order="sorted")


def decode(data: bytes | str) -> Any:
    """Read JSON text.

    Raises:
        ValueError: The text is not JSON (``NaN`` and ``Infinity`` are not JSON either).
        RepeatedKeyError: One of its objects names a key twice.
    """
    value = msgspec.json.decode(data)
    text = data.encode() if isinstance(data, str) else data
    if _may_repeat_a_key(text, value):
        json.loads(text, object_pairs_hook=_distinct_keys)
    return value


def decode_own(data: bytes) -> Any:
    """Read JSON text that this project wrote itself, and that was hashed: no key stands twice.

    Raises:
        ValueError: The text is not JSON.
    """
    return msgspec.json.decode(data)


class SharedReader:
    """Reads JSON texts as frozen values; small parts that are written alike become one object."""

    def __init__(self) -> None:
        """Begin without any part."""
        self._parts: dict[bytes, Any] = {}

    def read(self, data: bytes) -> Any:
        """Read a text that this project wrote itself.

        Raises:
            ValueError: It is not JSON.
        """
        opening = data[:1]
        if opening not in _CONTAINERS:
            return msgspec.json.decode(data)
        value = self._parts.get(data)
        if value is None:
            value = self._object(data) if opening == b"{" else self._array(data)
            if len(data) <= _LONGEST_SHARED:
                self._parts[data] = value
        return value

    def _object(self, data: bytes) -> FrozenDict[str, Any]:
        members = _MEMBERS.decode(data)
        return FrozenDict({name: self.read(bytes(text)) for name, text in members.items()})

    def _array(self, data: bytes) -> FrozenList[Any]:
        return FrozenList([self.read(bytes(text)) for text in _ELEMENTS.decode(data)])


_CONTAINERS = {b"{", b"["}
_LONGEST_SHARED = 500
"""Bytes of a part: longer ones are rarely written twice."""
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])


def decode_as(data: bytes | str, shape: type[T]) -> T:
    """Read JSON text back into the frozen dataclass it was written from.

    It is for text that this project wrote itself: repeated keys are not looked for.

    Raises:
        ValueError: The text is not JSON, or not of that shape.
    """
    return msgspec.json.decode(data, type=shape)


def objects_of(names: Iterable[str]) -> Callable[[bytes], list[JsonObject]]:
    """Return what reads an array of objects with some of their members alone.

    It is for text that this project wrote itself: repeated keys are not looked for.
    """
    typed_dict: Any = TypedDict  # of names that are known when it is called
    shape: Any = typed_dict("shape", dict.fromkeys(names, Any), total=False)
    read: Callable[[bytes], list[JsonObject]] = msgspec.json.Decoder(list[shape]).decode
    return read


def plain(value: object) -> Any:
    """Return a frozen dataclass as plain JSON values: objects, arrays, strings, numbers."""
    return msgspec.to_builtins(value)


def _may_repeat_a_key(text: bytes, value: object) -> bool:
    """Return whether a decoded value lacks a colon of its text; true where that cannot be told.

    Every key has a colon after it, and msgspec never escapes one. So as long as the text does not
    either, a value that was dropped leaves fewer colons than there were. Counting them costs a
    fraction of a parser that calls back for each object.
    """
    escaped = b"\\u003" in text
    return escaped or text.count(b":") != msgspec.json.encode(value).count(b":")


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys: set[str] = set()
    for key, _ in pairs:
        if key in keys:
            raise RepeatedKeyError(f"the key {key[:_MAX_QUOTED]!r} stands twice in one object")
        keys.add(key)
    return dict(pairs)
