"""Which stored collections decide about a kind: one definition for planning and for evaluating.

The newest collection decides, as it was amended, with one exception. A transport failure (the
source did not respond, the credential was refused once, the run was cut off) states nothing about
what is at the source. It never outranks evidence that was read before and is not too old yet. A
denial states that the credential may not see it, so it does.

A plan reads again whatever was not read completely at the last attempt. What decides is an attempt
as well, so nothing that an evaluation lacks is left out of the next plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ccm_core.model.evidence.amendments import as_amended
from ccm_core.model.evidence.collection import Collection, Outcome, Reason
from ccm_core.model.evidence.window import Window, cover, union
from ccm_core.model.frozen_dataclass import dataclass

_TRANSPORT = frozenset({Reason.SOURCE_ERROR, Reason.RATE_LIMITED, Reason.INTERRUPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A collection, and the windows about which it decides."""

    collection: Collection
    windows: tuple[Window, ...]


def newest_first(collections: Sequence[Collection]) -> list[Collection]:
    """Return collections as they were amended, those that ended last first.

    Args:
        collections: Of one kind, in the order in which they were stored.
    """
    return sorted(
        as_amended(collections),
        key=lambda collection: (collection.ended_at, collection.started_at, collection.id),
        reverse=True,
    )


def is_transport_failure(collection: Collection) -> bool:
    """Return whether a collection states nothing about what is at the source.

    It failed before anything was read, or all that it lacks was lost on the way. One that names the
    only objects that it lacks states everything about the others.
    """
    if collection.outcome is Outcome.FAILED:
        return True
    reasons = {shortfall.reason for shortfall in collection.shortfalls} - {Reason.VISIBILITY}
    partial = collection.outcome is Outcome.PARTIAL and collection.doubted is None
    return partial and bool(reasons) and reasons <= _TRANSPORT


def decisive_snapshot(
    collections: Sequence[Collection], now: datetime, max_age: timedelta
) -> Collection | None:
    """Return the snapshot, or the refresh, that decides at a moment; None: there is none.

    Args:
        collections: Of one kind and without a window, newest first.
        now: The moment.
        max_age: How old evidence may be.
    """
    conclusive = next(
        (collection for collection in collections if not is_transport_failure(collection)), None
    )
    if conclusive is not None and now - conclusive.ended_at <= max_age:
        return conclusive
    return next(iter(collections), None)


def decisive_intervals(
    collections: Sequence[Collection], period: Window, max_age: timedelta
) -> list[Interval]:
    """Return which collection decides about which part of a period.

    Args:
        collections: Of one kind, newest first; those without a window decide about none.
        period: The period, which ends at the moment at the latest.
        max_age: How long ago the newest evidence may end. Until then, a transport failure after
            that end decides about nothing.
    """
    failures = [collection for collection in collections if is_transport_failure(collection)]
    conclusive = intervals(
        [collection for collection in collections if not is_transport_failure(collection)], period
    )
    covered = union(window for interval in conclusive for window in interval.windows)
    if covered and period.until - covered[-1].until <= max_age:
        covered = (*covered, Window(covered[-1].until, period.until))
    return [*conclusive, *intervals(failures, period, covered)]


def intervals(
    collections: Iterable[Collection], period: Window, covered: Iterable[Window] = ()
) -> list[Interval]:
    """Return of each collection the windows that none before it covers, in the order given.

    Args:
        collections: Of one kind; those without a window are left out.
        period: The period to cover.
        covered: What is covered already.
    """
    known, decisive = [*union(covered)], list[Interval]()
    for collection in collections:
        window = observed_window(collection, period)
        if window is not None and (uncovered := cover(known, window)):
            decisive.append(Interval(collection=collection, windows=uncovered))
    return decisive


def observed_window(collection: Collection, period: Window) -> Window | None:
    """Return the part of a collection's window that was over when the collection ended."""
    window = collection.window
    if window is None or collection.ended_at <= window.since:
        return None
    return Window(window.since, min(window.until, collection.ended_at)).intersection(period)
