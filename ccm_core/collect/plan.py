"""What is due, and which windows: pure arithmetic over what was kept before.

There is no cursor beside the collections: the windows of the collections that are complete say
what was read, and a plan is what they leave open. A run that was cut off therefore goes on where
it stopped, and a window that was only partly seen is read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccm_core.model.collection import Collection, Outcome
from ccm_core.model.window import Window, pieces, subtract
from ccm_core.sdk.types import Collector, EvidenceKind, Shape

LONGEST = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One kind to collect, over these windows; ``None`` is the one window of a snapshot."""

    collector: Collector
    kind: EvidenceKind
    windows: tuple[Window | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do, and what it leaves because it is not due."""

    tasks: tuple[Task, ...]
    not_due: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a connection keeps watch over, and how often."""

    now: datetime
    horizon: Window
    cadences: Mapping[str, timedelta]
    """Where the connection departs from a kind's own cadence."""
    everything: bool = False
    """Read what is not due as well, and what was read before."""


def plan(
    collectors: Sequence[Collector],
    kinds: Mapping[str, EvidenceKind],
    kept: Mapping[str, Sequence[Collection]],
    wanted: Wanted,
) -> Plan:
    """Say what to read now.

    Args:
        collectors: Of the connector, needs first.
        kinds: Every known kind by name.
        kept: The collections in the store by kind, in the order in which they were kept.
        wanted: The moment, the horizon and the cadences.
    """
    tasks, not_due = [], []
    for collector in collectors:
        kind = kinds[collector.kind]
        windows = _windows(collector, kind, kept.get(kind.name, ()), wanted)
        if windows:
            tasks.append(Task(collector=collector, kind=kind, windows=windows))
        else:
            not_due.append(kind.name)
    return Plan(tasks=tuple(tasks), not_due=tuple(not_due))


def split(window: Window, total: int, most: int) -> tuple[Window, ...]:
    """Cut a window that holds ``total`` so that each part should hold well under ``most``.

    Gives the window alone when time cannot cut it further.
    """
    parts = max(2, -(-total * 5 // (most * 4)))
    return pieces(window, max(window.length / parts, timedelta(seconds=1)))


def _windows(
    collector: Collector, kind: EvidenceKind, kept: Sequence[Collection], wanted: Wanted
) -> tuple[Window | None, ...]:
    cadence = wanted.cadences.get(kind.name, kind.cadence)
    if kind.shape is Shape.SNAPSHOT:
        fresh = bool(kept) and kept[-1].outcome is Outcome.COMPLETE
        old = not fresh or kept[-1].ended_at + cadence <= wanted.now
        return (None,) if old or wanted.everything else ()
    past = Window(wanted.horizon.since, wanted.now)
    settled = [] if wanted.everything else _settled(collector, kept, cadence, wanted.now)
    holes = subtract([past], settled)
    # What happened since the newest window is due when that window is a cadence old.
    owed = [hole for hole in holes if hole.until < past.until or hole.length >= cadence]
    longest = collector.longest_window or LONGEST
    return tuple(piece for hole in owed for piece in pieces(hole, longest))


def _settled(
    collector: Collector, kept: Sequence[Collection], cadence: timedelta, now: datetime
) -> list[Window]:
    """Give the windows whose contents need no second look yet: settled by age, or just read."""
    found = []
    for collection in kept:
        window = collection.window
        if window is None or collection.outcome is not Outcome.COMPLETE:
            continue
        if collection.ended_at + cadence > now:
            found.append(window)
        elif collector.settles_after is not None:
            until = min(window.until, collection.started_at - collector.settles_after)
            found.extend([Window(window.since, until)] if until > window.since else [])
    return found
