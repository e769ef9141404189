"""One read of one window: everything a collector yields, and the error that ended it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import field, replace
from datetime import timedelta
from typing import TypeAlias

from ccm_core.collect.batch_builder import BatchBuilder
from ccm_core.collect.planner import CollectTask, PlanInputs
from ccm_core.collect.run_context import CurrentRecords, RunContext
from ccm_core.collect.windows.flushed_events import FlushedEvents
from ccm_core.errors import CcmError, CollectorFault, PluginFault, SourceError
from ccm_core.model.evidence.collection import Counts, Reason, Shortfall
from ccm_core.model.evidence.window import SECOND, Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.collector_protocol import checked_event
from ccm_core.sdk.types import (
    CollectionNote,
    CollectorEvent,
    CollectRequest,
    DependsOn,
    Estimate,
    Flush,
    Gone,
    NothingToRead,
    Overflow,
    Page,
    ResumeFrom,
    Session,
    Traffic,
)

MAX_REFERENCED = 500
"""Objects that one run reads because others of their kind refer to them."""
Reference: TypeAlias = tuple[str, str]
"""The field that names an object, and the key of one record that has it."""
Flaw: TypeAlias = tuple[str, int | None, tuple[str, ...]]
"""The reason of a shortfall, how many objects are missing, and which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowQuery:
    """What is to be read next of a kind."""

    window: Window | None = None
    overlap: timedelta = timedelta(0)
    """How far the query reaches back before the window."""
    changed_keys: tuple[str, ...] = ()
    references: Mapping[str, Reference] = field(default_factory=dict)
    """For a refresh: by key, what names objects of the kind that are not in the evidence."""
    doubtful_keys: frozenset[str] = frozenset()
    """Those of the keys of which the last refresh could not read everything."""

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
        flushed: FlushedEvents | None = None,
    ) -> None:
        """Prepare to read; the counters count from here."""
        self.flushed = flushed
        self._context, self._task, self._inputs = context, task, inputs
        self._traffic, self._traffic_before = traffic, replace(traffic)
        self.batch, self.query = batch, query
        self.batch.requested = query.requested_window()
        self.started_at = context.clock()
        self.parts = 0
        """How often a part of it was stored before its end."""
        self.flaws: tuple[Flaw, ...] = ()
        """What was missing when a part was last to be stored."""
        self._store_part: Callable[[WindowRead], None] | None = None
        self.overflow: Overflow | None = None
        """The source would not list all of it, and nothing was read."""
        self.resume_from: ResumeFrom | None = None
        """The source would not list all of it, and the older part was read."""
        self.references: dict[str, Reference] = {}
        """By key: what named the objects that were requested because others refer to them."""
        self._is_stated = False
        """Whether the collector stated that there is nothing to read."""

    async def read(
        self, session: Session, store_part: Callable[[WindowRead], None]
    ) -> SourceError | None:
        """Read everything the collector yields; return the error that ended it, if any.

        Args:
            session: Where to read it.
            store_part: Stores what was read so far, where the collector asks for that.
        """
        self._store_part = store_part
        try:
            await self._read_slice(session, {})
            await self._read_references(session)
            self._require_statement()
        except CollectorFault as fault:
            return CollectorFault(f"the collector of {self._task.kind.name} is broken: {fault}")
        except SourceError as error:
            return error
        except PluginFault as fault:
            return SourceError(str(fault))
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
        overflow = await self._read_events(collect(session, self._request(criteria)))
        if overflow is not None:
            await self._read_overflow(session, overflow, criteria)

    async def _read_events(self, events: AsyncIterator[CollectorEvent]) -> Overflow | None:
        try:
            async for event in events:
                checked = checked_event(event, has_window=self.query.window is not None)
                if isinstance(checked, Overflow):
                    return checked
                self._add(checked)
        finally:
            if close := getattr(events, "aclose", None):
                await close()
        return None

    async def _read_references(self, session: Session) -> None:
        """Read what records of the kind refer to and nobody has read, link by link."""
        by_key = self._task.collector.by_key
        if by_key is None or not self._task.refresh:
            return
        while missing := self._unread_references():
            room = MAX_REFERENCED - len(self.references)
            some = dict(sorted(missing.items())[:room])
            if not some:
                self.batch.shortfalls.append(_not_looked_up(self._task.kind.name, missing))
                break
            self.references |= some
            await self._read_events(by_key(session, self._request({}, changed_keys=tuple(some))))
        if deleted := sorted(self.batch.gone - self.references.keys()):
            self.batch.notes.append(
                f"{len(deleted)} objects that may have changed are gone, such as {deleted[0]}: "
                "each counts as it was read last, if it ever was"
            )
        if self.references:
            gone = len(self.batch.gone & self.references.keys())
            self.batch.notes.append(
                f"{len(self.references)} objects that others of the kind refer to were requested "
                f"by their keys; {gone} of them are gone"
            )

    def _unread_references(self) -> Mapping[str, Reference]:
        kind = self._task.kind.name
        named = {
            key: (field, referrer)
            for (field, target, key), referrer in self.batch.references.items()
            if target == kind
        }
        requested = {*self.references, *self.query.changed_keys, *self.batch.keys}
        unread = {
            key: reference
            for key, reference in {**self.query.references, **named}.items()
            if key not in requested
        }
        stored = self._context.existing_keys(kind, unread.keys()) if unread else frozenset()
        return {key: reference for key, reference in unread.items() if key not in stored}

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
            case Gone():
                self.batch.gone.add(event.key)
            case _:
                self._add_progress(event)

    def _add_progress(self, event: CollectorEvent) -> None:
        match event:
            case NothingToRead():
                self._is_stated = True
                self.batch.notes.append(event.reason)
            case ResumeFrom():
                self.resume_from = event
            case Flush():
                if self._store_part is not None:
                    self._store_part(self)
            case Estimate():
                self._context.observer.requests_estimated(
                    self._task.kind.name, event.requests, event.per_minute
                )
            case Page():
                self._add_page(event)

    def _require_statement(self) -> None:
        """Require that something states what the source lists, be it nothing."""
        batch, task = self.batch, self._task
        if self._is_stated and batch.items:
            raise CollectorFault(
                f"it yielded NothingToRead, and pages with {batch.items} objects besides; expected "
                "one or the other"
            )
        if batch.pages or batch.shortfalls or self._is_stated or self.overflow or task.refresh:
            return
        parents = dict.fromkeys((*task.collector.needs, *batch.depends_on))
        if parents and (self.query.window or not any(map(self._context.current_records, parents))):
            return  # objects without parents, or without any that was active in the window
        raise CollectorFault(
            "it yielded no page, so nothing states what the source lists; expected a Page at least,"
            " an empty one too, or NothingToRead with the reason"
        )

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
        return self.query.splittable or self.query.overlap > timedelta(0)

    def _request(
        self, criteria: Mapping[str, str], changed_keys: tuple[str, ...] | None = None
    ) -> CollectRequest:
        query, collector = self.query, self._task.collector
        return CollectRequest(
            now=self._inputs.now,
            window=query.requested_window(),
            overlap=query.overlap,
            horizon=self._inputs.horizon,
            may_split=query.window is not None and not criteria and self._may_split(),
            slice=criteria,
            changed_keys=query.changed_keys if changed_keys is None else changed_keys,
            current_records=CurrentRecords(
                (*collector.needs, *collector.uses), self._context.current_records
            ),
            flushed=self.flushed or (),
        )


def _truncated(overflow: Overflow, missing: int) -> Shortfall:
    how = f"in {len(overflow.slices)} parts" if overflow.slices else "as a whole"
    return Shortfall(
        reason=Reason.TRUNCATED,
        detail=f"the source counted {overflow.total} objects, lists at most {overflow.limit} per "
        f"request, and returned {overflow.total - missing} when requested {how}",
        missing=missing,
    )


def _not_looked_up(kind: str, missing: Mapping[str, Reference]) -> Shortfall:
    return Shortfall(
        reason=Reason.INTERRUPTED,
        detail=f"{len(missing)} objects that others of the kind refer to were not requested: a run "
        f"requests {MAX_REFERENCED}. Run `ccm collect` again",
        missing=len(missing),
        subjects=tuple(f"{kind}:{key}" for key in sorted(missing)),
    )
