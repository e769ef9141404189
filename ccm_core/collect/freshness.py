"""Whether stored evidence is fresh enough not to be collected again yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ccm_core.model.evidence.collection import Collection

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
