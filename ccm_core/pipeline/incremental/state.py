"""The state that incremental evaluation keeps from one evaluation to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccm_core.ledger.population import PopulationTree
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.model.evidence.window import Window
from ccm_core.rules.incremental.partition_index import PartitionedRows, PartitionIndex
from ccm_core.rules.incremental.result_cache import ResultCache
from ccm_core.sdk.types import EvidenceKind, View


@dataclass(frozen=True, slots=True, kw_only=True)
class KindState:
    """The state of one kind."""

    watermark: Watermark | None
    """Up to where it was read; None: that is not known."""
    erased: Mapping[str, Window | None]
    """The keys that exist without a body, with the window of each."""
    population: PopulationTree
    """The digest of each key that exists, erased ones included."""
    records: tuple[Record, ...] | None = None
    """All that exist with one, sorted by key. None: they are too many to be held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """The state of the rows of one kind or view."""

    source: EvidenceKind | View
    rows: PartitionedRows
    partitions: PartitionIndex
    watermarks: Mapping[str, Watermark]
    """By input, up to where it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementalState:
    """The state of one connection."""

    watch: WatchScope
    at: datetime
    """The moment of the evaluation that left it."""
    kinds: dict[str, KindState] = field(default_factory=dict)
    views: dict[str, ViewState] = field(default_factory=dict)
    """By kind or view."""


@dataclass(slots=True)
class EvaluationCache:
    """Everything that repeated evaluations keep from one to the next."""

    results: ResultCache | None = None
    states: dict[str, IncrementalState] = field(default_factory=dict)
    """By connection."""
