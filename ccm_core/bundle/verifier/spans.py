"""Since when, and how long, the evidence of a kind was sufficient: exact, not sampled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from sys import intern
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.contents import moment

EARLIEST = datetime.min.replace(tzinfo=timezone.utc)
LATEST = datetime.max.replace(tzinfo=timezone.utc)

Window = tuple[datetime, datetime]
"""Half-open: since, until."""


TRANSPORT = frozenset({"source_error", "rate_limited", "interrupted"})
"""Reasons that state nothing about what is at the source."""


class Collected(NamedTuple):
    """One collection, as far as it decides what is known."""

    id: str
    run: str
    kind: str
    window: Window | None
    started_at: datetime
    ended_at: datetime
    outcome: str
    shortfalls: Sequence[Mapping[str, Any]]

    @property
    def doubted(self) -> frozenset[str] | None:
        """The only objects whose evidence is in doubt; None: any may be."""
        if self.outcome == "complete" and not self.shortfalls:
            return frozenset()
        narrow = self.outcome in {"complete", "partial"} and self.shortfalls
        if narrow and all(fall["subjects"] for fall in self.shortfalls):
            return frozenset(name for fall in self.shortfalls for name in fall["subjects"])
        return None


class EvidenceSpan(NamedTuple):
    """A time during which evidence was sufficient (no problem, no subjects), or was not."""

    window: Window
    problem: str
    subjects: frozenset[str]


def read_collection(document: Mapping[str, Any]) -> Collected:
    """Read a collection from its document."""
    window = document["window"]
    return Collected(
        intern(document["id"]),
        intern(document["run"]),
        intern(document["kind"]),
        window and (moment(window["since"]), moment(window["until"])),
        moment(document["started_at"]),
        moment(document["ended_at"]),
        intern(document["outcome"]),
        document["shortfalls"],
    )


def is_transport_failure(collection: Collected) -> bool:
    """Return whether a collection states nothing about what is at the source."""
    if collection.outcome == "failed":
        return True
    reasons = {fall["reason"] for fall in collection.shortfalls} - {"visibility"}
    partial = collection.outcome == "partial" and collection.doubted is None
    return partial and bool(reasons) and reasons <= TRANSPORT


def snapshot_spans(collections: Sequence[Collected], allowed: timedelta) -> Iterator[EvidenceSpan]:
    """Yield the spans of a snapshot kind: one collection decides, unless it is too old."""
    yield before_the_first(collections)
    conclusive: Collected | None = None
    for collection, following in with_next(collections):
        if conclusive is None or not is_transport_failure(collection):
            conclusive = collection
        too_old_at = add_capped(conclusive.ended_at, allowed)
        for window in split((collection.ended_at, following), [too_old_at]):
            decisive = conclusive if window[0] < too_old_at else collection
            if decisive.doubted is None:
                yield EvidenceSpan(window, outcome_words(decisive), frozenset())
                continue
            stale = (add_capped(decisive.ended_at, allowed), too_old(allowed))
            yield from cut(window, (EARLIEST, ""), stale, decisive.doubted)


class KnownEvents:
    """What is known of past events, collection by collection."""

    def __init__(self) -> None:
        self.covered: list[Window] = []
        self.incomplete: list[Window] = []
        self.partial: list[tuple[Window, frozenset[str]]] = []
        self.failed: list[Window] = []
        self.refresh: Collected | None = None
        self.refresh_attempt: Collected | None = None

    def add(self, collection: Collected) -> None:
        """Replace what was known of a collection's window with what it read."""
        failure = is_transport_failure(collection)
        if collection.window is None:
            self.refresh = self.refresh if self.refresh and failure else collection
            self.refresh_attempt = collection
            return
        since, until = collection.window[0], min(collection.window[1], collection.ended_at)
        if until <= since:
            return
        if failure:
            self.failed = subtract([*self.failed, (since, until)], self.covered)
            return
        self.failed = subtract(self.failed, [(since, until)])
        self.covered = union([*self.covered, (since, until)])
        self.incomplete = subtract(self.incomplete, [(since, until)])
        self.partial = [
            (rest, subjects)
            for earlier, subjects in self.partial
            for rest in subtract([earlier], [(since, until)])
        ]
        if collection.doubted is None:
            self.incomplete = union([*self.incomplete, (since, until)])
        elif collection.doubted:
            self.partial.append(((since, until), collection.doubted))

    def decisive(self, *, in_date: bool, refresh_in_date: bool) -> KnownEvents:
        """Return what decides: failures only where nothing better does, or it is too old."""
        failed = self.failed
        if in_date:
            failed = subtract(failed, [(self.covered[-1][1], LATEST)])
        events = KnownEvents()
        events.covered = union([*self.covered, *failed])
        events.incomplete = union([*self.incomplete, *failed])
        events.partial = self.partial
        events.refresh = self.refresh if refresh_in_date else self.refresh_attempt
        return events

    def lacking(self, since: datetime) -> frozenset[str]:
        """Return the objects that lack evidence at some time from a moment on."""
        refresh = self.refresh.doubted if self.refresh else None
        partial = (subjects for window, subjects in self.partial if window[1] > since)
        return frozenset().union(refresh or (), *partial)


def event_spans(
    collections: Sequence[Collected], allowed: timedelta, lookback: timedelta, *, refreshed: bool
) -> Iterator[EvidenceSpan]:
    """Yield the spans of an event kind: all events within the lookback must be known."""
    yield before_the_first(collections)
    known = KnownEvents()
    for collection, following in with_next(collections):
        known.add(collection)
        yield from spans_within(
            known, (collection.ended_at, following), allowed, lookback, refreshed=refreshed
        )


def spans_within(
    known: KnownEvents, whole: Window, allowed: timedelta, lookback: timedelta, *, refreshed: bool
) -> Iterator[EvidenceSpan]:
    """Yield the spans from one collection of events to the next."""
    read, refresh = known.covered, known.refresh
    read_until = add_capped(read[-1][1], min(allowed, lookback)) if read else EARLIEST
    refreshed_until = add_capped(refresh.ended_at, allowed) if refresh else EARLIEST
    for window in split(whole, [read_until, refreshed_until]):
        events = known.decisive(
            in_date=window[0] < read_until, refresh_in_date=window[0] < refreshed_until
        )
        yield from spans_of(events, window, allowed, lookback, refreshed=refreshed)


def spans_of(
    known: KnownEvents, whole: Window, allowed: timedelta, lookback: timedelta, *, refreshed: bool
) -> Iterator[EvidenceSpan]:
    """Yield the spans of a window in which the same collections decide."""
    if known.refresh is None and refreshed:
        yield EvidenceSpan(whole, "later changes to events were never read", frozenset())
        return
    if known.refresh is not None and known.refresh.doubted is None:
        yield EvidenceSpan(whole, outcome_words(known.refresh), frozenset())
        return
    if not known.covered:
        yield EvidenceSpan(whole, "no events were read yet", frozenset())
        return
    newest = known.covered[-1]
    unread = max([newest[0], *(window[1] for window in known.incomplete)])
    stale = add_capped(newest[1], min(allowed, lookback))
    if known.refresh is not None:
        stale = min(stale, add_capped(known.refresh.ended_at, allowed))
    reason = f"events before {instant_text(unread)} were not completely read"
    lacking = known.lacking(whole[0] - lookback)
    ready = (add_capped(unread, lookback), reason)
    yield from cut(whole, ready, (stale, too_old(allowed)), lacking)


def cut(
    whole: Window,
    ready: tuple[datetime, str],
    stale: tuple[datetime, str],
    subjects: frozenset[str],
) -> Iterator[EvidenceSpan]:
    """Cut a window into what is too early, what is sufficient, and what is too late."""
    begins = min(max(whole[0], ready[0]), whole[1])
    ends = max(begins, min(whole[1], stale[0]))
    for window, problem in (
        ((whole[0], begins), ready[1]),
        ((begins, ends), ""),
        ((ends, whole[1]), stale[1]),
    ):
        if window[0] < window[1]:
            yield EvidenceSpan(window, problem, frozenset() if problem else subjects)


def split(whole: Window, moments: Sequence[datetime]) -> Iterator[Window]:
    """Split a window at those of some moments that lie in it."""
    inner = sorted({at for at in moments if whole[0] < at < whole[1]})
    return zip([whole[0], *inner], [*inner, whole[1]])


def before_the_first(collections: Sequence[Collected]) -> EvidenceSpan:
    """Return the span before anything was collected."""
    first = collections[0].ended_at if collections else LATEST
    return EvidenceSpan((EARLIEST, first), "it had not been collected yet", frozenset())


def with_next(collections: Sequence[Collected]) -> Iterator[tuple[Collected, datetime]]:
    """Yield each collection with the end of the next one."""
    return zip(collections, [*(later.ended_at for later in collections[1:]), LATEST])


def outcome_words(collection: Collected) -> str:
    """Return what is wrong with a collection."""
    reasons = sorted({f"{fall['reason']}: {fall['detail']}" for fall in collection.shortfalls})
    return (
        f"the collection was {collection.outcome} "
        f"({reasons[0] if reasons else 'no reason was given'})"
    )


def too_old(allowed: timedelta) -> str:
    """Return why evidence does not count any more."""
    return f"nothing was collected for longer than {duration_text(allowed.total_seconds())}"


# -- time -------------------------------------------------------------------------------------


def add_capped(at: datetime, duration: timedelta) -> datetime:
    """Add a duration to a moment, at most to the end of time."""
    return LATEST if duration > LATEST - at else at + duration


def intersection(window: Window, other: Window) -> Window | None:
    """Return the window that both share; None where they do not overlap."""
    since, until = max(window[0], other[0]), min(window[1], other[1])
    return (since, until) if since < until else None


def union(windows: Iterable[Window]) -> list[Window]:
    """Return disjoint windows in order that cover the same time."""
    merged: list[Window] = []
    for since, until in sorted(window for window in windows if window[0] < window[1]):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def subtract(whole: Iterable[Window], covered: Iterable[Window]) -> list[Window]:
    """Return what is in the first windows and in none of the second."""
    merged, rest = union(covered), []
    for since, until in union(whole):
        begins = since
        for covers, ends in merged:
            if ends <= begins:
                continue
            if covers >= until:
                break
            if begins < covers:
                rest.append((begins, covers))
            begins = max(begins, ends)
        if begins < until:
            rest.append((begins, until))
    return rest


def instant_text(at: datetime) -> str:
    """Write an instant in UTC with ``Z``."""
    return at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def duration_text(seconds: float) -> str:
    """Write seconds the way people do."""
    rest, parts = round(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"
