"""The schedule: which connection's round begins when. Pure: the moment is an argument.

What is due is decided by the collections in the store (:mod:`ccm_core.collect.cadence`), whoever
kept them. A schedule only remembers when to look again, so there is nothing to catch up with
after a sleep of any length but one round for each connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccm_core.collect.cadence import DueTime
from ccm_core.collect.freshness import tolerance

AT_ONCE = 4
"""Rounds side by side: after a sleep everything is due together."""
STEP = timedelta(minutes=1)
"""The longest single wait. A suspended machine stops timers; the clock on the wall goes on."""
REST = timedelta(seconds=10)
"""The shortest time between the rounds of one connection, whatever its cadences say."""
FIRST_PAUSE, MOST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
"""How long after a round that could not be had the next one is tried; doubles up to the most."""
MOST_JITTER = timedelta(minutes=1)
"""How much before its time a round may begin, so that not everybody asks in the same second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledConnection:
    """One connection under watch."""

    due_at: datetime
    """When to look at it again."""
    planned_at: datetime
    """When that was decided."""
    running: bool = False
    failures: int = 0
    """Rounds in a row that could not be had at all."""

    def calls(self, now: datetime) -> bool:
        """Say whether it is time to look.

        What was decided later than now was decided by a clock that has been set back since.
        """
        return not self.running and (self.due_at <= now or self.planned_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSchedule:
    """Every connection under watch, by name."""

    posts: Mapping[str, ScheduledConnection]

    @classmethod
    def begun(cls, names: Iterable[str], now: datetime) -> PollSchedule:
        """Look at every connection at once."""
        return cls(posts={name: ScheduledConnection(due_at=now, planned_at=now) for name in names})

    def startable(self, now: datetime) -> tuple[str, ...]:
        """Name the connections to look at now, whoever waits longest first."""
        calling = [name for name, post in self.posts.items() if post.calls(now)]
        return tuple(sorted(calling, key=lambda name: self.posts[name].due_at)[: self._room()])

    def started(self, name: str) -> PollSchedule:
        """Note that a round runs."""
        return self._with(name, replace(self.posts[name], running=True))

    def rested(
        self, name: str, due_times: Sequence[DueTime], now: datetime, jitter: float
    ) -> PollSchedule:
        """Note that a round has ended and what it left.

        Args:
            name: The connection.
            turns: When each kind is next due.
            now: The moment.
            jitter: A number from 0 up to 1, drawn anew each time.
        """
        due_at = max(
            now + REST, min((_early(one, jitter) for one in due_times), default=now + STEP)
        )
        return self._with(name, ScheduledConnection(due_at=due_at, planned_at=now))

    def failed(self, name: str, now: datetime) -> PollSchedule:
        """Note that a round could not be had: the next one waits longer each time."""
        failures = self.posts[name].failures + 1
        pause = min(MOST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 20))
        return self._with(
            name, ScheduledConnection(due_at=now + pause, planned_at=now, failures=failures)
        )

    def next_at(self) -> datetime | None:
        """Give the moment of the next look; None while every connection is being read."""
        return min((post.due_at for post in self.posts.values() if not post.running), default=None)

    def wait(self, now: datetime) -> timedelta:
        """Say how long to wait before looking at the clock again."""
        next_at = self.next_at()
        if next_at is None or not self._room():
            return STEP  # the end of a round is what is waited for
        return min(STEP, max(timedelta(0), next_at - now))

    def _room(self) -> int:
        return max(0, AT_ONCE - sum(post.running for post in self.posts.values()))

    def _with(self, name: str, post: ScheduledConnection) -> PollSchedule:
        return PollSchedule(posts={**self.posts, name: post})


def due(due_times: Iterable[DueTime], now: datetime) -> list[DueTime]:
    """Give the turns that have come, or come within their leeway: one round reads them all."""
    return [one for one in due_times if one.due_at <= now + tolerance(one.cadence)]


def missed(due_times: Iterable[DueTime], now: datetime) -> dict[str, int]:
    """Count by kind the slots that passed without a try; kinds that missed none are left out."""
    return {one.kind: number for one in due_times if (number := one.missed_runs(now))}


def _early(due_time: DueTime, jitter: float) -> datetime:
    """Begin early, never late: so no two tries of a kind are further apart than its cadence."""
    return due_time.due_at - jitter * min(MOST_JITTER, tolerance(due_time.cadence))
