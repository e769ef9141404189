"""What is held from one evaluation to the next, by whoever judges again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.model.evidence.window import Window
from ccm_core.rules.incremental.partition import PartedRows, Partition
from ccm_core.rules.incremental.result_cache import Memory
from ccm_core.sdk.types import EvidenceKind, View


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldKind:
    """What is held of one kind."""

    mark: Watermark | None
    """Up to where it was read; None: that cannot be told."""
    erased: Mapping[str, Window | None]
    """The keys that stand without a body, with the window of each."""
    records: tuple[Record, ...] | None = None
    """All that stand with one, sorted by key. None: they are too many, and are not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRows:
    """What is held of the rows of one kind or view."""

    source: EvidenceKind | View
    found: PartedRows
    partition: Partition
    marks: Mapping[str, Watermark]
    """By input, up to where it was read."""
    since: datetime
    """Where the horizon began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held of one connection."""

    watch: WatchScope
    at: datetime
    """The moment of the evaluation that left it."""
    kinds: dict[str, HeldKind] = field(default_factory=dict)
    rows: dict[str, HeldRows] = field(default_factory=dict)
    """By kind or view."""


@dataclass(slots=True)
class Recall:
    """What whoever judges again and again holds from one evaluation to the next."""

    memory: Memory | None = None
    held: dict[str, Held] = field(default_factory=dict)
    """By connection."""
