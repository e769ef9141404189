"""Text in terminal cells: measuring and wrapping, wide characters included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.control_characters import replace_controls

if TYPE_CHECKING:
    from collections.abc import Iterator


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def plain(text: str) -> str:
    """Return a text on one line, with nothing in it that could steer a terminal."""
    return " ".join(replace_controls(text).split())


def wrap(text: str, width: int) -> list[str]:
    """Break a text between words; a word longer than a line is broken inside."""
    lines = [""]
    for word in _short_words(text, width):
        joined = f"{lines[-1]} {word}".lstrip()
        if cells(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return [line for line in lines if line]


def fitted(text: str, width: int) -> str:
    """Return a text on one line of at most so many cells; what does not fit ends in an ellipsis."""
    from rich.cells import set_cell_size

    line = replace_controls(text)
    return line.rstrip() if cells(line) <= width else f"{set_cell_size(line, width - 1).rstrip()}…"


def pad(text: str, width: int) -> str:
    """Fill a text with spaces up to a width."""
    return text + " " * (width - cells(text))


def _short_words(text: str, width: int) -> Iterator[str]:
    from rich.cells import chop_cells

    for word in text.split():
        yield from chop_cells(word, width) if cells(word) > width else [word]
