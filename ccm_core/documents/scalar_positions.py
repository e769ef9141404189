"""Positions of characters: where a character of a scalar's text is in the file.

YAML folds lines, doubles quotes and reads escapes, so a column of the text is not a column of
the file. What it never does is to drop, add or reorder characters that are not white space.
So the n-th such character of the text is the n-th of what was written, and white space is
counted from the character before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ccm_core.documents.location import Location

_WHITE = frozenset(" \t\n\r\x85\u2028\u2029")
_WHITE_ESCAPES = frozenset("tnrNLP \t")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_ANCHOR = re.compile(r"&\S+\s+")
_ESCAPE = re.compile(r"\\(?:x(\w{2})|u(\w{4})|U(\w{8})|(\r\n|.))", re.DOTALL)


class Scalar(NamedTuple):
    """How a scalar was written."""

    start: int
    """Index into the file's text."""
    end: int
    location: Location
    style: str
    """A quote, ``|``, ``>``, or nothing for a plain one."""


def location_inside(text: str, scalar: Scalar, value: str, at: tuple[int, int]) -> Location:
    """Return the location in the file of a line and column of a scalar's value."""
    offset = _offset(value, *at)
    begin = _content(text, scalar)
    units = list(_units(text, begin, scalar))
    before = sum(character not in _WHITE for character in value[:offset])
    if offset < len(value) and value[offset] not in _WHITE and before < len(units):
        return _location(text, scalar, units[before][0])
    spaces = len(value[:offset]) - len(value[:offset].rstrip("".join(_WHITE)))
    previous = units[before - 1][1] if 0 < before <= len(units) else begin
    following = units[before][0] if before < len(units) else max(previous, scalar.end)
    return _location(text, scalar, min(previous + spaces, following))


def _offset(value: str, line: int, column: int) -> int:
    lines = value.split("\n")[: max(0, line - 1)]
    return min(len(value), sum(len(line_text) + 1 for line_text in lines) + max(0, column - 1))


def _content(text: str, scalar: Scalar) -> int:
    """Return the index of the first character after the anchor, the quote or the block's header."""
    anchor = _ANCHOR.match(text, scalar.start, scalar.end)
    start = anchor.end() if anchor else scalar.start
    if scalar.style in ("|", ">"):
        header = _BREAK.search(text, start)
        return header.end() if header else scalar.end
    return start + 1 if scalar.style in ("'", '"') else start


def _units(text: str, begin: int, scalar: Scalar) -> Iterator[tuple[int, int]]:
    """Yield the begin and the end of each character that is not white space, as written."""
    index, end = begin, scalar.end
    while index < end:
        width, white = _unit(text, index, scalar.style)
        if not white:
            yield index, index + width
        index += width


def _unit(text: str, index: int, style: str) -> tuple[int, bool]:
    if style == '"' and (escape := _ESCAPE.match(text, index)):
        return len(escape.group()), _is_white(escape)
    if style == "'" and text.startswith("''", index):
        return 2, False
    return 1, text[index] in _WHITE


def _is_white(escape: re.Match[str]) -> bool:
    code = escape[1] or escape[2] or escape[3]
    if code:
        return chr(int(code, 16)) in _WHITE
    return escape[4] in _WHITE_ESCAPES or bool(_BREAK.fullmatch(escape[4]))


def _location(text: str, scalar: Scalar, index: int) -> Location:
    breaks = list(_BREAK.finditer(text, scalar.start, index))
    if not breaks:
        return Location(scalar.location.line, scalar.location.column + index - scalar.start)
    return Location(scalar.location.line + len(breaks), index - breaks[-1].end() + 1)
