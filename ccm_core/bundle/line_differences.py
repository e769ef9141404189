"""State lines by what differs from the line before; the verifier of packages reads them back.

Evaluations repeat nearly all of the one before, and that is beyond the 32 KiB that the compression
of an archive looks back. See ADR 0062.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

_PIECES = re.compile(rb"(?<=\},)")
"""Where a document is cut: behind each object but the last of a list."""
_LESS_THAN = 2
"""A line that is more than this part of the whole one gains too little."""


def stated_by_difference(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each line as it is, or as a JSON array of what differs from the one before.

    Args:
        lines: JSON objects without their newline, each with it at the end of what is yielded.
    """
    before, places = b"", dict[bytes, int]()
    for line in lines:
        pieces = _PIECES.split(line)
        parts = json.dumps(
            list(_parts(pieces, before, places)), separators=(",", ":"), ensure_ascii=False
        ).encode()
        yield (parts if len(parts) * _LESS_THAN < len(line) else line) + b"\n"
        before, places = line, _places(pieces)


def _places(pieces: Sequence[bytes]) -> dict[bytes, int]:
    """Return where each piece begins first."""
    places: dict[bytes, int] = {}
    at = 0
    for piece in pieces:
        places.setdefault(piece, at)
        at += len(piece)
    return places


def _parts(
    pieces: Iterable[bytes], before: bytes, places: Mapping[bytes, int]
) -> Iterator[str | tuple[int, int]]:
    """Yield the pieces, those that follow each other together: new ones, and ones from before."""
    new: list[bytes] = []
    start = end = 0
    for piece in pieces:
        if start < end and before.startswith(piece, end):
            end += len(piece)
            continue
        if start < end:
            yield start, end
            start = end = 0
        if piece in places:
            if new:
                yield b"".join(new).decode()
                new = []
            start, end = places[piece], places[piece] + len(piece)
        else:
            new.append(piece)
    if start < end:
        yield start, end
    if new:
        yield b"".join(new).decode()
