"""Finds, among events, the earliest that shows something of each object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ccm_core.model.evidence.record import Record
from ccm_core.model.instant import parse_instant
from ccm_core.sdk.evidence_kind import EvidenceKind
from ccm_core.sdk.view import EarliestRecords

Rank = tuple[datetime, str]
"""When an event occurred, and its key: the lesser one is the earlier."""
EarliestLoader = Callable[[EarliestRecords], Mapping[str, Record]]
"""Returns the earliest record of each object, by its key."""


class Shown(NamedTuple):
    """That a record shows something of an object."""

    key: str
    """Of the object."""
    rank: Rank


@dataclass(slots=True)
class Earliest:
    """The earliest record of each object among those that were seen, in whatever order."""

    asked: EarliestRecords
    kind: EvidenceKind
    found: dict[str, Record] = field(default_factory=dict)
    """By key of the object."""
    _ranks: dict[str, Rank] = field(default_factory=dict)

    def see(self, records: Iterable[Record]) -> Earliest:
        """Take the earliest of some more records, and return this."""
        for record in records:
            shown = self.shown(record)
            if shown and (shown.key not in self._ranks or shown.rank < self._ranks[shown.key]):
                self._ranks[shown.key], self.found[shown.key] = shown.rank, record
        return self

    def shown(self, record: Record) -> Shown | None:
        """Return the object that a record shows something of, and when; None: it shows none."""
        key = self.asked.of(record)
        return None if key is None else Shown(key, (self._occurred_at(record), record.key))

    def _occurred_at(self, record: Record) -> datetime:
        value: object = record.body
        for name in (self.kind.occurred_at or "").split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return parse_instant(str(value))
