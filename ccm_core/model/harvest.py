"""A harvest: everything one collection found, on its way into the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccm_core.model.collection import Collection
from ccm_core.model.record import Record, Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One record on its way into the store, with the bytes that will be hashed and kept."""

    record: Record
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """Everything one collection found, ready to be kept in one transaction."""

    collection: Collection
    """Counts of appended, unchanged and tombstones are still zero; the store fills them in."""
    observations: Sequence[Observation] = ()
    """At most one for each key."""
    rejected: Sequence[Rejected] = ()
    snapshot: bool = False
    """Whether the collection states the whole population. Only where it is also complete do keys
    that are not among the observations get a tombstone."""
