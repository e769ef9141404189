"""Reads and derives only what changed in the store since the last evaluation.

The state of a connection is handed from one evaluation to the next, and dropped whenever an
evaluation did not finish. Wherever it is not certain what changed, all of it is read and derived,
as it was the first time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ccm_core.errors import CcmError, PluginFault
from ccm_core.ledger.population import PopulationTree
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.model.evidence.window import Window
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.incremental.interning import interned
from ccm_core.pipeline.incremental.state import (
    EvaluationCache,
    IncrementalState,
    KindState,
    ViewState,
)
from ccm_core.rules.evaluate.rows import derived_rows, view_of_kind
from ccm_core.rules.incremental.partition_index import KindChange, PartitionedRows, PartitionIndex
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.sdk.types import EvidenceKind, Row, View, ViewRequest
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(slots=True, kw_only=True)
class IncrementalReader:
    """Reads one connection for one evaluation, and collects the state for the next one."""

    store: EvidenceStore
    watch: WatchScope
    now: datetime
    horizon: Window
    kinds: Mapping[str, EvidenceKind]
    """Those that the connection collects."""
    views: Mapping[str, View]
    whole_kinds: AbstractSet[str]
    """The kinds of which all records are needed each time."""
    before: IncrementalState
    after: IncrementalState
    _changes: dict[str, KindChange | None] = field(default_factory=dict)
    _loaded: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    _vanished: dict[str, tuple[Record, ...]] = field(default_factory=dict)

    def load(self, kind: str) -> tuple[Record, ...]:
        """Return all records of a kind."""
        if kind not in self._loaded:
            self.change(kind)
            state = self.after.kinds.get(kind)
            if state is None or state.records is None:
                self._loaded[kind] = self._read(kind)
            else:
                self._loaded[kind] = state.records
        return self._loaded[kind]

    def vanished(self, kind: str) -> tuple[Record, ...]:
        """Return the last versions of the records of a kind that are gone from the source."""
        if kind not in self._vanished:
            records = self.store.records.vanished(self.watch.connection, kind, as_of=self.now)
            self._vanished[kind] = tuple(
                interned(record for record in records if record.erased_at is None)
            )
        return self._vanished[kind]

    def release(self) -> None:
        """Release all records but those of the state."""
        self._loaded.clear()
        self._vanished.clear()

    def erased(self, kind: str) -> Sequence[tuple[str, Window | None]]:
        """Return the keys of a kind that exist without a body, with the window of each."""
        state = self.after.kinds.get(kind)
        if state is None:
            return self.store.records.erased_keys(self.watch.connection, kind, as_of=self.now)
        return sorted(state.erased.items(), key=lambda entry: entry[0])

    def population(self, kind: str) -> PopulationTree:
        """Return the population that was read of a kind, in this evaluation and the ones before."""
        if self.change(kind) is None and kind not in self.after.kinds:
            self._read(kind)
        return self.after.kinds[kind].population

    def change(self, kind: str) -> KindChange | None:
        """Return what changed of a kind since the last evaluation; None: that is not known."""
        if kind not in self._changes:
            self._changes[kind] = self._change_since(kind)
        return self._changes[kind]

    # -- rows ---------------------------------------------------------------------------------

    def reused_rows(self, name: str) -> Sequence[Row] | None:
        """Return all rows of a view, with only changed partitions derived again; None: derive all.

        See :class:`ccm_core.rules.evaluate.build_facts.RowCache`.
        """
        state = self.before.views.get(name)
        source = self._source(name)
        if state is None or source is None or state.source is not source:
            return None
        view = _view(source)
        rows = self._derive_changed(state, view)
        watermarks = self._watermarks(view)
        if rows is None or watermarks is None:
            return None
        self.after.views[name] = replace(state, rows=rows, watermarks=watermarks)
        return rows.rows

    def record_rows(self, name: str, rows: tuple[Row, ...]) -> None:
        """Keep all rows of a view for the next evaluation."""
        self.after.views.pop(name, None)
        source = self._source(name)
        view = _view(source) if source else None
        watermarks = self._watermarks(view) if view and view.partitions else None
        if source is None or view is None or view.partitions is None or watermarks is None:
            return
        partitioning = view.partitions()
        records = {kind: self.load(kind) for kind in partitioning.names}
        try:
            partitions = PartitionIndex.of(partitioning, records)
            partitioned = PartitionedRows.of(partitioning, rows)
            covers = partitions.covers(partitioned)
        except Exception:  # noqa: BLE001 - a plugin's bug: then nothing is reused
            return
        if covers:
            self.after.views[name] = ViewState(
                source=source,
                rows=partitioned,
                partitions=partitions,
                watermarks=watermarks,
            )

    def _source(self, name: str) -> EvidenceKind | View | None:
        return self.kinds.get(name) or self.views.get(name)

    def _derive_changed(self, state: ViewState, view: View) -> PartitionedRows | None:
        changes: dict[str, KindChange] = {}
        for kind in view.inputs:
            change, before = self.change(kind), self.before.kinds.get(kind)
            if change is None or before is None or state.watermarks[kind] != before.watermark:
                return None
            changes[kind] = change
        partitions = state.partitions
        try:
            names = partitions.update(changes)
            if names is None:
                return None
            if not names:
                return state.rows
            return self._derive_partitions(state, view, *partitions.closure(names))
        except PluginFault:
            return None  # deriving all of it shows what is wrong
        except CcmError:
            raise
        except Exception:  # noqa: BLE001 - a plugin's bug: deriving all of it shows what is wrong
            return None

    def _derive_partitions(
        self,
        state: ViewState,
        view: View,
        names: AbstractSet[str],
        keys: Mapping[str, AbstractSet[str]],
    ) -> PartitionedRows | None:
        records: dict[str, Sequence[Record]] = {}
        for kind in view.inputs:
            loaded = self._load_keys(kind, keys[kind]) if kind in keys else self.load(kind)
            if loaded is None or self.change(kind) is None or self._has_moved(kind):
                return None
            records[kind] = loaded
        request = ViewRequest(
            records=records,
            vanished={kind: self.vanished(kind) for kind in view.vanished},
        )
        return state.rows.patched(state.partitions.partitioning, names, derived_rows(view, request))

    # -- records ------------------------------------------------------------------------------

    def _change_since(self, kind: str) -> KindChange | None:
        state = self.before.kinds.get(kind)
        if state is None or state.watermark is None:
            return None
        name = self.watch.connection
        since = self.store.records.changes_since(name, kind, state.watermark, as_of=self.now)
        if since is None:
            return None
        living = (record for record in since.records if record.erased_at is None)
        current = {record.key: record for record in interned(living)}
        still_erased = {
            key: window for key, window in state.erased.items() if key not in since.changed_keys
        }
        erased = still_erased | _erased(since.records)
        change = KindChange(keys=since.changed_keys, current=current)
        records = state.records
        if records is not None and change.keys:
            merged = {record.key: record for record in records if record.key not in change.keys}
            merged |= current
            records = tuple(merged[key] for key in sorted(merged))
        digests = {record.key: record.digest for record in since.records}
        population = state.population.changed((key, digests.get(key)) for key in since.changed_keys)
        self.after.kinds[kind] = KindState(
            watermark=since.watermark, erased=erased, population=population, records=records
        )
        return change

    def _read(self, kind: str) -> tuple[Record, ...]:
        name = self.watch.connection
        # The watermark comes first: whatever is stored from here on is read again the next time.
        since = self.store.records.changes_since(name, kind, None, as_of=self.now)
        state = self.after.kinds.get(kind)
        if since is None or state is None or state.watermark != since.watermark:
            self._changes[kind] = None  # more may have changed than is known
        stored = list(interned(self.store.records.current(name, kind, as_of=self.now)))
        records = tuple(record for record in stored if record.erased_at is None)
        self.after.kinds[kind] = KindState(
            watermark=since.watermark if since else None,
            erased=_erased(stored),
            population=PopulationTree((record.key, record.digest) for record in stored),
            records=records if kind in self.whole_kinds else None,
        )
        return records

    def _load_keys(self, kind: str, keys: AbstractSet[str]) -> Sequence[Record] | None:
        """Return some records, sorted by key; None where one of them no longer exists."""
        state, change = self.after.kinds[kind], self.change(kind)
        if state.records is not None:
            return [record for record in state.records if record.key in keys]
        current = change.current if change else {}
        records = {key: current[key] for key in keys if key in current}
        unchanged = self.store.records.get_many(self.watch.connection, kind, keys - records.keys())
        living = (record for record in unchanged if record.erased_at is None)
        records |= {record.key: record for record in interned(living)}
        return [records[key] for key in sorted(records)] if records.keys() == keys else None

    def _has_moved(self, kind: str) -> bool:
        """Whether anything of a kind was stored while this evaluation read."""
        watermark = self.after.kinds[kind].watermark
        since = self.store.records.changes_since(
            self.watch.connection, kind, watermark, as_of=self.now
        )
        return since is None or watermark is None or since.watermark.sequence != watermark.sequence

    def _watermarks(self, view: View) -> dict[str, Watermark] | None:
        """Return up to where each input of a view was read; None where one is not known."""
        states = {kind: self.after.kinds.get(kind) for kind in view.inputs}
        watermarks = {
            kind: state.watermark for kind, state in states.items() if state and state.watermark
        }
        return watermarks if len(watermarks) == len(view.inputs) else None


def incremental_reader(
    store: EvidenceStore,
    host: Host,
    watch: WatchScope,
    packs: CompiledPacks,
    cache: EvaluationCache,
    now: datetime,
) -> IncrementalReader:
    """Return what reads a connection, again or for the first time."""
    state = cache.states.get(watch.connection)
    if state is None or state.watch != watch or now < state.at:
        state = IncrementalState(watch=watch, at=now)
    return IncrementalReader(
        store=store,
        watch=watch,
        now=now,
        horizon=horizon_of(watch, now),
        kinds={name: host.kinds[name] for name in watch.cadences if name in host.kinds},
        views=host.views,
        whole_kinds=_whole_kinds(packs, host.views),
        before=state,
        after=IncrementalState(watch=watch, at=now),
    )


def horizon_of(watch: WatchScope, now: datetime) -> Window:
    """Return the period that a connection's evidence covers at a moment."""
    return Window(now - timedelta(seconds=watch.lookback), now + timedelta(seconds=watch.lookahead))


def _view(source: EvidenceKind | View) -> View:
    return view_of_kind(source) if isinstance(source, EvidenceKind) else source


def _whole_kinds(packs: CompiledPacks, views: Mapping[str, View]) -> AbstractSet[str]:
    """Return the kinds of which evaluating needs all records, whatever changed."""
    kinds: set[str] = set()
    for group in (group for pack in packs.packs for group in pack.groups):
        if view := views.get(group.over):
            partitioned = view.partitions().names if view.partitions else ()
            kinds.update(set(view.inputs) - set(partitioned))
        kinds.update(kind for rule in group.rules for kind in rule.lookup_kinds)
    return kinds


def _erased(records: Sequence[Record]) -> dict[str, Window | None]:
    return {record.key: record.source.window for record in records if record.erased_at is not None}
