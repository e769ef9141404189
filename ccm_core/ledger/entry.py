"""An entry of a log: what one transaction appended to it."""

from __future__ import annotations

from collections.abc import Sequence

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """The leaves that one transaction appended to one log."""

    seq: int
    log: str
    first: int
    """The number of the first leaf."""
    count: int
    """How many leaves are expected."""
    leaves: Sequence[bytes] | None
    """None where they cannot be read."""
    edge: bytes
    """The right edge of the tree after them."""
