"""Locations in a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A line and a column, both counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        """Return it in words."""
        return f"line {self.line}, column {self.column}"
