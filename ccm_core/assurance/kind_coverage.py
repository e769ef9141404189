"""A kind over a period: what its cadence promised, what was made, and the holes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from ccm_core.assurance.inputs import Watched
from ccm_core.assurance.timeline import LATEST, Piece, events, snapshots
from ccm_core.model.assurance import Hole, KindAssurance
from ccm_core.model.evidence.collection import WORST_FIRST, Collection
from ccm_core.model.evidence.window import Window, subtract, union

_DEFAULT = timedelta(days=1)


def kind_assurance(watched: Watched, kind: str, period: Window) -> KindAssurance:
    """Say what a period proves of one kind of one connection.

    Args:
        watched: The connection.
        kind: The kind.
        period: The part of the period that has passed.
    """
    holes = holes_of(watched, kind, period)
    promises = list(_promises(watched, kind, period))
    runs = _runs(watched, kind, period)
    counted = Counter(_worst(collections).outcome.value for collections in runs.values())
    whole = sum(_is_whole(collections) for collections in runs.values())
    return KindAssurance(
        connection=watched.connection,
        kind=kind,
        cadence=promises[-1][1].total_seconds() if promises else None,
        promised=int(sum(window.length / cadence for window, cadence in promises if cadence)),
        made=whole,
        outcomes=dict(sorted(counted.items())),
        share=share(holes, period),
        holes=holes,
    )


def holes_of(
    watched: Watched, kind: str, period: Window, max_age: timedelta | None = None
) -> tuple[Hole, ...]:
    """Give every stretch of a period for which the evidence of a kind was not sufficient.

    Args:
        watched: The connection.
        kind: The kind.
        period: The part of the period that has passed.
        max_age: How old the evidence may be; twice its cadence where it is not said.
    """
    mine = sorted(
        (one for one in watched.collections if one.kind == kind),
        key=lambda one: (one.ended_at, one.started_at, one.id),
    )
    found = [
        Hole(
            connection=watched.connection,
            kind=kind,
            since=window.since,
            until=window.until,
            why=piece.why or "evidence of these objects was not complete",
            subjects=tuple(sorted(piece.subjects)),
        )
        for stretch, allowed in _limits(watched, kind, period, max_age)
        for piece in _pieces(watched, kind, mine, allowed)
        if (piece.why or piece.subjects) and (window := piece.window.intersection(stretch))
    ]
    return tuple(_merged(found))


def share(holes: Iterable[Hole], period: Window) -> float:
    """Give the share of a period that is free of holes; those of named objects do not count."""
    if period.since >= period.until:
        return 0.0
    lost = union(Window(one.since, one.until) for one in holes if not one.subjects)
    left = subtract([period], lost)
    return sum((one.length for one in left), timedelta()) / period.length


def _pieces(
    watched: Watched, kind: str, mine: Sequence[Collection], allowed: timedelta
) -> Iterator[Piece]:
    if kind in watched.events:
        refreshed = kind in watched.refreshed
        return events(mine, allowed, watched.lookback, refreshed=refreshed)
    return snapshots(mine, allowed)


def _limits(
    watched: Watched, kind: str, period: Window, max_age: timedelta | None
) -> Sequence[tuple[Window, timedelta]]:
    """Say how old the evidence might be, stretch by stretch: twice the cadence of its time."""
    if max_age is not None:
        return [(period, max_age)]
    promised = list(_promises(watched, kind, period))
    rest = subtract([period], [window for window, _ in promised])
    usual = watched.cadences.get(kind, _DEFAULT)
    found = [*((window, 2 * cadence) for window, cadence in promised)]
    return sorted([*found, *((window, 2 * usual) for window in rest)])


def _merged(holes: Sequence[Hole]) -> Iterator[Hole]:
    """Join holes of one reason that follow on each other."""
    last: Hole | None = None
    for one in holes:
        if (
            last
            and last.until == one.since
            and (last.why, last.subjects)
            == (
                one.why,
                one.subjects,
            )
        ):
            last = replace(last, until=one.until)
            continue
        if last:
            yield last
        last = one
    if last:
        yield last


# -- promises ---------------------------------------------------------------------------------


def _promises(watched: Watched, kind: str, period: Window) -> Iterator[tuple[Window, timedelta]]:
    """Give the cadence in force, stretch by stretch: from the run that says it to the next one."""
    runs = sorted(watched.manifests, key=lambda one: one.started_at)
    said = [
        (run.started_at, next((one.cadence for one in run.promised if one.kind == kind), None))
        for run in runs
    ]
    changes = [next(group) for _, group in groupby(said, key=lambda one: one[1])]
    ends = [since for since, _ in changes[1:]]
    for (since, cadence), until in zip(changes, [*ends, LATEST], strict=False):
        window = Window(since, until).intersection(period)
        if cadence is not None and window:
            yield window, timedelta(seconds=cadence)


def _runs(watched: Watched, kind: str, period: Window) -> dict[str, list[Collection]]:
    """Give what was collected of a kind in a period, run by run."""
    found: dict[str, list[Collection]] = {}
    for one in watched.collections:
        if one.kind == kind and one.ended_at in period:
            found.setdefault(one.run, []).append(one)
    return found


def _is_whole(collections: Iterable[Collection]) -> bool:
    return all(one.doubted == frozenset() for one in collections)


def _worst(collections: Iterable[Collection]) -> Collection:
    return min(collections, key=lambda one: WORST_FIRST.index(one.outcome))
