"""What was stored of a kind after a watermark, for whoever has read the records before."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Up to where the records of one kind and connection were read; only a store reads it."""

    store: str
    """The identity of the store: another one, under the same name, has other watermarks."""
    sequence: int
    """The number that the store gave the newest collection; 0: there was none."""
    collection: str
    """Its id. A store that was restored from a backup may give its number to another one."""
    ended: int
    """When the last collection ended, in microseconds."""
    erasure: str
    """The id of the newest erasure."""
    store_sequence: int
    """The number of the newest collection of any kind and connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesSince:
    """What changed of a kind since a watermark."""

    watermark: Watermark
    """Up to where this reaches."""
    since: Watermark | None = None
    """The one before; None: there was none, and nothing is known to have changed."""
    changed_keys: AbstractSet[str] = frozenset()
    """The keys of which a version was stored, tombstones included."""
