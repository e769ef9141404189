"""Reading and deriving again: only what changed in the store since the last evaluation.

What is held of a connection is handed from one evaluation to the next, and given up whenever an
evaluation did not come to its end. Wherever it cannot be told for certain what changed, all of it
is read and derived, as it was the first time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ccm_core.errors import CcmError
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.model.evidence.window import Window
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.incremental.interning import shared
from ccm_core.pipeline.incremental.state import (
    EvaluationCache,
    IncrementalState,
    KindState,
    ViewState,
)
from ccm_core.rules.evaluate.rows import view_of_kind
from ccm_core.rules.incremental.partition import KindChange, PartitionedRows, PartitionIndex
from ccm_core.rules.incremental.result_cache import ResultCache
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.sdk.types import EvidenceKind, Row, View, ViewRequest
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(slots=True, kw_only=True)
class IncrementalReader:
    """Reads one connection for one evaluation, and gathers what is to be held of it."""

    store: EvidenceStore
    watch: WatchScope
    now: datetime
    horizon: Window
    kinds: Mapping[str, EvidenceKind]
    """Those that the connection collects."""
    views: Mapping[str, View]
    wholly: AbstractSet[str]
    """The kinds of which something needs all records each time."""
    before: IncrementalState
    memory: ResultCache | None
    after: IncrementalState
    _changed: dict[str, KindChange | None] = field(default_factory=dict)
    _loaded: dict[str, tuple[Record, ...]] = field(default_factory=dict)

    def load(self, kind: str) -> tuple[Record, ...]:
        """Give all records of a kind."""
        if kind not in self._loaded:
            self.changed(kind)
            held = self.after.kinds.get(kind)
            if held is None or held.records is None:
                self._loaded[kind] = self._read(kind)
            else:
                self._loaded[kind] = held.records
        return self._loaded[kind]

    def let_go(self) -> None:
        """Let go of all records but those that are to be held."""
        self._loaded.clear()

    def erased(self, kind: str) -> Sequence[tuple[str, Window | None]]:
        """Give the keys of a kind that stand without a body, with the window of each."""
        held = self.after.kinds.get(kind)
        if held is None:
            return self.store.records.erased_keys(self.watch.connection, kind, as_of=self.now)
        return sorted(held.erased.items(), key=lambda one: one[0])

    def changed(self, kind: str) -> KindChange | None:
        """Say what changed of a kind since the last evaluation; None: that cannot be told."""
        if kind not in self._changed:
            self._changed[kind] = self._since(kind)
        return self._changed[kind]

    # -- rows ---------------------------------------------------------------------------------

    def taken_over(self, name: str) -> Sequence[Row] | None:
        """See ``Again.taken_over``."""
        held = self.before.rows.get(name)
        waiting = self.memory.waiting(name, self.watch.connection) if self.memory else None
        source = self._source(name)
        if held is None or waiting is None or source is None or held.source is not source:
            return None
        view = _view(source)
        found = self._derived_in_part(held, view, waiting)
        marks = self._marks(view)
        if found is None or marks is None:
            return None
        self.after.rows[name] = replace(held, found=found, marks=marks, since=self.horizon.since)
        return found.rows

    def derived(self, name: str, rows: tuple[Row, ...]) -> None:
        """See ``Again.derived``."""
        self.after.rows.pop(name, None)
        source = self._source(name)
        view = _view(source) if source else None
        marks = self._marks(view) if view and view.partitions else None
        if source is None or view is None or view.partitions is None or marks is None:
            return
        parts = view.partitions()
        records = {kind: self.load(kind) for kind in parts.names}
        try:
            partition = PartitionIndex.of(parts, records)
            found = PartitionedRows.of(parts, rows)
            covers = partition.covers(found)
        except Exception:  # noqa: BLE001 - a plugin's bug: then nothing is taken over
            return
        if covers:
            self.after.rows[name] = ViewState(
                source=source,
                found=found,
                partition=partition,
                marks=marks,
                since=self.horizon.since,
            )

    def _source(self, name: str) -> EvidenceKind | View | None:
        return self.kinds.get(name) or self.views.get(name)

    def _derived_in_part(
        self, held: ViewState, view: View, waiting: Sequence[Row]
    ) -> PartitionedRows | None:
        changed: dict[str, KindChange] = {}
        for kind in view.inputs:
            one, before = self.changed(kind), self.before.kinds.get(kind)
            if one is None or before is None or held.marks[kind] != before.mark:
                return None
            changed[kind] = one
        try:
            names = held.partition.change(changed)
            if names is None:
                return None
            names.update(held.partition.passed(held.since, self.horizon.since))
            names.update(map(held.partition.parts.name, waiting))
            return self._again(held, view, *held.partition.whole(names)) if names else held.found
        except CcmError:
            raise
        except Exception:  # noqa: BLE001 - a plugin's bug: deriving all of it tells what is wrong
            return None

    def _again(
        self,
        held: ViewState,
        view: View,
        names: AbstractSet[str],
        keys: Mapping[str, AbstractSet[str]],
    ) -> PartitionedRows | None:
        records: dict[str, Sequence[Record]] = {}
        for kind in view.inputs:
            found = self._some(kind, keys[kind]) if kind in keys else self.load(kind)
            if found is None or self.changed(kind) is None or self._moved(kind):
                return None
            records[kind] = found
        request = ViewRequest(records=records, now=self.now, horizon=self.horizon)
        return held.found.patched(held.partition.parts, names, view.rows(request))

    # -- records ------------------------------------------------------------------------------

    def _since(self, kind: str) -> KindChange | None:
        held = self.before.kinds.get(kind)
        if held is None or held.mark is None:
            return None
        name = self.watch.connection
        since = self.store.records.changes_since(name, kind, held.mark, as_of=self.now)
        if since is None:
            return None
        standing = {one.key: one for one in since.records if one.erased_at is None}
        still = {key: one for key, one in held.erased.items() if key not in since.changed}
        erased = still | _erased(since.records)
        changed = KindChange(keys=since.changed, standing=standing)
        records = held.records
        if records is not None and changed.keys:
            kept = {one.key: one for one in records if one.key not in changed.keys}
            kept |= {one.key: one for one in shared(standing.values())}
            records = tuple(kept[key] for key in sorted(kept))
        self.after.kinds[kind] = KindState(mark=since.mark, erased=erased, records=records)
        return changed

    def _read(self, kind: str) -> tuple[Record, ...]:
        name = self.watch.connection
        # The mark comes first: whatever is kept from here on is looked at again the next time.
        since = self.store.records.changes_since(name, kind, None, as_of=self.now)
        known = self.after.kinds.get(kind)
        if since is None or known is None or known.mark != since.mark:
            self._changed[kind] = None  # more may have changed than was told
        every = list(shared(self.store.records.current(name, kind, as_of=self.now)))
        records = tuple(one for one in every if one.erased_at is None)
        self.after.kinds[kind] = KindState(
            mark=since.mark if since else None,
            erased=_erased(every),
            records=records if kind in self.wholly else None,
        )
        return records

    def _some(self, kind: str, keys: AbstractSet[str]) -> Sequence[Record] | None:
        """Give some records, sorted by key; None where not all of them are there any more."""
        held, changed = self.after.kinds[kind], self.changed(kind)
        if held.records is not None:
            return [one for one in held.records if one.key in keys]
        new = changed.standing if changed else {}
        found = {key: new[key] for key in keys if key in new}
        rest = self.store.records.get_many(self.watch.connection, kind, keys - found.keys())
        found |= {one.key: one for one in rest if one.erased_at is None}
        return [found[key] for key in sorted(found)] if found.keys() == keys else None

    def _moved(self, kind: str) -> bool:
        """Whether anything of a kind was kept while this evaluation read."""
        mark = self.after.kinds[kind].mark
        since = self.store.records.changes_since(self.watch.connection, kind, mark, as_of=self.now)
        return since is None or mark is None or since.mark.place != mark.place

    def _marks(self, view: View) -> dict[str, Watermark] | None:
        """Give up to where each input of a view was read; None where one cannot be told."""
        marks = {kind: one.mark for kind in view.inputs if (one := self.after.kinds.get(kind))}
        found = {kind: mark for kind, mark in marks.items() if mark is not None}
        return found if len(found) == len(view.inputs) else None


def reader(
    store: EvidenceStore,
    host: Host,
    watch: WatchScope,
    packs: CompiledPacks,
    cache: EvaluationCache,
    now: datetime,
) -> IncrementalReader:
    """Give what reads a connection again, or for the first time."""
    held = cache.held.get(watch.connection)
    if held is None or held.watch != watch or now < held.at:
        held = IncrementalState(watch=watch, at=now)
    return IncrementalReader(
        store=store,
        watch=watch,
        now=now,
        horizon=horizon_of(watch, now),
        kinds={name: host.kinds[name] for name in watch.cadences if name in host.kinds},
        views=host.views,
        wholly=_wholly(packs, host.views),
        before=held,
        memory=cache.memory,
        after=IncrementalState(watch=watch, at=now),
    )


def horizon_of(watch: WatchScope, now: datetime) -> Window:
    """Give the period over which a connection keeps watch at a moment."""
    return Window(now - timedelta(seconds=watch.lookback), now + timedelta(seconds=watch.lookahead))


def _view(source: EvidenceKind | View) -> View:
    return view_of_kind(source) if isinstance(source, EvidenceKind) else source


def _wholly(packs: CompiledPacks, views: Mapping[str, View]) -> AbstractSet[str]:
    """Name the kinds of which judging needs all records, whatever changed."""
    found: set[str] = set()
    for group in (group for pack in packs.packs for group in pack.groups):
        if view := views.get(group.over):
            found.update(set(view.inputs) - set(view.partitions().names if view.partitions else ()))
        found.update(kind for rule in group.rules for kind in rule.looked_up)
    return found


def _erased(records: Sequence[Record]) -> dict[str, Window | None]:
    return {one.key: one.source.window for one in records if one.erased_at is not None}
