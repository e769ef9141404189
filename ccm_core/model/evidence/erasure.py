"""An erasure: an order to delete what was kept of some objects, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What is to be deleted. At least one of the first four narrows it."""

    id: str
    connection: str | None = None
    kind: str | None = None
    key: str | None = None
    stored_before: datetime | None = None
    """Only what was kept before this moment."""
    spared: frozenset[str] = frozenset()
    """Kinds of which what stands is left alone: it is observed again and again, and never old."""
    reason: str
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureResult:
    """What an erasure deleted."""

    bodies: int
    """Bodies of records, each once, however many versions rest on it."""
    rejected: int
    """Objects that their schema had refused."""
    beyond: int
    """Versions that were not chosen and rest on the same bodies: those are gone for them too."""
