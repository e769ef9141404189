"""An entry: what one transaction added to a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """The leaves that one transaction added to one log."""

    seq: int
    log: str
    first: int
    """The number of the first leaf."""
    count: int
    """How many there should be."""
    leaves: Sequence[bytes] | None
    """Nothing where they cannot be read."""
    edge: bytes
    """The right edge of the tree after them."""
