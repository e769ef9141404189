"""What was kept of a kind after a moment to which somebody holds the records already."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ccm_core.model.evidence.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Up to where the records of one kind and connection were read. Only a store reads it."""

    store: str
    """Which store: another one, under the same name, has other marks."""
    place: int
    """Of the collection that was kept last, counted by the store; 0: there was none."""
    collection: str
    """Its id. A store that was put back to an earlier day may give its place to another one."""
    ended: int
    """When the collection that ended last did so, in microseconds."""
    erasure: str
    """The last order to erase."""
    anywhere: int
    """The place of the collection that was kept last of any kind and connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesSince:
    """What changed of a kind since a mark."""

    mark: Watermark
    """Up to where this reaches."""
    changed: AbstractSet[str] = frozenset()
    """The keys of which a version was kept, tombstones included."""
    records: Sequence[Record] = ()
    """How those of them stand that do; one whose body was erased is there too, and empty."""
