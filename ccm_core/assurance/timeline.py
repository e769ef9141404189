"""Since when, and how long, the evidence of a kind was sufficient: exact, not sampled.

It says for every moment what the engine would have said then of evidence kept by then. Between
the ends of two collections nothing is learnt, so what holds there follows from a few bounds.
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
class Piece:
    """A stretch of time with one answer to whether the evidence was sufficient."""

    window: Window
    why: str | None = None
    """Why it was not; None: it was."""
    subjects: frozenset[str] = frozenset()
    """Where only these objects lacked evidence."""


def snapshots(collections: Sequence[Collection], allowed: timedelta) -> Iterator[Piece]:
    """Give the answers for a snapshot kind: its newest collection speaks, while it is young.

    Args:
        collections: Of the kind, in the order in which they ended.
        allowed: How old the newest may be.
    """
    yield from _before(collections)
    for one, following in _with_next(collections):
        yield from _spoken(one, following, EARLIEST, later(one.ended_at, allowed), allowed)


@dataclass(slots=True, kw_only=True)
class _Known:
    """What is known of the past, collection by collection."""

    covered: tuple[Window, ...] = ()
    bad: tuple[Window, ...] = ()
    """Covered, and last read by a collection that was not whole."""
    narrow: list[tuple[Window, frozenset[str]]] = field(default_factory=list)
    """Covered, and last read by one that lacked these objects alone."""
    refresh: Collection | None = None

    def learn(self, one: Collection) -> None:
        """Let a collection speak for its window, whatever was said of that before."""
        if one.window is None:
            self.refresh = one
            return
        until = min(one.window.until, one.ended_at)
        if until <= one.window.since:
            return
        mine = Window(one.window.since, until)
        self.covered = union([*self.covered, mine])
        bad = subtract(self.bad, [mine])
        self.narrow = [
            (rest, subjects)
            for window, subjects in self.narrow
            for rest in subtract([window], [mine])
        ]
        if one.doubted is None:
            bad = union([*bad, mine])
        elif one.doubted:
            self.narrow.append((mine, one.doubted))
        self.bad = bad


def events(
    collections: Sequence[Collection],
    allowed: timedelta,
    lookback: timedelta,
    *,
    refreshed: bool,
) -> Iterator[Piece]:
    """Give the answers for an event kind: all that happened within the lookback must be known.

    Args:
        collections: Of the kind, in the order in which they ended.
        allowed: How long ago the last window may end, and the last refresh.
        lookback: How far back everything must be known.
        refreshed: Whether what may have changed must have been read again.
    """
    yield from _before(collections)
    known = _Known()
    for one, following in _with_next(collections):
        known.learn(one)
        yield from _known_until(known, one, following, allowed, lookback, refreshed=refreshed)


def _known_until(
    known: _Known,
    one: Collection,
    following: datetime,
    allowed: timedelta,
    lookback: timedelta,
    *,
    refreshed: bool,
) -> Iterator[Piece]:
    whole = Window(one.ended_at, following)
    refresh = known.refresh
    if why := _refresh_problem(refresh, refreshed=refreshed):
        yield Piece(window=whole, why=why)
        return
    if not known.covered:
        yield Piece(window=whole, why="no events were read yet")
        return
    newest = known.covered[-1]
    lacking = max([newest.since, *(bad.until for bad in known.bad)])
    ready = later(lacking, lookback)
    stale = later(newest.until, min(allowed, lookback))
    if refresh is not None:
        stale = min(stale, later(refresh.ended_at, allowed))
    yield from _pieces(
        whole,
        (ready, f"what happened before {format_instant(lacking)} was not read whole"),
        (stale, _too_old(allowed)),
        _subjects(known, lookback, whole),
    )


def _refresh_problem(refresh: Collection | None, *, refreshed: bool) -> str | None:
    if refresh is None:
        return "what changed afterwards was never looked for" if refreshed else None
    return _told(refresh) if refresh.doubted is None else None


def _subjects(known: _Known, lookback: timedelta, whole: Window) -> frozenset[str]:
    """Name the objects that lack evidence at some time of a stretch."""
    refresh = known.refresh.doubted if known.refresh else None
    since = whole.since - lookback
    found = (subjects for window, subjects in known.narrow if window.until > since)
    return frozenset().union(refresh or (), *found)


def _spoken(
    one: Collection, following: datetime, ready: datetime, stale: datetime, allowed: timedelta
) -> Iterator[Piece]:
    whole = Window(one.ended_at, following)
    if one.doubted is None:
        yield Piece(window=whole, why=_told(one))
    else:
        yield from _pieces(whole, (ready, ""), (stale, _too_old(allowed)), one.doubted)


def _pieces(
    whole: Window,
    ready: tuple[datetime, str],
    stale: tuple[datetime, str],
    subjects: frozenset[str],
) -> Iterator[Piece]:
    """Cut a stretch into what comes too early, what is sufficient, and what comes too late."""
    begins = min(max(whole.since, ready[0]), whole.until)
    ends = max(begins, min(whole.until, stale[0]))
    for window, why in (
        (Window(whole.since, begins), ready[1]),
        (Window(begins, ends), None),
        (Window(ends, whole.until), stale[1]),
    ):
        if window.since < window.until:
            yield Piece(window=window, why=why, subjects=frozenset() if why else subjects)


def _before(collections: Sequence[Collection]) -> Iterator[Piece]:
    first = collections[0].ended_at if collections else LATEST
    yield Piece(window=Window(EARLIEST, first), why="it had not been collected yet")


def _with_next(collections: Sequence[Collection]) -> Iterable[tuple[Collection, datetime]]:
    ends = [one.ended_at for one in collections[1:]]
    return zip(collections, [*ends, LATEST], strict=False)


def _too_old(allowed: timedelta) -> str:
    return f"nothing was collected for longer than {format_duration(allowed.total_seconds())}"


def _told(one: Collection) -> str:
    said = sorted({f"{fall.reason}: {fall.detail}" for fall in one.shortfalls})
    return f"it was {one.outcome} ({said[0] if said else 'no reason was given'})"


def later(moment: datetime, span: timedelta) -> datetime:
    """Add a span to a moment, and stop at the end of time."""
    return LATEST if span > LATEST - moment else moment + span
