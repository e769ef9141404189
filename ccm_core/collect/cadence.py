"""When a kind is due next: arithmetic over its stored collections. Pure.

A kind is due when its cadence has passed since the start of the run that last read it completely.
The start counts, not the end: a run that takes ten minutes would otherwise move the next one by
ten minutes, each time. A plan includes what falls due within the
:func:`grace_period` as well, so that a timer that fires a minute early
skips nothing, and kinds that were collected together stay together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ccm_core.collect.failed_kind_retry import retry_delay
from ccm_core.model.evidence.collection import Collection
from ccm_core.model.frozen_dataclass import dataclass

MAX_GRACE_PERIOD = timedelta(minutes=30)
_GRACE_DIVISOR = 12
"""The grace period is a twelfth of the cadence: five minutes of an hour."""


def grace_period(cadence: timedelta) -> timedelta:
    """Return how long before it is due a kind may be collected."""
    return min(cadence / _GRACE_DIVISOR, MAX_GRACE_PERIOD)


def is_fresh(run_start: datetime, cadence: timedelta, now: datetime) -> bool:
    """Return whether what a run collected need not be collected again yet.

    A run that claims to have started after ``now`` had a wrong clock: it is never fresh.
    """
    return run_start <= now < run_start + cadence - grace_period(cadence)


def run_starts(collections: Iterable[Collection]) -> dict[str, datetime]:
    """Return when each run started, by its first collection, in whole seconds.

    A run's own moment is a whole second, so that two in one second are not out of order.
    """
    starts: dict[str, datetime] = {}
    for collection in collections:
        start = collection.started_at.replace(microsecond=0)
        starts[collection.run] = min(start, starts.get(collection.run, start))
    return starts


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTime:
    """When one kind of a connection is to be collected next."""

    kind: str
    cadence: timedelta
    due_at: datetime
    last_attempt_at: datetime | None = None
    """When the run started that last tried it; None: it was never tried."""

    def missed_runs(self, now: datetime) -> int:
        """Count the scheduled runs that have passed without an attempt.

        A scheduled run is due one cadence after the newest attempt, the next one a cadence later.
        It is missed when the one after it is due and no run has tried the kind.
        """
        last = self.last_attempt_at
        if last is None or self.cadence <= timedelta(0) or now < last:
            return 0
        return max(0, (now - last) // self.cadence - 1)


def due_time(
    kind: str,
    cadence: timedelta,
    collections: Sequence[Collection],
    starts: Mapping[str, datetime],
    *,
    planned: bool,
    now: datetime,
) -> DueTime:
    """Return when a long-running process is to collect a kind next.

    Args:
        kind: The kind's name.
        cadence: How often it is collected.
        collections: Its collections, in the order in which they were stored.
        starts: When each run started.
        planned: Whether a plan made now would include it.
        now: The moment.
    """
    if not collections:
        return DueTime(kind=kind, cadence=cadence, due_at=now)
    start = starts[collections[-1].run]
    if start > now:
        return DueTime(kind=kind, cadence=cadence, due_at=now)
    delay = retry_delay(collections, cadence, starts)
    due_at = start + (cadence if delay is None else delay)
    if planned and delay is None:
        due_at = min(now, due_at)
    return DueTime(kind=kind, cadence=cadence, due_at=due_at, last_attempt_at=start)
