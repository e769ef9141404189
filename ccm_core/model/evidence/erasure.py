"""Erasures: orders to delete the bodies of some records, and their results."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.statement_text import has_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Which records to erase, narrowed by at least one of the first four; or which file."""

    id: str
    connection: str | None = None
    kind: str | None = None
    key: str | None = None
    stored_before: datetime | None = None
    """Only what was stored before this moment."""
    manual_evidence: str | None = None
    """The id of a piece of manual evidence: its file is erased, and no record."""
    excluded_kinds: frozenset[str] = frozenset()
    """Kinds whose current records are not erased: they are observed again and again."""
    reason: str
    """Why, in words: it stays in the ledger."""
    erased_at: datetime

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for an order without a reason, or one that selects nothing."""
        if not has_words(self.reason):
            raise ValueError(
                f"got {self.reason!a}, expected a reason in words: it stays in the ledger for "
                "whoever asks why the evidence is gone; write who asked for it, and why"
            )
        of_records = any((self.connection, self.kind, self.key, self.stored_before))
        if of_records and self.manual_evidence:
            raise ValueError("an erasure is of records or of manual evidence, got both")
        if not of_records and not self.manual_evidence:
            raise ValueError(
                "an erasure needs a connection, a kind, a key or a moment, or manual evidence"
            )
        if self.key is not None and self.kind is None:
            raise ValueError(f"the key {self.key!r} names an object of one kind, got no kind")


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
    files: int = 0
    """Attached files."""
    sharing_evidence: int = 0
    """Pieces of manual evidence that were not selected and are the same file."""
