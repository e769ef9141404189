"""When a kind is due: pure arithmetic over the collections that were kept of it.

A kind's turn comes when its cadence has passed since the run began that last read it whole. The
beginning counts, not the end: a reading that takes ten minutes would otherwise move the next one
by ten minutes, each time. A plan reads what falls due within the :func:`leeway` as well, so that a
timer that goes off a minute early skips nothing, and kinds that were read together stay together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccm_core.collect.outcome import named
from ccm_core.model.evidence.collection import Collection, Outcome, Reason

MOST_LEEWAY = timedelta(minutes=30)
_SHARE = 12
"""The leeway is a twelfth of the cadence: five minutes of an hour."""

FIRST_RETRY = timedelta(minutes=1)
"""How long after its first failure a kind is tried again. Then it waits each time as long as it
has been failing, up to a cadence."""
_LASTING = frozenset(
    {
        Reason.DENIED,
        Reason.NOT_AVAILABLE,
        Reason.TRUNCATED,
        Reason.REJECTED_RECORDS,
        Reason.HIDDEN_REFERENCES,
    }
)
"""Reasons that asking again a minute later does not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTime:
    """When one kind of a connection is to be read next."""

    kind: str
    cadence: timedelta
    due_at: datetime
    began_at: datetime | None = None
    """When the run began that last tried it; None: it was never tried."""

    def missed(self, now: datetime) -> int:
        """Count the slots that have passed without a try.

        A slot is one cadence long. The first begins with the newest try, the next when that one
        ends. A slot in which no run tried the kind is missed; the one that is running is not, yet.
        """
        if self.began_at is None or self.cadence <= timedelta(0) or now < self.began_at:
            return 0
        return max(0, (now - self.began_at) // self.cadence - 1)


def leeway(cadence: timedelta) -> timedelta:
    """Say how much before its time a kind may be read."""
    return min(cadence / _SHARE, MOST_LEEWAY)


def begun(kept: Iterable[Collection]) -> dict[str, datetime]:
    """Say when each run began, as far as its first collection tells, in whole seconds.

    A run's own moment is a whole second, so that two in one second are not out of order.
    """
    found: dict[str, datetime] = {}
    for one in kept:
        began = one.started_at.replace(microsecond=0)
        found[one.run] = min(began, found.get(one.run, began))
    return found


def fresh(began: datetime, cadence: timedelta, now: datetime) -> bool:
    """Say whether what was read by a run is young enough to be left alone.

    What claims to have begun later than now was written by a clock that was wrong: it is not.
    """
    return began <= now < began + cadence - leeway(cadence)


def turn(
    kind: str,
    cadence: timedelta,
    kept: Sequence[Collection],
    begins: Mapping[str, datetime],
    *,
    owed: bool,
    now: datetime,
) -> DueTime:
    """Say when a kind is next to be read by something that never ends.

    Args:
        kind: The kind's name.
        cadence: How often it is to be read.
        kept: Its collections, in the order in which they were kept.
        begins: When each run began.
        owed: Whether a plan made now would read it.
        now: The moment.
    """
    if not kept:
        return DueTime(kind=kind, cadence=cadence, due_at=now)
    began = begins[kept[-1].run]
    if began > now:
        return DueTime(kind=kind, cadence=cadence, due_at=now)
    pause = _pause(kept, cadence, begins)
    due_at = began + (cadence if pause is None else pause)
    if owed and pause is None:
        due_at = min(now, due_at)
    return DueTime(kind=kind, cadence=cadence, due_at=due_at, began_at=began)


def _pause(
    kept: Sequence[Collection], cadence: timedelta, begins: Mapping[str, datetime]
) -> timedelta | None:
    """Say how long to wait after the newest try, where that failed; None where it did not."""
    failing: list[str] = []
    for run in _runs(kept):
        wrong = [one for one in run if one.outcome is not Outcome.COMPLETE]
        lasting = bool(wrong) and all(map(_is_lasting, wrong))
        if lasting and not failing:
            return cadence
        if lasting or not wrong:
            break
        failing.append(run[0].run)
    if not failing:
        return None
    return min(cadence, max(FIRST_RETRY, begins[failing[0]] - begins[failing[-1]]))


def _runs(kept: Sequence[Collection]) -> Iterable[list[Collection]]:
    """Give the collections of each run, newest run first."""
    run: list[Collection] = []
    for one in reversed(kept):
        if run and run[0].run != one.run:
            yield run
            run = []
        run.append(one)
    yield run


def _is_lasting(collection: Collection) -> bool:
    reasons = {one.reason for one in collection.shortfalls}
    return bool(reasons) and (reasons <= _LASTING or named(collection) is not None)
