"""Erasures: orders to delete the bodies of some records, and their results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Which records to erase; at least one of the first four narrows it."""

    id: str
    connection: str | None = None
    kind: str | None = None
    key: str | None = None
    stored_before: datetime | None = None
    """Only what was stored before this moment."""
    excluded_kinds: frozenset[str] = frozenset()
    """Kinds whose current records are not erased: they are observed again and again."""
    reason: str
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureResult:
    """What an erasure deleted."""

    bodies: int
    """Bodies of records, each once, however many versions share it."""
    rejected: int
    """Objects that their schema had rejected."""
    rows: int = 0
    """Bodies of rows that were made from them."""
    verdicts: int = 0
    """Bodies of verdicts on the subjects of those rows, or that looked one of the records up."""
    shared_versions: int
    """Versions that were not selected and share the same bodies: they lose them too."""
