"""What identifies one response of a source, within a text: its size and the id of its request.

A shortfall keeps it, for the source's support. A verdict leaves it out: the same fault an hour
later reads the same.
"""

from __future__ import annotations

import re

_SEPARATORS = str.maketrans("", "", "(),")
_TRAIL = re.compile(r"\(([^(),]*), \d+ bytes(?:, request id [^(),]*)?\)")


def response_trail(media: str, size: int, request: str) -> str:
    """Return it in parentheses, after the media type.

    Args:
        media: The media type.
        size: Of the body, in bytes.
        request: The id that the source has of the request; empty: none.
    """
    identity = f", request id {request.translate(_SEPARATORS)}" if request else ""
    return f"({media.translate(_SEPARATORS)}, {size} bytes{identity})"


def without_trails(text: str) -> str:
    """Return a text with no more than the media type of each response in it."""
    return _TRAIL.sub(r"(\1)", text)
