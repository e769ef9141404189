"""Digests as tables have them: their 32 bytes, and not the 71 letters that they are written with.

A version has two, its body, its index entries and the current version one each: as letters they
would be a sixth of a store. This is the only place that knows; everybody else reads and binds text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.store.sql.driver import SqlValue

COLUMN_TYPE = "DIGEST"
"""The type that such a column is declared with."""
_COLUMNS = frozenset({"digest", "response_digest", "evaluation", "inputs", "act", "file"})
"""The names of these columns, and of the parameters that are compared with them."""
_AMONG = tuple(f"{name} IN (:values)" for name in sorted(_COLUMNS))
_PREFIX = "sha256:"
_LETTERS = len(_PREFIX) + 64
_BYTES = 32


def read_digest(stored: bytes) -> str:
    """Return a digest as it is written; what is none comes back as the text that it is."""
    if len(stored) == _BYTES:
        return _PREFIX + stored.hex()
    return stored.decode("utf-8", "backslashreplace")


def bound(parameters: Mapping[str, SqlValue]) -> Mapping[str, SqlValue]:
    """Return the values of named parameters, or of a row's columns, as they are stored."""
    if _COLUMNS.isdisjoint(parameters):
        return parameters
    return {
        name: _stored(value) if name in _COLUMNS else value for name, value in parameters.items()
    }


def bound_rows(
    names: Sequence[str], rows: Iterable[Sequence[SqlValue]]
) -> Iterable[Sequence[SqlValue]]:
    """Return rows with these columns as they are stored."""
    positions = [position for position, name in enumerate(names) if name in _COLUMNS]
    return _with_digests(positions, rows) if positions else rows


def bound_among(statement: str, values: Iterable[SqlValue]) -> Iterable[SqlValue]:
    """Return the values of ``IN (:values)`` as they are stored."""
    among = any(words in statement for words in _AMONG)
    return map(_stored, values) if among else values


def _with_digests(
    positions: Sequence[int], rows: Iterable[Sequence[SqlValue]]
) -> Iterator[Sequence[SqlValue]]:
    for row in rows:
        values = list(row)
        for position in positions:
            values[position] = _stored(values[position])
        yield values


def _stored(value: SqlValue) -> SqlValue:
    """Return the bytes of a digest; what is none stays what it is."""
    if type(value) is not str or len(value) != _LETTERS or not value.startswith(_PREFIX):
        return value
    letters = value[len(_PREFIX) :]
    try:
        digest = bytes.fromhex(letters)
    except ValueError:
        return value
    return digest if digest.hex() == letters else value
