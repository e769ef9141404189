"""Locations in a file."""

from __future__ import annotations

from typing import NamedTuple


class Location(NamedTuple):
    """A line and a column, both counted from 1. A tuple, since a document has thousands."""

    line: int
    column: int

    def __str__(self) -> str:
        """Return it in words."""
        return f"line {self.line}, column {self.column}"
