"""The runner: asks the collectors of one connection, one after the other, and hands over windows.

Whatever a collector or its source does, every task of the plan ends as a kept collection with an
outcome: nothing that was due can be missing without a trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ccm_core.collect.batch_builder import BatchBuilder
from ccm_core.collect.change_detection import ChangedKeys, ChangeFeed
from ccm_core.collect.dangling_lookup import ByCollection, LookUp, amendments, looked_up
from ccm_core.collect.outcome import inherited, outcome_of, shortfall_of
from ccm_core.collect.planner import LONGEST, CollectTask, Plan, PlanInputs, past, split
from ccm_core.collect.reference_tracker import ReferenceTracker
from ccm_core.collect.run_context import RunContext
from ccm_core.collect.window_read import WindowQuery, WindowRead
from ccm_core.errors import AuthenticationFailed, SourceError
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import SECOND, Window, pieces
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.sdk.types import Session, Shape

READINGS = 3
"""How often a window whose data changes underneath is read before that is said."""


class Runner:
    """Carries out one plan over one live session."""

    def __init__(self, desk: RunContext, wanted: PlanInputs, kept: Sequence[Collection]) -> None:
        """Prepare a run.

        Args:
            desk: Where to put things.
            wanted: The moment and the horizon.
            kept: The collections of the connection before this run, in order.
        """
        self._desk, self._wanted, self._earlier = desk, wanted, kept
        self.collections: list[Collection] = []
        self._names = ReferenceTracker(desk.keys)
        self._ahead: Sequence[CollectTask] = ()
        """The task in hand and those after it."""
        self._heard: dict[str, dict[str, datetime]] = {}
        self._fresh: dict[str, set[str]] = {}
        self._looked_up: ByCollection = {}

    async def run(self, session: Session, plan: Plan) -> Shortfall | None:
        """Collect everything in the plan; give what cut the run short, if anything did."""
        for place, task in enumerate(plan.tasks):
            self._ahead = plan.tasks[place:]
            try:
                await self._task(session, task)
            except AuthenticationFailed as error:
                self.fail(plan.tasks[place + 1 :], error)
                return shortfall_of(error)
        return None

    def fail(self, tasks: Sequence[CollectTask], error: SourceError) -> None:
        """Keep a failed collection for every window of tasks that cannot be tried."""
        detail = "it was not read, because the run was cut short"
        untried = Shortfall(reason=shortfall_of(error).reason, detail=detail)
        for task in tasks:
            for window in task.windows:
                self._keep(task, self._empty(task, window), Outcome.FAILED, [untried])

    async def look_up(self, ask: LookUp) -> None:
        """Ask once for everything that is named and not listed, and keep what that tells."""
        nowhere = self._leading_nowhere()
        populations = self._populations()
        listed = {
            collection: tuple(one for one in names if one.kind in populations)
            for collection, names in nowhere.items()
        }
        told = await looked_up(listed, ask)
        # What a kind of events does not list lies outside its windows: that is no sign of anything.
        self._looked_up = {
            collection: (*told[collection], *(one for one in names if one.kind not in populations))
            for collection, names in nowhere.items()
        }
        for amended in amendments(self.collections, self._looked_up, self._desk.clock()):
            self.collections.append(self._desk.keep(WriteBatch(collection=amended)))

    def dangling(self) -> ByCollection:
        """Give what the records of this run name and what is not listed, by collection id."""
        return self._looked_up or self._leading_nowhere()

    def _populations(self) -> set[str]:
        """Give the kinds of which a listing states everything there is."""
        every = [*self._earlier, *self.collections]
        events = {one.kind for one in every if one.window is not None}
        return {one.kind for one in every} - events

    def _leading_nowhere(self) -> ByCollection:
        return self._names.leading_nowhere()

    def _lasts(self, kind: str) -> bool:
        """Whether what stands of a kind will stand: only a snapshot that is to come ends that."""
        return all(task.kind.name != kind or task.kind.shape is Shape.EVENT for task in self._ahead)

    # -- one task -----------------------------------------------------------------------------

    async def _task(self, session: Session, task: CollectTask) -> None:
        outcome, lacks = inherited(task.collector.needs, self._standing(task.collector.needs))
        if outcome in {Outcome.FAILED, Outcome.UNAVAILABLE}:
            for window in task.windows:
                self._keep(task, self._empty(task, window), outcome, lacks)
            return
        if task.refresh:
            await self._refresh(session, task, lacks)
            return
        await self._windows(session, task, task.windows, lacks)

    async def _windows(
        self,
        session: Session,
        task: CollectTask,
        windows: Sequence[Window | None],
        lacks: Sequence[Shortfall],
    ) -> None:
        overlap = task.collector.overlap
        left = [WindowQuery(window=one, overlap=overlap if one else timedelta(0)) for one in windows]
        while left:
            question = left.pop(0)
            self._desk.observer.reading(task.kind.name, question.window)
            left[:0] = await self._question(session, task, question, lacks)

    async def _refresh(self, session: Session, task: CollectTask, lacks: Sequence[Shortfall]) -> None:
        """Read again what may have changed; where nobody could tell, the whole lookback."""
        told = self._told(task)
        if told.unseen:
            whole = past(self._wanted.horizon, self._wanted.now)
            windows = pieces(whole, task.collector.longest_window or LONGEST)
            await self._windows(session, replace(task, refresh=False), windows, lacks)
            told = self._told(task)
        self._desk.observer.reading(task.kind.name, None)
        await self._question(session, task, WindowQuery(again=told.keys), lacks)

    def _told(self, task: CollectTask) -> ChangedKeys:
        if task.telling is None:
            return ChangedKeys(keys=(), unseen=())
        name = task.kind.name
        heard, fresh = self._heard.get(name, {}), self._fresh.get(name, set())
        telling = self._telling(task, task.telling)
        return telling.told(heard, fresh, self._desk.added, self._wanted.now)

    def _telling(self, task: CollectTask, telling: ChangeFeed) -> ChangeFeed:
        """Add to it what was kept of both kinds."""
        both = {task.kind.name, telling.by.kind}
        return replace(
            telling,
            earlier=[one for one in self._earlier if one.kind in both],
            now=[one for one in self.collections if one.kind in both],
        )

    # -- one question -------------------------------------------------------------------------

    async def _question(
        self, session: Session, task: CollectTask, question: WindowQuery, lacks: Sequence[Shortfall]
    ) -> Sequence[WindowQuery]:
        """Read one window and keep it; give what is still to be read in its place."""
        for last in (*[False] * (READINGS - 1), True):
            try:
                attempt = self._attempt(session, task, question)
                error = await attempt.read(session)
            except asyncio.CancelledError:
                self._interrupted(task, question.window)
                raise
            if smaller := _smaller(question, attempt):
                return smaller
            following = _following(question, attempt)
            if last or error is not None or not attempt.gathering.drifted():
                break
        self._settle(task, attempt, error, lacks)
        if isinstance(error, AuthenticationFailed):
            raise error
        return following

    def _attempt(self, session: Session, task: CollectTask, question: WindowQuery) -> WindowRead:
        return WindowRead(
            desk=self._desk,
            task=task,
            question=question,
            wanted=self._wanted,
            traffic=session.traffic,
            gathering=self._empty(task, question.window),
        )

    def _settle(
        self,
        task: CollectTask,
        attempt: WindowRead,
        error: SourceError | None,
        lacks: Sequence[Shortfall],
    ) -> None:
        gathering = attempt.gathering
        through = tuple(dict.fromkeys(gathering.through))
        lacks = (*lacks, *inherited(through, self._standing(through))[1])
        shortfalls = [*lacks, *gathering.judged()]
        if error is not None:
            shortfalls = [*lacks, *gathering.shortfalls, shortfall_of(error)]
        outcome = outcome_of(error, gathering.pages, shortfalls)
        self._keep(task, gathering, outcome, shortfalls, attempt=attempt)

    def _interrupted(self, task: CollectTask, window: Window | None) -> None:
        detail = "the run was stopped while this was being read; the next run reads it again"
        cut = Shortfall(reason=Reason.INTERRUPTED, detail=detail)
        self._keep(task, self._empty(task, window), Outcome.FAILED, [cut])

    # -- keeping ------------------------------------------------------------------------------

    def _keep(
        self,
        task: CollectTask,
        gathering: BatchBuilder,
        outcome: Outcome,
        shortfalls: Sequence[Shortfall],
        attempt: WindowRead | None = None,
    ) -> None:
        now = self._desk.clock()
        counts = gathering.counts()
        collection = Collection(
            id=gathering.collection,
            run=self._desk.run,
            connection=self._desk.connection,
            kind=task.kind.name,
            version=task.kind.version,
            window=gathering.window,
            started_at=attempt.started_at if attempt else now,
            ended_at=now,
            outcome=outcome,
            shortfalls=tuple(shortfalls),
            requests=gathering.requests(),
            counts=attempt.counted(counts) if attempt else counts,
            unknown_fields=tuple(sorted(gathering.unknown)),
            notes=tuple(dict.fromkeys(gathering.notes)),
            through=tuple(dict.fromkeys(gathering.through)),
        )
        kept = self._desk.keep(
            WriteBatch(
                collection=collection,
                observations=tuple(gathering.observations.values()),
                rejected=tuple(gathering.rejected),
                snapshot=task.kind.shape is Shape.SNAPSHOT,
            )
        )
        self.collections.append(kept)
        self._remember(kept, gathering)
        self._desk.observer.kept(kept)

    def _remember(self, kept: Collection, gathering: BatchBuilder) -> None:
        read = {one.kind for one in (*self._earlier, *self.collections)}
        read |= {task.kind.name for task in self._ahead}
        names = {name: by for name, by in gathering.names.items() if name[1] in read}
        self._names.take(kept.id, names, self._lasts)
        if any(one.refresh and one.kind.name == kept.kind for one in self._ahead):
            self._fresh.setdefault(kept.kind, set()).update(gathering.observations)
        for kind, changed in gathering.changed.items():
            heard = self._heard.setdefault(kind, {})
            since = self._heeded_since(kind)
            for key, instant in changed.items():
                if instant >= since:
                    heard[key] = max(instant, heard.get(key, instant))

    def _heeded_since(self, kind: str) -> datetime:
        """Say from when on it matters that something of a kind changed."""
        refresh = next((one for one in self._ahead if one.refresh and one.kind.name == kind), None)
        if refresh is None or refresh.telling is None:
            return self._wanted.now
        return self._telling(refresh, refresh.telling).heeded_since(self._wanted.now)

    def _standing(self, kinds: Sequence[str]) -> Mapping[str, Sequence[Collection]]:
        """Give what speaks for kinds now: what this run kept of them, or the newest there is."""
        found: dict[str, Sequence[Collection]] = {}
        for kind in kinds:
            found[kind] = [one for one in self.collections if one.kind == kind] or [
                one for one in self._earlier if one.kind == kind
            ][-1:]
        return found

    def _empty(self, task: CollectTask, window: Window | None) -> BatchBuilder:
        return BatchBuilder(
            gauge=self._desk.gauge(task.kind),
            pack=self._desk.packer(),
            collection=f"{self._desk.run}/{task.kind.name}/{len(self.collections) + 1}",
            window=window,
            changes=task.tells,
        )


def _smaller(question: WindowQuery, attempt: WindowRead) -> Sequence[WindowQuery]:
    """Cut a question of which the source would not list all, and of which nothing was read."""
    window, overflow, reached = question.window, attempt.overflow, attempt.reached
    if window is None:
        return ()
    if reached is not None and reached.at <= window.since and question.overlap:
        # All that was listed lies before the window: less of that has to be asked for.
        return (replace(question, overlap=timedelta(0)),)
    if overflow is None:
        return ()
    cut = overflow.cut
    before = cut is not None and cut <= window.since
    if question.overlap and (before or not question.splits):
        return (replace(question, overlap=timedelta(0)),)
    parts = (
        (Window(window.since, cut), Window(cut, window.until))
        if cut is not None and window.since < cut < window.until
        else split(window, overflow.total, overflow.most)
    )
    return _touching(parts, question.overlap)


def _following(question: WindowQuery, attempt: WindowRead) -> Sequence[WindowQuery]:
    """Go on where the source stopped listing; what was read ends there."""
    window, reached = question.window, attempt.reached
    if window is None or reached is None:
        return ()
    if reached.at <= window.since:
        broken = f"the listing ended at {reached.at.isoformat()}, before what was asked for"
        told = Shortfall(reason=Reason.SOURCE_ERROR, detail=broken)
        attempt.gathering.shortfalls.append(told)
        return ()
    attempt.gathering.reach(min(reached.at, window.until))
    if reached.at >= window.until:
        return ()
    return (WindowQuery(window=Window(reached.at, window.until), overlap=attempt.inner_overlap),)


def _touching(parts: Sequence[Window], overlap: timedelta) -> Sequence[WindowQuery]:
    """Ask for neighbours: a second too much, as no source says whether a window has its ends."""
    inner = min(overlap, SECOND)
    return [
        WindowQuery(window=one, overlap=inner if number else overlap)
        for number, one in enumerate(parts)
    ]
