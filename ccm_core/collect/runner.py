"""The runner: asks the collectors of one connection, one after the other, and hands over windows.

Whatever a collector or its source does, every task of the plan ends as a kept collection with an
outcome: nothing that was due can be missing without a trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from ccm_core.collect.gathering import Gathering, Gauge
from ccm_core.collect.interface import Observer
from ccm_core.collect.outcome import inherited, outcome_of, shortfall_of
from ccm_core.collect.plan import Plan, Task, Wanted, split
from ccm_core.errors import CcmError, Refused, SourceError
from ccm_core.model.collection import Collection, Counts, Dangling, Outcome, Reason, Shortfall
from ccm_core.model.harvest import Harvest
from ccm_core.model.json import JsonObject
from ccm_core.model.window import SECOND, Window
from ccm_core.sdk.types import Ask, EvidenceKind, Overflow, Page, Session, Shape, Traffic

READINGS = 3
"""How often a window whose data changes underneath is read before that is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the runner is handed: where to put things, and whom to tell."""

    connection: str
    run: str
    gauge: Callable[[EvidenceKind], Gauge]
    keep: Callable[[Harvest], Collection]
    """Keeps one window in one transaction."""
    known: Callable[[str], Sequence[JsonObject]]
    """Gives the current bodies of a kind."""
    keys: Callable[[str], AbstractSet[str]]
    """Gives the keys that stand of a kind."""
    observer: Observer
    clock: Callable[[], datetime]


class Runner:
    """Carries out one plan over one live session."""

    def __init__(self, desk: Desk, wanted: Wanted, newest: Mapping[str, Collection]) -> None:
        """Prepare a run.

        Args:
            desk: Where to put things.
            wanted: The moment and the horizon.
            newest: The newest collection of each kind before this run.
        """
        self._desk, self._wanted = desk, wanted
        self._newest = dict(newest)
        self.collections: list[Collection] = []
        self._names: dict[str, dict[tuple[str, str, str], str]] = {}

    async def run(self, session: Session, plan: Plan) -> Shortfall | None:
        """Collect everything in the plan; give what cut the run short, if anything did."""
        for place, task in enumerate(plan.tasks):
            try:
                await self._task(session, task)
            except Refused as error:
                self.fail(plan.tasks[place + 1 :], error)
                return shortfall_of(error)
        return None

    def fail(self, tasks: Sequence[Task], error: SourceError) -> None:
        """Keep a failed collection for every window of tasks that cannot be tried."""
        for task in tasks:
            for window in task.windows:
                self._keep(task, self._empty(task, window), Outcome.FAILED, [shortfall_of(error)])

    def dangling(self) -> dict[str, tuple[Dangling, ...]]:
        """Give what the records of this run name and what is not listed, by collection id."""
        found = {}
        keys: dict[str, AbstractSet[str]] = {}
        for collection, names in self._names.items():
            for kind in {kind for _, kind, _ in names} - keys.keys():
                keys[kind] = self._desk.keys(kind)
            found[collection] = tuple(
                Dangling(field=field, kind=kind, key=key, named_by=by)
                for (field, kind, key), by in sorted(names.items())
                if key not in keys[kind]
            )
        return found

    # -- one task -----------------------------------------------------------------------------

    async def _task(self, session: Session, task: Task) -> None:
        outcome, lacks = inherited(task.collector.needs, self._newest)
        if outcome in {Outcome.FAILED, Outcome.UNAVAILABLE}:
            for window in task.windows:
                self._keep(task, self._empty(task, window), outcome, lacks)
            return
        left = list(task.windows)
        while left:
            window = left.pop(0)
            self._desk.observer.reading(task.kind.name, window)
            left[:0] = await self._window(session, task, window, lacks)

    async def _window(
        self, session: Session, task: Task, window: Window | None, lacks: Sequence[Shortfall]
    ) -> Sequence[Window]:
        """Read one window and keep it, or give the smaller windows to read in its place."""
        for last in (*[False] * (READINGS - 1), True):
            try:
                attempt = _Attempt(self._desk, task, window, self._wanted, session.traffic)
                attempt.gathering = self._empty(task, window)
                error = await attempt.read(session)
            except asyncio.CancelledError:
                self._interrupted(task, window)
                raise
            if attempt.overflow is not None and window is not None:
                return split(window, attempt.overflow.total, attempt.overflow.most)
            if last or error is not None or not attempt.gathering.drifted():
                break
        self._settle(task, attempt, error, lacks)
        if isinstance(error, Refused):
            raise error
        return ()

    def _settle(
        self,
        task: Task,
        attempt: _Attempt,
        error: SourceError | None,
        lacks: Sequence[Shortfall],
    ) -> None:
        gathering = attempt.gathering
        shortfalls = [*lacks, *gathering.judged()]
        if error is not None:
            shortfalls = [*lacks, *gathering.shortfalls, shortfall_of(error)]
        outcome = outcome_of(error, gathering.pages, shortfalls)
        self._keep(task, gathering, outcome, shortfalls, attempt=attempt)

    def _interrupted(self, task: Task, window: Window | None) -> None:
        detail = "the run was stopped while this was being read; the next run reads it again"
        cut = Shortfall(reason=Reason.INTERRUPTED, detail=detail)
        self._keep(task, self._empty(task, window), Outcome.FAILED, [cut])

    # -- keeping ------------------------------------------------------------------------------

    def _keep(
        self,
        task: Task,
        gathering: Gathering,
        outcome: Outcome,
        shortfalls: Sequence[Shortfall],
        attempt: _Attempt | None = None,
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
        )
        kept = self._desk.keep(
            Harvest(
                collection=collection,
                observations=tuple(gathering.observations.values()),
                rejected=tuple(gathering.rejected),
                snapshot=task.kind.shape is Shape.SNAPSHOT,
            )
        )
        self._newest[task.kind.name] = kept
        self.collections.append(kept)
        self._names[kept.id] = gathering.names
        self._desk.observer.kept(kept)

    def _empty(self, task: Task, window: Window | None) -> Gathering:
        return Gathering(
            gauge=self._desk.gauge(task.kind),
            connection=self._desk.connection,
            collection=f"{self._desk.run}/{task.kind.name}/{len(self.collections) + 1}",
            window=window,
        )


class _Attempt:
    """One reading of one window."""

    def __init__(
        self,
        desk: Desk,
        task: Task,
        window: Window | None,
        wanted: Wanted,
        traffic: Traffic,
    ) -> None:
        self._desk, self._task, self._window, self._wanted = desk, task, window, wanted
        self._traffic, self._before = traffic, replace(traffic)
        self.started_at = desk.clock()
        self.overflow: Overflow | None = None
        self.gathering: Gathering

    async def read(self, session: Session) -> SourceError | None:
        """Take everything the collector yields; give the error that ended it, if one did."""
        try:
            async for found in self._task.collector.collect(session, self._ask()):
                if isinstance(found, Overflow):
                    self.overflow = found
                    return None
                self._take(found)
        except SourceError as error:
            return error
        except CcmError:
            raise
        except Exception as fault:  # noqa: BLE001 - a plugin's bug is a shortfall, not our crash
            return SourceError(f"the collector of {self._task.kind.name} broke: {fault!r}")
        return None

    def counted(self, counts: Counts) -> Counts:
        """Add what went over the wire since this reading began."""
        traffic, before = self._traffic, self._before
        return replace(
            counts,
            requests=traffic.requests - before.requests,
            retries=traffic.retries - before.retries,
            refused=traffic.refused - before.refused,
            waited=round(traffic.waited - before.waited, 3),
        )

    def _take(self, found: Page | Shortfall) -> None:
        if isinstance(found, Shortfall):
            self.gathering.shortfalls.append(found)
            return
        self.gathering.add(found)
        self._desk.observer.received(
            self._task.kind.name,
            self.gathering.items,
            self.gathering.last_total,
            self._traffic.requests - self._before.requests,
        )

    def _ask(self) -> Ask:
        window = self._window
        overlap = self._task.collector.overlap
        return Ask(
            now=self._wanted.now,
            window=window and Window(window.since - overlap, window.until),
            horizon=self._wanted.horizon,
            may_split=window is not None and _splits(window),
            known=_Known(self._task.collector.needs, self._desk.known),
        )


class _Known(Mapping[str, Sequence[JsonObject]]):
    """The current bodies of the kinds a collector needs, loaded when it asks for them."""

    def __init__(self, kinds: Sequence[str], load: Callable[[str], Sequence[JsonObject]]) -> None:
        self._kinds, self._load = kinds, load

    def __getitem__(self, kind: str) -> Sequence[JsonObject]:
        if kind not in self._kinds:
            raise KeyError(kind)
        return self._load(kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


def _splits(window: Window) -> bool:
    return window.length >= 2 * SECOND
