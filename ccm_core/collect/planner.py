"""What to collect now, and over which windows: arithmetic over what was collected before. Pure.

No cursor is stored beside the collections: the windows of complete collections say what was read,
and a plan is what they leave open. A run that was cut off therefore continues where it stopped,
and a window that was read only in part is read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from ccm_core.collect.cadence import DueTime, due_time, grace_period, is_fresh, run_starts
from ccm_core.collect.objects_to_refresh import ChangeFeed
from ccm_core.collect.repeated_contradictions import repeated_contradictions
from ccm_core.model.evidence.collection import Collection, is_not_offered
from ccm_core.model.evidence.decisive_collections import Interval, intervals, newest_first
from ccm_core.model.evidence.window import Window, split_window, subtract
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.types import Collector, EvidenceKind, Shape

MAX_WINDOW = timedelta(days=180)

CollectionsByKind: TypeAlias = Mapping[str, Sequence[Collection]]
"""The stored collections of each kind, in the order in which they were stored."""
Windows: TypeAlias = tuple[Window | None, ...]
"""``None`` is the one window of a snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectTask:
    """One kind to collect, over these windows."""

    collector: Collector
    kind: EvidenceKind
    windows: Windows
    refresh: bool = False
    """Whether it reads what may have changed since it was read, instead of windows."""
    change_feed: ChangeFeed | None = None
    """For a refresh: where changes are reported."""
    reports_changes_of: Mapping[str, str] = field(default_factory=dict)
    """By kind: the path at which events of this kind name what changed."""
    history_kind: EvidenceKind | None = None
    """For a refresh: the kind of the history of its objects, where that is collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do, and what it skips because it is not due."""

    tasks: tuple[CollectTask, ...]
    not_due: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """The moment of a plan, and what a connection is to collect and how often."""

    now: datetime
    horizon: Window
    cadences: Mapping[str, timedelta]
    """Where the connection overrides a kind's own cadence."""
    force: bool = False
    """Read what is not due as well, and what was read before."""
    accepted: AbstractSet[str] = frozenset()
    """The kinds that are accepted as unavailable: after a refusal, one is asked for by its cadence
    only, and not in every run as whatever else was not read."""

    def cadence(self, kind: EvidenceKind) -> timedelta:
        """Return how often a kind is to be collected."""
        return self.cadences.get(kind.name, kind.cadence)


def plan(
    collectors: Sequence[Collector],
    kinds: Mapping[str, EvidenceKind],
    collections: CollectionsByKind,
    inputs: PlanInputs,
) -> Plan:
    """Return what to collect now.

    Args:
        collectors: Of the connector; a kind stands after those it needs.
        kinds: Every known kind by name.
        collections: By kind.
        inputs: The moment, the horizon and the cadences.
    """
    return _Planner(collectors, kinds, collections, inputs).plan()


def due_times(
    collectors: Sequence[Collector],
    kinds: Mapping[str, EvidenceKind],
    collections: CollectionsByKind,
    inputs: PlanInputs,
) -> tuple[DueTime, ...]:
    """Return when each kind is to be collected next; the arguments are those of :func:`plan`."""
    planned = {task.kind.name for task in plan(collectors, kinds, collections, inputs).tasks}
    starts = run_starts(_flattened(collections))
    return tuple(
        due_time(
            collector.kind,
            inputs.cadence(kinds[collector.kind]),
            collections.get(collector.kind, ()),
            starts,
            planned=collector.kind in planned,
            now=inputs.now,
        )
        for collector in collectors
    )


def past(horizon: Window, now: datetime) -> Window:
    """Return the part of a horizon in which something can have happened."""
    return Window(horizon.since, now)


class _Planner:
    """Plans one run of one connection."""

    def __init__(
        self,
        collectors: Sequence[Collector],
        kinds: Mapping[str, EvidenceKind],
        collections: CollectionsByKind,
        inputs: PlanInputs,
    ) -> None:
        collected = {collector.kind for collector in collectors}
        self._collectors = [_without_missing_feed(collector, collected) for collector in collectors]
        self._kinds, self._collections, self._inputs = kinds, collections, inputs
        self._starts = run_starts(_flattened(collections))
        self._repeated = repeated_contradictions(_flattened(collections))

    def plan(self) -> Plan:
        windows = {
            collector.kind: self._windows(collector, self._inputs) for collector in self._collectors
        }
        refreshed = [
            collector for collector in self._collectors if self._needs_refresh(collector, windows)
        ]
        for kind in {collector.changed_by.kind for collector in refreshed if collector.changed_by}:
            # A refresh needs the newest events that report changes.
            cadences = {**self._inputs.cadences, kind: timedelta(0)}
            windows[kind] = self._windows(
                self._collector(kind), replace(self._inputs, cadences=cadences)
            )
        tasks = self._in_order(windows, {collector.kind for collector in refreshed})
        due = {task.kind.name for task in tasks}
        return Plan(
            tasks=tasks,
            not_due=tuple(
                collector.kind for collector in self._collectors if collector.kind not in due
            ),
        )

    # -- tasks --------------------------------------------------------------------------------

    def _in_order(
        self, windows: Mapping[str, Windows], refreshed: AbstractSet[str]
    ) -> tuple[CollectTask, ...]:
        """Put each refresh after the windows of its kind and of the kind that reports changes."""
        tasks: list[CollectTask] = []
        pending = [collector for collector in self._collectors if collector.kind in refreshed]
        passed: set[str] = set()
        for collector in self._collectors:
            passed.add(collector.kind)
            if windows[collector.kind]:
                tasks.append(self._window_task(collector, windows[collector.kind]))
            ready = [
                refresh for refresh in pending if {refresh.kind, _feed_kind(refresh)} <= passed
            ]
            pending = [refresh for refresh in pending if refresh not in ready]
            tasks.extend(map(self._refresh_task, ready))
        return tuple(tasks)

    def _window_task(self, collector: Collector, windows: Windows) -> CollectTask:
        reports_changes_of = {
            changed.kind: changed.changed_by.path
            for changed in self._collectors
            if changed.changed_by and changed.changed_by.kind == collector.kind
        }
        return CollectTask(
            collector=collector,
            kind=self._kinds[collector.kind],
            windows=windows,
            reports_changes_of=reports_changes_of,
        )

    def _refresh_task(self, collector: Collector) -> CollectTask:
        return CollectTask(
            collector=collector,
            kind=self._kinds[collector.kind],
            windows=(None,),
            refresh=True,
            change_feed=self._change_feed(collector),
            history_kind=self._history_kind(collector),
        )

    def _history_kind(self, collector: Collector) -> EvidenceKind | None:
        kinds = {collector.kind for collector in self._collectors}
        history = collector.history
        return self._kinds[history.kind] if history and history.kind in kinds else None

    def _change_feed(self, collector: Collector) -> ChangeFeed | None:
        changed_by = collector.changed_by
        if changed_by is None:
            return None
        return ChangeFeed(
            kind=collector.kind,
            changed_by=changed_by,
            occurred_at=self._kinds[changed_by.kind].occurred_at or "",
            delay=self._collector(changed_by.kind).settles_after or timedelta(0),
        )

    def _collector(self, kind: str) -> Collector:
        return next(collector for collector in self._collectors if collector.kind == kind)

    # -- what is due --------------------------------------------------------------------------

    def _needs_refresh(self, collector: Collector, windows: Mapping[str, Windows]) -> bool:
        if collector.refresh is None:
            return False
        refreshes = [
            collection
            for collection in self._collections.get(collector.kind, ())
            if collection.window is None
        ]
        cadence = self._inputs.cadence(self._kinds[collector.kind])
        return bool(windows[collector.kind]) or not self._is_settled(refreshes, cadence)

    def _windows(self, collector: Collector, inputs: PlanInputs) -> Windows:
        kind, collections = self._kinds[collector.kind], self._collections.get(collector.kind, ())
        cadence = inputs.cadence(kind)
        if kind.shape is Shape.SNAPSHOT:
            settled = not inputs.force and self._is_settled(collections, cadence)
            return () if settled else (None,)
        period = past(inputs.horizon, inputs.now)
        attempts = [] if inputs.force else self._attempts(collections, period)
        settled_windows = self._settled_windows(collector, attempts, cadence)
        incomplete = [
            window
            for attempt in attempts
            if not _is_complete(attempt.collection)
            for window in attempt.windows
        ]
        # What happened since the newest window is due when that window is a cadence old.
        min_length = cadence - grace_period(cadence)
        due = [
            gap
            for gap in subtract([period], settled_windows)
            if gap.until < period.until
            or gap.length >= min_length
            or any(gap.intersection(window) for window in incomplete)
        ]
        longest = collector.longest_window or MAX_WINDOW
        return tuple(piece for gap in due for piece in split_window(gap, longest))

    def _attempts(self, collections: Sequence[Collection], period: Window) -> Sequence[Interval]:
        """Return the last attempt to read each part of a period.

        A run that started after now had a wrong clock: what it covers is unknown.
        """
        return intervals(
            newest_first([past for past in collections if not self._is_in_future(past)]), period
        )

    def _settled_windows(
        self, collector: Collector, attempts: Sequence[Interval], cadence: timedelta
    ) -> list[Window]:
        """Return the windows that need not be read again yet: settled by age, or just read."""
        settled: list[Window] = []
        for attempt in attempts:
            collection = attempt.collection
            if self._is_settled_now(collection, cadence):
                settled.extend(attempt.windows)
            elif _is_complete(collection) and collector.settles_after is not None:
                until = collection.started_at - collector.settles_after
                settled.extend(
                    Window(window.since, min(window.until, until))
                    for window in attempt.windows
                    if window.since < until
                )
        return settled

    def _is_settled(self, snapshots: Sequence[Collection], cadence: timedelta) -> bool:
        """Return whether the last attempt and what decides now are complete, and fresh enough.

        They are two where a clock was set back between two runs.
        """
        past = [snapshot for snapshot in snapshots if not self._is_in_future(snapshot)]
        return bool(past) and all(
            self._is_settled_now(snapshot, cadence)
            for snapshot in (snapshots[-1], newest_first(past)[0])
        )

    def _is_settled_now(self, collection: Collection, cadence: timedelta) -> bool:
        """Return whether it is fresh, and another read would add nothing at once."""
        conclusive = (
            _is_complete(collection)
            or collection.id in self._repeated
            or self._is_accepted(collection)
        )
        return conclusive and self._is_fresh(collection, cadence)

    def _is_accepted(self, collection: Collection) -> bool:
        optional = self._kinds[collection.kind].optional
        return collection.kind in self._inputs.accepted and is_not_offered(
            collection.outcome, collection.shortfalls, optional=optional
        )

    def _is_in_future(self, collection: Collection) -> bool:
        now = self._inputs.now
        ended_at = collection.ended_at.replace(microsecond=0)
        return self._starts[collection.run] > now or ended_at > now

    def _is_fresh(self, collection: Collection, cadence: timedelta) -> bool:
        return is_fresh(self._starts[collection.run], cadence, self._inputs.now)


def _is_complete(collection: Collection) -> bool:
    return collection.doubted == frozenset()


def _without_missing_feed(collector: Collector, collected: AbstractSet[str]) -> Collector:
    """Drop a change feed that is not collected: then only a full read finds changes."""
    if collector.changed_by is None or collector.changed_by.kind in collected:
        return collector
    return replace(collector, changed_by=None, settles_after=None)


def _feed_kind(collector: Collector) -> str:
    return collector.changed_by.kind if collector.changed_by else collector.kind


def _flattened(collections: CollectionsByKind) -> list[Collection]:
    return [collection for of_kind in collections.values() for collection in of_kind]
