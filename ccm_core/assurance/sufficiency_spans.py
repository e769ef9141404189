"""Since when, and how long, the evidence of a kind was sufficient: exact, not sampled.

It states for every moment what an evaluation would have stated then of the evidence collected by
then. Between the ends of two collections nothing new is known, so a few bounds decide what is true
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.decisive_collections import is_transport_failure
from ccm_core.model.evidence.window import Window, subtract, union
from ccm_core.model.frozen_dataclass import dataclass
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
    """Yield the spans of a snapshot kind: one collection decides, unless it is too old.

    Args:
        collections: Of the kind, in the order in which they ended.
        allowed: How old the newest may be.
    """
    yield from _before_the_first(collections)
    conclusive: Collection | None = None
    for collection, following in _with_next(collections):
        whole = Window(collection.ended_at, following)
        if conclusive is None or not is_transport_failure(collection):
            conclusive = collection
        too_old_at = add_capped(conclusive.ended_at, allowed)
        for window in _split(whole, [too_old_at]):
            decisive = conclusive if window.since < too_old_at else collection
            yield from _snapshot_spans_within(decisive, window, allowed)


def _snapshot_spans_within(
    decisive: Collection, window: Window, allowed: timedelta
) -> Iterator[SufficiencySpan]:
    if decisive.doubted is None:
        yield SufficiencySpan(window=window, problem=_outcome(decisive))
        return
    stale = (add_capped(decisive.ended_at, allowed), _too_old(allowed))
    yield from _cut(window, (EARLIEST, ""), stale, decisive.doubted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _DecisiveEvents:
    """What decides about past events during a time."""

    covered: tuple[Window, ...]
    incomplete: tuple[Window, ...]
    partial: tuple[tuple[Window, frozenset[str]], ...]
    refresh: Collection | None

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


@dataclass(slots=True, kw_only=True)
class _KnownEvents:
    """What is known of past events, collection by collection."""

    covered: tuple[Window, ...] = ()
    incomplete: tuple[Window, ...] = ()
    """Covered, and last read by a collection that was incomplete."""
    partial: list[tuple[Window, frozenset[str]]] = field(default_factory=list)
    """Covered, and last read by one that lacked these objects alone."""
    failed: tuple[Window, ...] = ()
    """Not covered, and tried: a transport failure ended each attempt."""
    refresh: Collection | None = None
    """The last that was not ended by a transport failure, else the last."""
    refresh_attempt: Collection | None = None

    def add(self, collection: Collection) -> None:
        """Replace what was known of a collection's window with what it read."""
        failure = is_transport_failure(collection)
        if collection.window is None:
            self.refresh = self.refresh if self.refresh and failure else collection
            self.refresh_attempt = collection
            return
        until = min(collection.window.until, collection.ended_at)
        if until <= collection.window.since:
            return
        window = Window(collection.window.since, until)
        if failure:
            self.failed = subtract([*self.failed, window], self.covered)
        else:
            self._cover(window, collection)

    def decisive(self, *, in_date: bool, refresh_in_date: bool) -> _DecisiveEvents:
        """Return what decides.

        Args:
            in_date: Whether the newest events that were read are not too old yet: then failures
                after them do not count.
            refresh_in_date: Whether the last conclusive refresh is not too old yet.
        """
        failed = self.failed
        if in_date:
            failed = subtract(failed, [Window(self.covered[-1].until, LATEST)])
        return _DecisiveEvents(
            covered=union([*self.covered, *failed]) if failed else self.covered,
            incomplete=union([*self.incomplete, *failed]) if failed else self.incomplete,
            partial=tuple(self.partial),
            refresh=self.refresh if refresh_in_date else self.refresh_attempt,
        )

    def _cover(self, window: Window, collection: Collection) -> None:
        self.covered = union([*self.covered, window])
        self.failed = subtract(self.failed, [window])
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
    read, refresh = known.covered, known.refresh
    read_until = add_capped(read[-1].until, min(allowed, lookback)) if read else EARLIEST
    refreshed_until = add_capped(refresh.ended_at, allowed) if refresh else EARLIEST
    for window in _split(whole, [read_until, refreshed_until]):
        events = known.decisive(
            in_date=window.since < read_until, refresh_in_date=window.since < refreshed_until
        )
        yield from _spans_of(events, window, allowed, lookback, refreshed=refreshed)


def _spans_of(
    events: _DecisiveEvents,
    whole: Window,
    allowed: timedelta,
    lookback: timedelta,
    *,
    refreshed: bool,
) -> Iterator[SufficiencySpan]:
    if problem := events.refresh_problem(refreshed=refreshed):
        yield SufficiencySpan(window=whole, problem=problem)
        return
    if not events.covered:
        yield SufficiencySpan(window=whole, problem="no events were read yet")
        return
    newest = events.covered[-1]
    unread = max([newest.since, *(window.until for window in events.incomplete)])
    ready = add_capped(unread, lookback)
    stale = add_capped(newest.until, min(allowed, lookback))
    if events.refresh is not None:
        stale = min(stale, add_capped(events.refresh.ended_at, allowed))
    yield from _cut(
        whole,
        (ready, f"events before {format_instant(unread)} were not completely read"),
        (stale, _too_old(allowed)),
        events.lacking_objects(lookback, whole),
    )


def _split(whole: Window, moments: Iterable[datetime]) -> Iterator[Window]:
    """Split a window at those of some moments that lie in it."""
    inner = sorted({moment for moment in moments if whole.since < moment < whole.until})
    edges = [whole.since, *inner, whole.until]
    return (Window(since, until) for since, until in pairwise(edges))


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
    reasons = sorted({fall.statement for fall in collection.shortfalls})
    reason = reasons[0] if reasons else "no reason was given"
    return f"the collection was {collection.outcome} ({reason})"


def add_capped(moment: datetime, duration: timedelta) -> datetime:
    """Add a duration to a moment, at most to the end of time."""
    return LATEST if duration > LATEST - moment else moment + duration
