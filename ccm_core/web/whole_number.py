"""Numbers in addresses and forms: digits, and not too many of them."""

from __future__ import annotations


def whole_number(text: str, digits: int) -> int | None:
    """Return the number that digits write; None: it is none, or has more digits than may be."""
    is_number = text.isascii() and text.isdigit() and len(text) <= digits
    return int(text) if is_number else None
