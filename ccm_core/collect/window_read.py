"""One reading of one question: everything a collector yields, and the error that ended it."""

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
    """How far the question reaches back before the window."""
    again: tuple[str, ...] = ()

    @property
    def splits(self) -> bool:
        """Whether time can cut it further."""
        return self.window is not None and self.window.length >= 2 * SECOND

    def asked(self) -> Window | None:
        """Give the window that is put to the source."""
        window = self.window
        return window and Window(window.since - self.overlap, window.until)


class WindowRead:
    """One reading of one question."""

    def __init__(
        self,
        *,
        desk: RunContext,
        task: CollectTask,
        question: WindowQuery,
        wanted: PlanInputs,
        traffic: Traffic,
        gathering: BatchBuilder,
    ) -> None:
        """Prepare to read; the counters count from here."""
        self._desk, self._task, self._question, self._wanted = desk, task, question, wanted
        self._traffic, self._before = traffic, replace(traffic)
        self.gathering = gathering
        self.started_at = desk.clock()
        self.overflow: Overflow | None = None
        """The source would not list all of it, and nothing was read."""
        self.reached: ResumeFrom | None = None
        """The source would not list all of it, and the older part was read."""

    async def read(self, session: Session) -> SourceError | None:
        """Take everything the collector yields; give the error that ended it, if one did."""
        try:
            await self._part(session, {})
        except SourceError as error:
            return error
        except CcmError:
            raise
        except Exception as fault:  # noqa: BLE001 - a plugin's bug is a shortfall, not our crash
            return SourceError(f"the collector of {self._task.kind.name} broke: {fault!r}")
        return None

    @property
    def inner_overlap(self) -> timedelta:
        """How far windows that were one reach into each other: no source says which end it has."""
        return min(self._task.collector.overlap, SECOND)

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

    # -- what comes ---------------------------------------------------------------------------

    async def _part(self, session: Session, part: Mapping[str, str]) -> None:
        task = self._task
        collect = (task.collector.refresh if task.refresh else None) or task.collector.collect
        findings = collect(session, self._ask(part))
        too_many = None
        try:
            async for found in findings:
                if isinstance(found, Overflow):
                    too_many = found
                    break
                self._take(found)
        finally:
            if close := getattr(findings, "aclose", None):
                await close()
        if too_many is not None:
            await self._too_many(session, too_many, part)

    async def _too_many(self, session: Session, found: Overflow, part: Mapping[str, str]) -> None:
        if not part and self._may_split():
            self.overflow = found
            return
        before, told = len(self.gathering.seen), len(self.gathering.shortfalls)
        for one in found.slices:
            await self._part(session, one)
        if part:
            return
        truncated = (
            one for one in self.gathering.shortfalls[told:] if one.reason == Reason.TRUNCATED
        )
        known = sum(one.missing or 0 for one in truncated)
        missing = found.total - (len(self.gathering.seen) - before) - known
        if missing > 0:
            self.gathering.shortfalls.append(_missing(found, missing))

    def _take(self, found: CollectorEvent) -> None:
        match found:
            case Shortfall():
                self.gathering.shortfalls.append(found)
            case CollectionNote():
                self.gathering.notes.append(found.text)
            case DependsOn():
                self.gathering.through.append(found.kind)
            case ResumeFrom():
                self.reached = found
            case Page():
                self._add(found)

    def _add(self, page: Page) -> None:
        self.gathering.add(page)
        self._desk.observer.received(
            self._task.kind.name,
            self.gathering.items,
            self.gathering.last_total,
            self._traffic.requests - self._before.requests,
        )

    # -- what is asked ------------------------------------------------------------------------

    def _may_split(self) -> bool:
        return self._question.splits or self._question.overlap > timedelta(0)

    def _ask(self, part: Mapping[str, str]) -> CollectRequest:
        question, collector = self._question, self._task.collector
        return CollectRequest(
            now=self._wanted.now,
            window=question.asked(),
            overlap=question.overlap,
            horizon=self._wanted.horizon,
            may_split=question.window is not None and not part and self._may_split(),
            slice=part,
            changed_keys=question.again,
            current_records=CurrentRecords((*collector.needs, *collector.uses), self._desk.known),
        )


def _missing(found: Overflow, missing: int) -> Shortfall:
    how = f"in {len(found.slices)} parts" if found.slices else "in no smaller parts"
    return Shortfall(
        reason=Reason.TRUNCATED,
        detail=f"the source counted {found.total} objects, lists {found.most} at most, and gave "
        f"{found.total - missing} when asked {how}",
        missing=missing,
    )
