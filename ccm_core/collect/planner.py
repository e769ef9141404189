"""What is due, and which windows: pure arithmetic over what was kept before.

There is no cursor beside the collections: the windows of the collections that are complete say
what was read, and a plan is what they leave open. A run that was cut off therefore goes on where
it stopped, and a window that was only partly seen is read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ccm_core.collect.cadence import DueTime, begun, fresh, leeway, turn
from ccm_core.collect.change_detection import ChangeFeed
from ccm_core.collect.outcome import named
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.window import Window, pieces, subtract
from ccm_core.sdk.types import Collector, EvidenceKind, Shape

LONGEST = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectTask:
    """One kind to collect, over these windows; ``None`` is the one window of a snapshot."""

    collector: Collector
    kind: EvidenceKind
    windows: tuple[Window | None, ...]
    refresh: bool = False
    """Whether this is not a reading of windows but of what may have changed since."""
    telling: ChangeFeed | None = None
    """For a refresh: how changes are told."""
    tells: Mapping[str, str] = field(default_factory=dict)
    """By kind: where events of this one name what changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do, and what it leaves because it is not due."""

    tasks: tuple[CollectTask, ...]
    not_due: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """What a connection keeps watch over, and how often."""

    now: datetime
    horizon: Window
    cadences: Mapping[str, timedelta]
    """Where the connection departs from a kind's own cadence."""
    force: bool = False
    """Read what is not due as well, and what was read before."""


def plan(
    collectors: Sequence[Collector],
    kinds: Mapping[str, EvidenceKind],
    kept: Mapping[str, Sequence[Collection]],
    wanted: PlanInputs,
) -> Plan:
    """Say what to read now.

    Args:
        collectors: Of the connector, needs first.
        kinds: Every known kind by name.
        kept: The collections in the store by kind, in the order in which they were kept.
        wanted: The moment, the horizon and the cadences.
    """
    told = {one.kind for one in collectors}
    begins = begun(one for each in kept.values() for one in each)
    # Where nobody tells of changes, only reading all of it again finds them.
    collectors = [
        one
        if one.changed_by is None or one.changed_by.kind in told
        else replace(one, changed_by=None, settles_after=None)
        for one in collectors
    ]
    owed = {
        one.kind: _windows(one, kinds[one.kind], kept.get(one.kind, ()), begins, wanted)
        for one in collectors
    }
    again = [one for one in collectors if _refresh_is_due(one, kinds, kept, begins, wanted, owed)]
    for teller in {one.changed_by.kind for one in again if one.changed_by}:
        # Whoever is to be refreshed needs the newest events that tell of changes.
        collector = next(one for one in collectors if one.kind == teller)
        soon = replace(wanted, cadences={**wanted.cadences, teller: timedelta(0)})
        owed[teller] = _windows(collector, kinds[teller], kept.get(teller, ()), begins, soon)
    tasks = _in_order(collectors, kinds, owed, {one.kind for one in again})
    due = {task.kind.name for task in tasks}
    return Plan(tasks=tasks, not_due=tuple(one.kind for one in collectors if one.kind not in due))


def turns(
    collectors: Sequence[Collector],
    kinds: Mapping[str, EvidenceKind],
    kept: Mapping[str, Sequence[Collection]],
    wanted: PlanInputs,
) -> tuple[DueTime, ...]:
    """Say when each kind is to be read next; the arguments are those of :func:`plan`."""
    owed = {task.kind.name for task in plan(collectors, kinds, kept, wanted).tasks}
    begins = begun(one for each in kept.values() for one in each)
    return tuple(
        turn(
            one.kind,
            _cadence(kinds[one.kind], wanted),
            kept.get(one.kind, ()),
            begins,
            owed=one.kind in owed,
            now=wanted.now,
        )
        for one in collectors
    )


def past(horizon: Window, now: datetime) -> Window:
    """Give the part of a horizon in which something can have happened."""
    return Window(horizon.since, now)


def split(window: Window, total: int, most: int) -> tuple[Window, ...]:
    """Cut a window that holds ``total`` so that each part should hold well under ``most``.

    Gives the window alone when time cannot cut it further.
    """
    parts = max(2, -(-total * 5 // (most * 4)))
    return pieces(window, max(window.length / parts, timedelta(seconds=1)))


def _in_order(
    collectors: Sequence[Collector],
    kinds: Mapping[str, EvidenceKind],
    owed: Mapping[str, tuple[Window | None, ...]],
    again: AbstractSet[str],
) -> tuple[CollectTask, ...]:
    """Put each refresh after the windows of its kind and of the kind that tells of changes."""
    tasks: list[CollectTask] = []
    waiting = [one for one in collectors if one.kind in again]
    passed: set[str] = set()
    for collector in collectors:
        passed.add(collector.kind)
        if windows := owed[collector.kind]:
            kind = kinds[collector.kind]
            tells = {
                one.kind: one.changed_by.path
                for one in collectors
                if one.changed_by and one.changed_by.kind == kind.name
            }
            tasks.append(CollectTask(collector=collector, kind=kind, windows=windows, tells=tells))
        ready = [one for one in waiting if {one.kind, _teller(one)} <= passed]
        waiting = [one for one in waiting if one not in ready]
        tasks.extend(
            CollectTask(
                collector=one,
                kind=kinds[one.kind],
                windows=(None,),
                refresh=True,
                telling=_telling(one, collectors, kinds),
            )
            for one in ready
        )
    return tuple(tasks)


def _telling(
    collector: Collector, collectors: Sequence[Collector], kinds: Mapping[str, EvidenceKind]
) -> ChangeFeed | None:
    by = collector.changed_by
    if by is None:
        return None
    teller = next(one for one in collectors if one.kind == by.kind)
    return ChangeFeed(
        kind=collector.kind,
        by=by,
        occurred_at=kinds[by.kind].occurred_at or "",
        late=teller.settles_after or timedelta(0),
    )


def _teller(collector: Collector) -> str:
    return collector.changed_by.kind if collector.changed_by else collector.kind


def _refresh_is_due(
    collector: Collector,
    kinds: Mapping[str, EvidenceKind],
    kept: Mapping[str, Sequence[Collection]],
    begins: Mapping[str, datetime],
    wanted: PlanInputs,
    owed: Mapping[str, tuple[Window | None, ...]],
) -> bool:
    if collector.refresh is None:
        return False
    earlier = [one for one in kept.get(collector.kind, ()) if one.window is None]
    if owed[collector.kind] or not earlier or named(earlier[-1]) is None:
        return True
    cadence = _cadence(kinds[collector.kind], wanted)
    return not fresh(begins[earlier[-1].run], cadence, wanted.now)


def _cadence(kind: EvidenceKind, wanted: PlanInputs) -> timedelta:
    return wanted.cadences.get(kind.name, kind.cadence)


def _windows(
    collector: Collector,
    kind: EvidenceKind,
    kept: Sequence[Collection],
    begins: Mapping[str, datetime],
    wanted: PlanInputs,
) -> tuple[Window | None, ...]:
    cadence = _cadence(kind, wanted)
    if kind.shape is Shape.SNAPSHOT:
        whole = bool(kept) and kept[-1].outcome is Outcome.COMPLETE
        young = whole and fresh(begins[kept[-1].run], cadence, wanted.now)
        return () if young and not wanted.force else (None,)
    period = past(wanted.horizon, wanted.now)
    settled = [] if wanted.force else _settled(collector, kept, begins, cadence, wanted.now)
    holes = subtract([period], settled)
    # What happened since the newest window is due when that window is a cadence old.
    enough = cadence - leeway(cadence)
    owed = [hole for hole in holes if hole.until < period.until or hole.length >= enough]
    longest = collector.longest_window or LONGEST
    return tuple(piece for hole in owed for piece in pieces(hole, longest))


def _settled(
    collector: Collector,
    kept: Sequence[Collection],
    begins: Mapping[str, datetime],
    cadence: timedelta,
    now: datetime,
) -> list[Window]:
    """Give the windows whose contents need no second look yet: settled by age, or just read."""
    found = []
    for collection in kept:
        window, began = collection.window, begins[collection.run]
        if window is None or collection.outcome is not Outcome.COMPLETE or began > now:
            # A run that begins after now had a wrong clock: what it covers cannot be told.
            continue
        if fresh(began, cadence, now):
            found.append(window)
        elif collector.settles_after is not None:
            until = min(window.until, collection.started_at - collector.settles_after)
            found.extend([Window(window.since, until)] if until > window.since else [])
    return found
