"""One read of one window: everything a collector yields, and the error that ended it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from ccm_core.collect.batch_builder import BatchBuilder
from ccm_core.collect.planner import CollectTask, PlanInputs
from ccm_core.collect.run_context import CurrentRecords, RunContext
from ccm_core.errors import CcmError, SourceError
from ccm_core.model.evidence.collection import Counts, Reason, Shortfall
from ccm_core.model.evidence.window import SECOND, Window
from ccm_core.sdk.types import (
    CollectionNote,
    CollectorEvent,
    CollectRequest,
    DependsOn,
    Overflow,
    Page,
    ResumeFrom,
    Session,
    Traffic,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowQuery:
    """What is to be read next of a kind."""

    window: Window | None = None
    overlap: timedelta = timedelta(0)
    """How far the query reaches back before the window."""
    changed_keys: tuple[str, ...] = ()

    @property
    def splittable(self) -> bool:
        """Whether the window can be split further by time."""
        return self.window is not None and self.window.length >= 2 * SECOND

    def requested_window(self) -> Window | None:
        """Return the window that is requested from the source."""
        window = self.window
        return window and Window(window.since - self.overlap, window.until)


class WindowRead:
    """One read of one query."""

    def __init__(
        self,
        *,
        context: RunContext,
        task: CollectTask,
        query: WindowQuery,
        inputs: PlanInputs,
        traffic: Traffic,
        batch: BatchBuilder,
    ) -> None:
        """Prepare to read; the counters count from here."""
        self._context, self._task, self._query, self._inputs = context, task, query, inputs
        self._traffic, self._traffic_before = traffic, replace(traffic)
        self.batch = batch
        self.started_at = context.clock()
        self.overflow: Overflow | None = None
        """The source would not list all of it, and nothing was read."""
        self.resume_from: ResumeFrom | None = None
        """The source would not list all of it, and the older part was read."""

    async def read(self, session: Session) -> SourceError | None:
        """Read everything the collector yields; return the error that ended it, if any."""
        try:
            await self._read_slice(session, {})
        except SourceError as error:
            return error
        except CcmError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin's bug is a shortfall, not our crash
            return SourceError(f"the collector of {self._task.kind.name} failed: {error!r}")
        return None

    @property
    def inner_overlap(self) -> timedelta:
        """By how much the windows of a split overlap: no source says which end a window has."""
        return min(self._task.collector.overlap, SECOND)

    def with_traffic(self, counts: Counts) -> Counts:
        """Add the requests made since this read began to some counts."""
        traffic, before = self._traffic, self._traffic_before
        return replace(
            counts,
            requests=traffic.requests - before.requests,
            retries=traffic.retries - before.retries,
            refused=traffic.refused - before.refused,
            waited=round(traffic.waited - before.waited, 3),
        )

    # -- what the collector yields ------------------------------------------------------------

    async def _read_slice(self, session: Session, criteria: Mapping[str, str]) -> None:
        task = self._task
        collect = (task.collector.refresh if task.refresh else None) or task.collector.collect
        events = collect(session, self._request(criteria))
        overflow = None
        try:
            async for event in events:
                if isinstance(event, Overflow):
                    overflow = event
                    break
                self._add(event)
        finally:
            if close := getattr(events, "aclose", None):
                await close()
        if overflow is not None:
            await self._read_overflow(session, overflow, criteria)

    async def _read_overflow(
        self, session: Session, overflow: Overflow, criteria: Mapping[str, str]
    ) -> None:
        if not criteria and self._may_split():
            self.overflow = overflow
            return
        keys_before, shortfalls = len(self.batch.keys), self.batch.shortfalls
        shortfalls_before = len(shortfalls)
        for smaller in overflow.slices:
            await self._read_slice(session, smaller)
        if criteria:
            return
        reported = sum(
            shortfall.missing or 0
            for shortfall in shortfalls[shortfalls_before:]
            if shortfall.reason == Reason.TRUNCATED
        )
        missing = overflow.total - (len(self.batch.keys) - keys_before) - reported
        if missing > 0:
            shortfalls.append(_truncated(overflow, missing))

    def _add(self, event: CollectorEvent) -> None:
        match event:
            case Shortfall():
                self.batch.shortfalls.append(event)
            case CollectionNote():
                self.batch.notes.append(event.text)
            case DependsOn():
                self.batch.depends_on.append(event.kind)
            case ResumeFrom():
                self.resume_from = event
            case Page():
                self._add_page(event)

    def _add_page(self, page: Page) -> None:
        received_at = page.received_at - self._context.clock_correction
        self.batch.add(replace(page, received_at=received_at))
        self._context.observer.records_received(
            self._task.kind.name,
            self.batch.items,
            self.batch.last_total,
            self._traffic.requests - self._traffic_before.requests,
        )

    # -- what is requested --------------------------------------------------------------------

    def _may_split(self) -> bool:
        return self._query.splittable or self._query.overlap > timedelta(0)

    def _request(self, criteria: Mapping[str, str]) -> CollectRequest:
        query, collector = self._query, self._task.collector
        return CollectRequest(
            now=self._inputs.now,
            window=query.requested_window(),
            overlap=query.overlap,
            horizon=self._inputs.horizon,
            may_split=query.window is not None and not criteria and self._may_split(),
            slice=criteria,
            changed_keys=query.changed_keys,
            current_records=CurrentRecords(
                (*collector.needs, *collector.uses), self._context.current_records
            ),
        )


def _truncated(overflow: Overflow, missing: int) -> Shortfall:
    how = f"in {len(overflow.slices)} parts" if overflow.slices else "as a whole"
    return Shortfall(
        reason=Reason.TRUNCATED,
        detail=f"the source counted {overflow.total} objects, lists at most {overflow.limit} per "
        f"request, and returned {overflow.total - missing} when requested {how}",
        missing=missing,
    )
