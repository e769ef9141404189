"""Text in terminal cells: measuring and wrapping, wide characters included."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ccm_core.report.content.phrases import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

_ZERO = ("Mn", "Me", "Cf")


def cells(text: str) -> int:
    """Tell how many cells of a terminal a text takes."""
    return sum(_cell(character) for character in text)


def plain(text: str) -> str:
    """Give a text on one line, with nothing in it that could steer a terminal."""
    return " ".join(clean(text).split())


def wrap(text: str, width: int) -> list[str]:
    """Break a text between words; a word longer than a line is broken inside."""
    lines = [""]
    for word in (piece for long in text.split() for piece in _pieces(long, width)):
        joined = f"{lines[-1]} {word}".lstrip()
        if cells(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return [line for line in lines if line]


def pad(text: str, width: int) -> str:
    """Fill a text with spaces up to a width."""
    return text + " " * (width - cells(text))


def _pieces(word: str, width: int) -> Iterator[str]:
    piece, room = "", width
    for character in word:
        if _cell(character) > room:
            yield piece
            piece, room = "", width
        piece += character
        room -= _cell(character)
    yield piece


def _cell(character: str) -> int:
    if unicodedata.category(character) in _ZERO:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
