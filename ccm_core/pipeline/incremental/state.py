"""What is held from one evaluation to the next, by whoever judges again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.model.evidence.window import Window
from ccm_core.rules.incremental.partition import PartitionedRows, PartitionIndex
from ccm_core.rules.incremental.result_cache import ResultCache
from ccm_core.sdk.types import EvidenceKind, View


@dataclass(frozen=True, slots=True, kw_only=True)
class KindState:
    """What is held of one kind."""

    mark: Watermark | None
    """Up to where it was read; None: that cannot be told."""
    erased: Mapping[str, Window | None]
    """The keys that stand without a body, with the window of each."""
    records: tuple[Record, ...] | None = None
    """All that stand with one, sorted by key. None: they are too many, and are not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """What is held of the rows of one kind or view."""

    source: EvidenceKind | View
    found: PartitionedRows
    partition: PartitionIndex
    marks: Mapping[str, Watermark]
    """By input, up to where it was read."""
    since: datetime
    """Where the horizon began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementalState:
    """What is held of one connection."""

    watch: WatchScope
    at: datetime
    """The moment of the evaluation that left it."""
    kinds: dict[str, KindState] = field(default_factory=dict)
    rows: dict[str, ViewState] = field(default_factory=dict)
    """By kind or view."""


@dataclass(slots=True)
class EvaluationCache:
    """What whoever judges again and again holds from one evaluation to the next."""

    memory: ResultCache | None = None
    held: dict[str, IncrementalState] = field(default_factory=dict)
    """By connection."""
