"""A harvest: everything one collection found, on its way into the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from ccm_core.model.collection import Collection
from ccm_core.model.record import Rejected, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """The bytes of a document as the store keeps them, and what vouches for them."""

    digest: str
    """Of the bytes before compression."""
    size: int
    """How many there are before compression."""
    content: bytes
    """The compressed bytes."""


Pack: TypeAlias = Callable[[bytes], Packed]
"""Hashes and compresses one document: given by the store, so that windows are small in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One observed object of the collection's kind, on its way into the store."""

    key: str
    observed_at: datetime
    source: Source
    body: Packed
    """The kept fields, as JSON."""


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
