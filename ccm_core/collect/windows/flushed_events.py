"""The events of a window that runs before this one stored in parts, and never to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from ccm_core.collect.batch_builder import BatchBuilder, at_path
from ccm_core.collect.planner import CollectTask, PlanInputs
from ccm_core.collect.run_context import RunContext
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import Collector


def is_part(collection: Collection) -> bool:
    """Return whether a collection is a part of a window, and covers no time."""
    return collection.window is not None and not collection.window.length


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushedEvents:
    """The events of a window that runs before this one stored in parts."""

    window: Window
    occurred_at: str
    """The path of an event's instant."""
    parts: Sequence[Collection]
    records: Callable[[Collection], Iterable[Record]]
    """Reads what was new in a collection."""

    def __iter__(self) -> Iterator[JsonObject]:
        """Iterate over the bodies."""
        return (record.body for record in self.iter_records())

    def iter_records(self) -> Iterator[Record]:
        """Yield the events that were read with all of the window, in the order of the parts."""
        for part in self.parts:
            for record in self.records(part):
                read = record.source.window
                if read is None or read.since > self.window.since or read.until < self.window.until:
                    continue
                if parse_instant(at_path(record.body, self.occurred_at)) in self.window:
                    yield record

    def add_to(self, batch: BatchBuilder) -> None:
        """Let a batch that covers the window refer to what the parts refer to."""
        count = sum(batch.add_stored(record.key, record.body) for record in self.iter_records())
        if count:
            batch.notes.append(f"{count} of its events were stored by runs that were stopped")


def parts_within(
    window: Window, collector: Collector, earlier: Iterable[Collection]
) -> Sequence[Collection]:
    """Return the parts in which a window was stored after it had settled.

    Args:
        window: The window.
        collector: Of the kind. Where its events never settle, no part counts.
        earlier: The collections before the run.
    """
    settles_after = collector.settles_after
    if settles_after is None:
        return ()
    return [
        part
        for part in earlier
        if part.kind == collector.kind
        and part.window is not None
        and is_part(part)
        and part.window.since <= window.since
        and _has_settled(part, window, settles_after)
    ]


def _has_settled(part: Collection, window: Window, settles_after: timedelta) -> bool:
    return part.started_at - settles_after >= window.until


def flushed_events(
    context: RunContext,
    inputs: PlanInputs,
    task: CollectTask,
    window: Window | None,
    earlier: Sequence[Collection],
) -> FlushedEvents | None:
    """Return the events of a window that stopped runs have stored; None: none can count.

    Args:
        context: Of the run.
        inputs: Of its plan.
        task: What is being read.
        window: The window; None: there is none.
        earlier: The collections before the run.
    """
    if window is None or task.kind.occurred_at is None:
        return None
    if inputs.force:
        earlier = _of_unfinished_reads(window, task.collector.kind, earlier, inputs.now)
    return FlushedEvents(
        window=window,
        occurred_at=task.kind.occurred_at,
        parts=parts_within(window, task.collector, earlier),
        records=context.records_of_part,
    )


def _of_unfinished_reads(
    window: Window, kind: str, earlier: Sequence[Collection], now: datetime
) -> Sequence[Collection]:
    """Return the collections since any of a window was last read to its end.

    Where everything is read anew, what was read before does not count. What was stored since does:
    by runs that were to read it anew and were stopped. What a clock that is ahead has dated does
    not.
    """
    finished = [
        number
        for number, collection in enumerate(earlier)
        if collection.kind == kind
        and collection.outcome is Outcome.COMPLETE
        and collection.window is not None
        and not is_part(collection)
        and collection.window.intersection(window)
    ]
    since = finished[-1] + 1 if finished else 0
    return [collection for collection in earlier[since:] if collection.started_at <= now]
