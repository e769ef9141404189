"""Runs a plan: reads the collectors of one connection one after the other, window by window.

Whatever a collector or its source does, every task of the plan ends as a stored collection with an
outcome: nothing that was due can be missing without a trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial

from ccm_core.collect.batch_builder import BatchBuilder
from ccm_core.collect.cross_checks import CreationTracker, contradictions, without_events
from ccm_core.collect.objects_to_refresh import ChangedKeys, ChangeFeed, ReportedChanges
from ccm_core.collect.outcome import dependency_outcome, outcome_of, shortfall_of
from ccm_core.collect.planner import MAX_WINDOW, CollectTask, Plan, PlanInputs, past
from ccm_core.collect.references.dangling_lookup import (
    DanglingByCollection,
    LookUp,
    amendments,
    look_up_listed,
    requested_by_key,
    snapshot_kinds,
)
from ccm_core.collect.references.reference_tracker import ReferenceTracker
from ccm_core.collect.repeated_contradictions import with_next_step
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.unlisted_objects import ListedPopulation, Reach, without_repeated
from ccm_core.collect.windows.collection_record import current_collections, write_batch
from ccm_core.collect.windows.flush import part_of
from ccm_core.collect.windows.flushed_events import flushed_events
from ccm_core.collect.windows.histories import HISTORY, read_histories
from ccm_core.collect.windows.unread_references import unread_references
from ccm_core.collect.windows.window_queries import window_queries
from ccm_core.collect.windows.window_read import WindowQuery, WindowRead
from ccm_core.collect.windows.window_split import following_queries, smaller_queries
from ccm_core.errors import AuthenticationFailed, CollectorFault, SourceError
from ccm_core.model.evidence.amendments import as_amended, as_read
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window, split_window
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.sdk.types import EvidenceKind, Session, Shape

MAX_READS = 3
"""How often a window whose data changes meanwhile is read before it is reported as drifted."""


class Runner:
    """Runs one plan over one live session."""

    def __init__(
        self, context: RunContext, inputs: PlanInputs, earlier: Sequence[Collection]
    ) -> None:
        """Prepare a run.

        Args:
            context: The store, the clock and the observer.
            inputs: The moment and the horizon.
            earlier: The collections of the connection before this run, in order.
        """
        self._context, self._inputs, self._earlier = context, inputs, earlier
        self.collections: list[Collection] = []
        self._references = ReferenceTracker(context.existing_keys)
        self._creations = CreationTracker(existing_keys=context.existing_keys)
        self._created_at: dict[str, list[datetime]] = {}
        """By kind: when the objects were created whose creation events show."""
        self._remaining: Sequence[CollectTask] = ()
        """The current task and those after it."""
        self._changes = ReportedChanges()
        self._looked_up: DanglingByCollection = {}
        self._reach = Reach(accepted_collapses=context.accepted_collapses)
        self._kinds: Mapping[str, EvidenceKind] = {}

    @cached_property
    def _earlier_amended(self) -> Sequence[Collection]:
        """Return the collections before this run as they were amended."""
        return as_amended(self._earlier)

    async def run(self, session: Session, plan: Plan) -> Shortfall | None:
        """Collect everything in the plan; return what cut the run short, if anything did."""
        self._reach.credential = session.credential
        self._kinds = {task.kind.name: task.kind for task in plan.tasks}
        cut = None
        for index, task in enumerate(plan.tasks):
            self._remaining = plan.tasks[index:]
            try:
                await self._run_task(session, task)
            except AuthenticationFailed as error:
                self.fail(plan.tasks[index + 1 :], error)
                cut = shortfall_of(error)
                break
        for amended in self._contradictions():
            self._amend(amended)
        return cut

    def _contradictions(self) -> Iterator[Sequence[Collection]]:
        """Yield the amendments that follow from what was read, each by those before it."""
        context, now = self._context, self._context.clock()
        yield self._creations.contradictions(self._earlier, self.collections, now)
        created, earlier = self._created_at, self._earlier_amended
        yield without_events(context.creation_events, self.collections, created, earlier, now)
        checks, records, moment = context.cross_checks, context.current_records, self._inputs.now
        yield contradictions(checks, self.collections, records, moment=moment, now=now)

    def fail(self, tasks: Sequence[CollectTask], error: SourceError) -> None:
        """Store a failed collection for every window of tasks that cannot be tried."""
        detail = "it was not read, because the run was cut short"
        untried = Shortfall(reason=shortfall_of(error).reason, detail=detail)
        for task in tasks:
            for window in task.windows:
                self._store(task, self._new_batch(task, window), Outcome.FAILED, [untried])

    async def look_up(self, look_up: LookUp) -> None:
        """Look up every dangling reference once, and store what the lookups showed."""
        self._looked_up = await look_up_listed(
            self._references.dangling(),
            snapshot_kinds([*self._earlier, *self.collections]),
            look_up,
            self._context.vanished_keys,
            by_key=requested_by_key(self.collections),
        )
        self._amend(amendments(self.collections, self._looked_up, self._context.clock()))

    def _amend(self, amended: Sequence[Collection]) -> None:
        for amendment in amended:
            stated = with_next_step(amendment, self._earlier_amended)
            self.collections.append(self._context.append(WriteBatch(collection=stated)))

    def dangling(self) -> DanglingByCollection:
        """Return the references of this run's records whose target is not listed."""
        return self._looked_up or self._references.dangling()

    def _is_permanent(self, kind: str) -> bool:
        """Return whether what exists of a kind stays: only a later snapshot can remove it."""
        return all(
            task.kind.name != kind or task.kind.shape is Shape.EVENT for task in self._remaining
        )

    # -- one task -----------------------------------------------------------------------------

    async def _run_task(self, session: Session, task: CollectTask) -> None:
        needs = task.collector.needs
        outcome, inherited = dependency_outcome(needs, self._current(needs))
        if outcome in {Outcome.FAILED, Outcome.UNAVAILABLE}:
            for window in task.windows:
                self._store(task, self._new_batch(task, window), outcome, inherited)
        elif task.refresh:
            await self._refresh(session, task, inherited)
        else:
            await self._read_windows(session, task, task.windows, inherited)

    async def _read_windows(
        self,
        session: Session,
        task: CollectTask,
        windows: Sequence[Window | None],
        inherited: Sequence[Shortfall],
    ) -> None:
        known = [*self._earlier, *self.collections]
        pending = window_queries(self._context, task.collector, windows, known)
        while pending:
            query = pending.pop(0)
            self._context.observer.window_started(task.kind.name, query.window)
            pending[:0] = await self._read(session, task, query, inherited)

    async def _refresh(
        self, session: Session, task: CollectTask, inherited: Sequence[Shortfall]
    ) -> None:
        """Read again what may have changed; the whole lookback where no event reports it."""
        changed = self._changed_keys(task)
        if changed.unobserved:
            lookback = past(self._inputs.horizon, self._inputs.now)
            windows = split_window(lookback, task.collector.longest_window or MAX_WINDOW)
            await self._read_windows(session, replace(task, refresh=False), windows, inherited)
            changed = self._changed_keys(task)
        self._context.observer.window_started(task.kind.name, None)
        keys = self._creations.with_unlisted(changed.keys, task.kind.name, self.collections)
        dangling = self._references.dangling() if task.collector.by_key else {}
        query = WindowQuery(
            changed_keys=keys,
            references=unread_references(
                self._context, task, self._earlier_amended, self.collections, dangling
            ),
            doubtful_keys=changed.doubtful,
        )
        await self._read(session, task, query, inherited)

    def _changed_keys(self, task: CollectTask) -> ChangedKeys:
        kind = task.kind.name
        if task.change_feed is None:
            earlier = as_read(self._earlier, sees_whole=self._reach.sees_whole)
            return ChangedKeys.left_in_doubt(kind, earlier)
        return self._with_collections(task.change_feed).changed_keys(
            self._changes.reported(kind),
            self._changes.read_keys(kind),
            self._context.appended_records,
            self._inputs.now,
        )

    def _with_collections(self, feed: ChangeFeed) -> ChangeFeed:
        """Add the collections of both kinds to a change feed."""
        return feed.among(
            as_read(self._earlier, sees_whole=self._reach.sees_whole),
            as_read(self.collections, sees_whole=False),
        )

    # -- one window ---------------------------------------------------------------------------

    async def _read(
        self,
        session: Session,
        task: CollectTask,
        query: WindowQuery,
        inherited: Sequence[Shortfall],
    ) -> Sequence[WindowQuery]:
        """Read one window and store it; return what is still to be read in its place."""
        for is_last in (*[False] * (MAX_READS - 1), True):
            try:
                read = self._new_read(session, task, query)
                error = await read.read(session, partial(self._store_part, task.kind))
            except asyncio.CancelledError:
                self._store_interrupted(task, query.window)
                raise
            if smaller := smaller_queries(query, read):
                return smaller
            following = following_queries(query, read)
            doubtful = read.batch.drifted() or self._listing(task, read.batch).collapsed
            if is_last or error is not None or not doubtful:
                break
        if task.refresh and error is None:
            error = await self._read_histories(session, task, read)
        self._store_read(task, read, error, inherited)
        if isinstance(error, AuthenticationFailed):
            raise error
        return following

    async def _read_histories(
        self, session: Session, task: CollectTask, read: WindowRead
    ) -> AuthenticationFailed | None:
        """Read and store the history of what a refresh brought into the evidence."""
        inputs, name = self._inputs, f"{self._next_id(task)}/{HISTORY}"
        try:
            histories = await read_histories(self._context, inputs, session, task, read, name)
        except asyncio.CancelledError:
            self._store_interrupted(task, None)
            raise
        if histories.batch is not None:
            self.collections.append(self._context.append(histories.batch))
            read.batch.collection = self._next_id(task)
        read.batch.shortfalls.extend(histories.shortfalls)
        if histories.refused is not None:
            # What was read counts with its history only: the next run reads both.
            read.batch = self._new_batch(task, None)
        return histories.refused

    def _new_read(self, session: Session, task: CollectTask, query: WindowQuery) -> WindowRead:
        return WindowRead(
            context=self._context,
            task=task,
            query=query,
            inputs=self._inputs,
            traffic=session.traffic,
            batch=self._new_batch(task, query.window),
            flushed=flushed_events(self._context, self._inputs, task, query.window, self._earlier),
        )

    def _new_batch(self, task: CollectTask, window: Window | None) -> BatchBuilder:
        return BatchBuilder(
            validator=self._context.validator(task.kind),
            pack=self._context.packer(task.kind.name),
            collection=self._next_id(task),
            window=window,
            change_paths=task.reports_changes_of,
            creation_events=self._context.creations_shown_by(task.kind.name),
        )

    def _next_id(self, task: CollectTask) -> str:
        return f"{self._context.run}/{task.kind.name}/{len(self.collections) + 1}"

    # -- storing ------------------------------------------------------------------------------

    def _store_part(self, kind: EvidenceKind, read: WindowRead) -> None:
        if (part := part_of(self._context, kind, read)) is not None:
            self.collections.append(self._context.append(part))
            self._context.observer.window_stored(self.collections[-1])

    def _store_read(
        self,
        task: CollectTask,
        read: WindowRead,
        error: SourceError | None,
        inherited: Sequence[Shortfall],
    ) -> None:
        batch = read.batch
        if isinstance(error, CollectorFault):
            empty = self._new_batch(task, read.batch.window)
            shortfalls = [*inherited, shortfall_of(error)]
            self._store(task, empty, Outcome.FAILED, shortfalls, read=read)
            return
        if read.flushed is not None:
            read.flushed.add_to(batch)
        depends_on = tuple(dict.fromkeys(batch.depends_on))
        inherited = (*inherited, *dependency_outcome(depends_on, self._current(depends_on))[1])
        if batch.pages or error is None:
            inherited = (*inherited, *self._context.doubts)
        unlisted = self._unlisted(task, batch, error)
        shortfalls = [*without_repeated(inherited, unlisted), *batch.all_shortfalls(), *unlisted]
        if error is not None:
            shortfalls = [*inherited, *batch.shortfalls, shortfall_of(error), *unlisted]
        outcome = outcome_of(error, batch.pages, shortfalls)
        self._store(task, batch, outcome, shortfalls, read=read)

    def _listing(self, task: CollectTask, batch: BatchBuilder) -> ListedPopulation:
        # Where it is known what was not read, most of a population may be missing for that.
        before = 0 if batch.all_shortfalls() else self._context.population(task.kind.name)
        return ListedPopulation(kind=task.kind, records=len(batch.keys), before=before)

    def _unlisted(
        self, task: CollectTask, batch: BatchBuilder, error: SourceError | None
    ) -> Sequence[Shortfall]:
        """Return what may be missing from what was listed, as far as it was listed."""
        if error is not None:
            return self._reach.of_credential(task.kind) if batch.pages else ()
        listing = self._listing(task, batch)
        if note := self._reach.note(listing):
            batch.notes.append(note)
        unlisted = self._reach.shortfalls(listing)
        if listing.impossible:
            now = self._context.clock()
            self._amend(self._reach.amendments(self.collections, self._kinds, now))
        return unlisted

    def _store_interrupted(self, task: CollectTask, window: Window | None) -> None:
        detail = "the run was stopped while this was being read; the next run reads it again"
        interrupted = Shortfall(reason=Reason.INTERRUPTED, detail=detail)
        self._store(task, self._new_batch(task, window), Outcome.FAILED, [interrupted])

    def _store(
        self,
        task: CollectTask,
        batch: BatchBuilder,
        outcome: Outcome,
        shortfalls: Sequence[Shortfall],
        read: WindowRead | None = None,
    ) -> None:
        stored = self._context.append(
            write_batch(
                self._context,
                task.kind,
                batch,
                outcome,
                shortfalls,
                read=read,
                snapshot=task.kind.shape is Shape.SNAPSHOT and not self._reach.nothing_seen,
            )
        )
        self.collections.append(stored)
        self._track(stored, batch)
        self._context.observer.window_stored(stored)

    # -- references and changes ---------------------------------------------------------------

    def _track(self, stored: Collection, batch: BatchBuilder) -> None:
        collected = {collection.kind for collection in (*self._earlier, *self.collections)}
        collected |= {task.kind.name for task in self._remaining}
        references = {
            reference: referrer
            for reference, referrer in batch.references.items()
            if reference[1] in collected
        }
        self._references.add(stored.id, references, self._is_permanent)
        self._creations.add(stored.id, batch.created)
        if stored.kind in {events.creates for events in self._context.creation_events}:
            self._created_at.setdefault(stored.kind, []).extend(
                observation.occurred_at
                for observation in batch.observations.values()
                if observation.occurred_at is not None
            )
        if self._pending_refresh(stored.kind) is not None:
            self._changes.add_read(stored.kind, batch.observations.keys())
        for kind, changed in batch.reported_changes.items():
            self._changes.add_reported(kind, changed, self._changes_relevant_since(kind))

    def _changes_relevant_since(self, kind: str) -> datetime:
        refresh = self._pending_refresh(kind)
        if refresh is None or refresh.change_feed is None:
            return self._inputs.now
        return self._with_collections(refresh.change_feed).relevant_since(self._inputs.now)

    def _pending_refresh(self, kind: str) -> CollectTask | None:
        refreshes = (task for task in self._remaining if task.refresh and task.kind.name == kind)
        return next(refreshes, None)

    def _current(self, kinds: Sequence[str]) -> Mapping[str, Sequence[Collection]]:
        return current_collections(kinds, self.collections, self._earlier)
