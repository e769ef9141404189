"""Write batches: everything one collection read, on its way into the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.record import RecordSource, RejectedObject
from ccm_core.model.frozen_dataclass import dataclass


class Body(Protocol):
    """The bytes of a body as they are stored, wherever they are, and their digest."""

    @property
    def digest(self) -> str:
        """The digest of the bytes before compression."""

    @property
    def size(self) -> int:
        """The number of bytes before compression."""

    @property
    def content(self) -> bytes:
        """The compressed bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedBody:
    """A document in memory, ready to be stored; see :class:`Body`."""

    digest: str
    size: int
    content: bytes


BodyEncoder: TypeAlias = Callable[[bytes], Body]
"""Hashes, compresses and spools one body. The store makes one for each window, so that no window is
in memory as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One observed object of the collection's kind, on its way into the store."""

    key: str
    observed_at: datetime
    source: RecordSource
    body: Body
    """The stored fields, as JSON."""
    occurred_at: datetime | None = None
    """For events, the instant that the window selects by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBatch:
    """Everything one collection read, ready to be stored in one transaction."""

    collection: Collection
    """Counts of appended, unchanged and tombstones are still zero; the store fills them in."""
    observations: Sequence[Observation] = ()
    """At most one for each key."""
    rejected: Sequence[RejectedObject] = ()
    snapshot: bool = False
    """Whether the collection states the whole population. Only where it was also read to its end
    do keys that are not among the observations get a tombstone: where it is complete, or lacks
    nothing but what the credential may not see."""
    vanished: Sequence[str] = ()
    """Keys that get a tombstone where the batch does not state the whole population: the host
    knows of what it derives what is gone."""
