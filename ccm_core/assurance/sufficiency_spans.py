"""Since when, and how long, the evidence of a kind was sufficient: exact, not sampled.

It states for every moment what an evaluation would have stated then of the evidence collected by
then. Between the ends of two collections nothing new is known, so a few bounds decide what is true
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.window import Window, subtract, union
from ccm_core.sdk.timestamps import format_duration, format_instant

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SufficiencySpan:
    """A time during which the evidence was sufficient, or was not for one reason."""

    window: Window
    problem: str | None = None
    """Why it was not sufficient; None: it was."""
    subjects: frozenset[str] = frozenset()
    """Where only these objects lacked evidence."""


def snapshot_spans(
    collections: Sequence[Collection], allowed: timedelta
) -> Iterator[SufficiencySpan]:
    """Yield the spans of a snapshot kind: its newest collection counts, unless it is too old.

    Args:
        collections: Of the kind, in the order in which they ended.
        allowed: How old the newest may be.
    """
    yield from _before_the_first(collections)
    for collection, following in _with_next(collections):
        whole = Window(collection.ended_at, following)
        if collection.doubted is None:
            yield SufficiencySpan(window=whole, problem=_outcome(collection))
            continue
        stale = (add_capped(collection.ended_at, allowed), _too_old(allowed))
        yield from _cut(whole, (EARLIEST, ""), stale, collection.doubted)


@dataclass(slots=True, kw_only=True)
class _KnownEvents:
    """What is known of past events, collection by collection."""

    covered: tuple[Window, ...] = ()
    incomplete: tuple[Window, ...] = ()
    """Covered, and last read by a collection that was incomplete."""
    partial: list[tuple[Window, frozenset[str]]] = field(default_factory=list)
    """Covered, and last read by one that lacked these objects alone."""
    refresh: Collection | None = None

    def add(self, collection: Collection) -> None:
        """Replace what was known of a collection's window with what it read."""
        if collection.window is None:
            self.refresh = collection
            return
        until = min(collection.window.until, collection.ended_at)
        if until <= collection.window.since:
            return
        window = Window(collection.window.since, until)
        self.covered = union([*self.covered, window])
        incomplete = subtract(self.incomplete, [window])
        self.partial = [
            (remaining, subjects)
            for earlier, subjects in self.partial
            for remaining in subtract([earlier], [window])
        ]
        if collection.doubted is None:
            incomplete = union([*incomplete, window])
        elif collection.doubted:
            self.partial.append((window, collection.doubted))
        self.incomplete = incomplete

    def refresh_problem(self, *, refreshed: bool) -> str | None:
        """Return what is wrong with the last refresh, if anything is."""
        if self.refresh is None:
            return "later changes to events were never read" if refreshed else None
        return _outcome(self.refresh) if self.refresh.doubted is None else None

    def lacking_objects(self, lookback: timedelta, whole: Window) -> frozenset[str]:
        """Return the objects that lack evidence at some time of a window."""
        refresh = self.refresh.doubted if self.refresh else None
        since = whole.since - lookback
        lacking = (subjects for window, subjects in self.partial if window.until > since)
        return frozenset().union(refresh or (), *lacking)


def event_spans(
    collections: Sequence[Collection],
    allowed: timedelta,
    lookback: timedelta,
    *,
    refreshed: bool,
) -> Iterator[SufficiencySpan]:
    """Yield the spans of an event kind: all events within the lookback must be known.

    Args:
        collections: Of the kind, in the order in which they ended.
        allowed: How long ago the last window may end, and the last refresh.
        lookback: How far back everything must be known.
        refreshed: Whether events that may have changed must have been read again.
    """
    yield from _before_the_first(collections)
    known = _KnownEvents()
    for collection, following in _with_next(collections):
        known.add(collection)
        whole = Window(collection.ended_at, following)
        yield from _event_spans_within(known, whole, allowed, lookback, refreshed=refreshed)


def _event_spans_within(
    known: _KnownEvents,
    whole: Window,
    allowed: timedelta,
    lookback: timedelta,
    *,
    refreshed: bool,
) -> Iterator[SufficiencySpan]:
    if problem := known.refresh_problem(refreshed=refreshed):
        yield SufficiencySpan(window=whole, problem=problem)
        return
    if not known.covered:
        yield SufficiencySpan(window=whole, problem="no events were read yet")
        return
    newest = known.covered[-1]
    unread = max([newest.since, *(window.until for window in known.incomplete)])
    ready = add_capped(unread, lookback)
    stale = add_capped(newest.until, min(allowed, lookback))
    if known.refresh is not None:
        stale = min(stale, add_capped(known.refresh.ended_at, allowed))
    yield from _cut(
        whole,
        (ready, f"events before {format_instant(unread)} were not completely read"),
        (stale, _too_old(allowed)),
        known.lacking_objects(lookback, whole),
    )


def _cut(
    whole: Window,
    ready: tuple[datetime, str],
    stale: tuple[datetime, str],
    subjects: frozenset[str],
) -> Iterator[SufficiencySpan]:
    """Cut a window into what is too early, what is sufficient, and what is too late."""
    begins = min(max(whole.since, ready[0]), whole.until)
    ends = max(begins, min(whole.until, stale[0]))
    for window, problem in (
        (Window(whole.since, begins), ready[1]),
        (Window(begins, ends), None),
        (Window(ends, whole.until), stale[1]),
    ):
        if window.since < window.until:
            lacking = frozenset[str]() if problem else subjects
            yield SufficiencySpan(window=window, problem=problem, subjects=lacking)


def _before_the_first(collections: Sequence[Collection]) -> Iterator[SufficiencySpan]:
    first = collections[0].ended_at if collections else LATEST
    yield SufficiencySpan(window=Window(EARLIEST, first), problem="it had not been collected yet")


def _with_next(collections: Sequence[Collection]) -> Iterable[tuple[Collection, datetime]]:
    ends = [collection.ended_at for collection in collections[1:]]
    return zip(collections, [*ends, LATEST], strict=False)


def _too_old(allowed: timedelta) -> str:
    return f"nothing was collected for longer than {format_duration(allowed.total_seconds())}"


def _outcome(collection: Collection) -> str:
    reasons = sorted({f"{fall.reason}: {fall.detail}" for fall in collection.shortfalls})
    reason = reasons[0] if reasons else "no reason was given"
    return f"the collection was {collection.outcome} ({reason})"


def add_capped(moment: datetime, duration: timedelta) -> datetime:
    """Add a duration to a moment, at most to the end of time."""
    return LATEST if duration > LATEST - moment else moment + duration
