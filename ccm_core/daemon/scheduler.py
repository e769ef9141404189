"""The poll schedule: which connection is polled when. Pure: the moment is an argument.

What is due is decided by the collections in the store (:mod:`ccm_core.collect.cadence`), whoever
stored them. A schedule only remembers when to poll next, so there is nothing to catch up with
after a sleep of any length but one poll of each connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ccm_core.app.side_by_side import MAX_CONCURRENT
from ccm_core.collect.cadence import DueTime, grace_period
from ccm_core.model.frozen_dataclass import dataclass

MAX_SLEEP = timedelta(minutes=1)
"""The longest single wait. A suspended machine stops timers; the wall clock goes on."""
MIN_INTERVAL = timedelta(seconds=10)
"""The shortest time between the polls of one connection, whatever its cadences say."""
FIRST_BACKOFF, MAX_BACKOFF = timedelta(seconds=30), timedelta(minutes=30)
"""How long after a failed poll the next one is tried; doubles up to the maximum."""
MAX_JITTER = timedelta(minutes=1)
"""How much before its time a poll may start, so that not everybody polls in the same second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledConnection:
    """One connection and when it is polled next."""

    due_at: datetime
    """When to poll it next."""
    planned_at: datetime
    """When that was decided."""
    running: bool = False
    failures: int = 0
    """Failed polls in a row."""

    def is_due(self, now: datetime) -> bool:
        """Return whether it is time to poll.

        What was decided later than now was decided by a clock that has been set back since.
        """
        return not self.running and (self.due_at <= now or self.planned_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSchedule:
    """Every connection that is watched, by name."""

    connections: Mapping[str, ScheduledConnection]

    @classmethod
    def all_due(cls, names: Iterable[str], now: datetime) -> PollSchedule:
        """Schedule every connection for now."""
        return cls(
            connections={name: ScheduledConnection(due_at=now, planned_at=now) for name in names}
        )

    def startable(self, now: datetime) -> tuple[str, ...]:
        """Return the connections to poll now, the longest overdue first."""
        due = [name for name, connection in self.connections.items() if connection.is_due(now)]
        longest_first = sorted(due, key=lambda name: self.connections[name].due_at)
        return tuple(longest_first[: self._free_places()])

    def started(self, name: str) -> PollSchedule:
        """Return the schedule with a poll running."""
        return self._with(name, replace(self.connections[name], running=True))

    def completed(
        self, name: str, due_times: Sequence[DueTime], now: datetime, jitter: float
    ) -> PollSchedule:
        """Return the schedule after a poll.

        Args:
            name: The connection.
            due_times: When each kind is next due.
            now: The moment.
            jitter: A number from 0 up to 1, drawn anew each time.
        """
        next_due = min(
            (_with_jitter(due_time, jitter) for due_time in due_times), default=now + MAX_SLEEP
        )
        due_at = max(now + MIN_INTERVAL, next_due)
        return self._with(name, ScheduledConnection(due_at=due_at, planned_at=now))

    def failed(self, name: str, now: datetime) -> PollSchedule:
        """Return the schedule after a poll that failed: each backoff is longer than the last."""
        failures = self.connections[name].failures + 1
        backoff = min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** min(failures - 1, 20))
        return self._with(
            name, ScheduledConnection(due_at=now + backoff, planned_at=now, failures=failures)
        )

    def next_at(self) -> datetime | None:
        """Return when the next poll is due; None while every connection is being polled."""
        return min(
            (
                connection.due_at
                for connection in self.connections.values()
                if not connection.running
            ),
            default=None,
        )

    def sleep_time(self, now: datetime) -> timedelta:
        """Return how long to wait before looking at the clock again."""
        next_at = self.next_at()
        if next_at is None or not self._free_places():
            return MAX_SLEEP  # the end of a poll ends the wait
        return min(MAX_SLEEP, max(timedelta(0), next_at - now))

    def _free_places(self) -> int:
        running = sum(connection.running for connection in self.connections.values())
        return max(0, MAX_CONCURRENT - running)

    def _with(self, name: str, connection: ScheduledConnection) -> PollSchedule:
        return PollSchedule(connections={**self.connections, name: connection})


def due_now(due_times: Iterable[DueTime], now: datetime) -> list[DueTime]:
    """Return what is due now or within its grace period: one run collects them together."""
    return [
        due_time
        for due_time in due_times
        if due_time.due_at <= now + grace_period(due_time.cadence)
    ]


def missed_runs(due_times: Iterable[DueTime], now: datetime) -> dict[str, int]:
    """Count the missed runs by kind; kinds that missed none are left out."""
    return {
        due_time.kind: missed for due_time in due_times if (missed := due_time.missed_runs(now))
    }


def _with_jitter(due_time: DueTime, jitter: float) -> datetime:
    """Move a due time forward, never back: no two attempts are further apart than the cadence."""
    return due_time.due_at - jitter * min(MAX_JITTER, grace_period(due_time.cadence))
