"""The schedule, driven through days of sleep, slow runs and clocks that are set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.collect.cadence import DueTime
from ccm_core.daemon.scheduler import (
    MAX_BACKOFF,
    MAX_CONCURRENT,
    MAX_SLEEP,
    MIN_INTERVAL,
    PollSchedule,
    ScheduledConnection,
    due_now,
    missed_runs,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CADENCES = {"incident": HOUR, "schedule": 6 * HOUR, "service": 24 * HOUR}


@dataclass
class World:
    """A connection, the clock on the wall, and the time that really passes."""

    jitter: float = 0.0
    takes: timedelta = timedelta(0)
    """How long each run takes."""
    wall: datetime = NOW
    real: timedelta = timedelta(0)
    begins: dict[str, list[datetime]] = field(default_factory=lambda: {one: [] for one in CADENCES})
    """By kind: when, on the wall, a run began that read it."""
    really: list[timedelta] = field(default_factory=list)
    """When runs began in real time."""
    missed: int = 0

    def __post_init__(self) -> None:
        """Begin to watch."""
        self.schedule = PollSchedule.all_due(["prod"], self.wall)

    def due_times(self) -> list[DueTime]:
        """Say what is due from what was kept, as the store would."""
        found = []
        for kind, cadence in CADENCES.items():
            newest = self.begins[kind][-1] if self.begins[kind] else None
            known = newest is not None and newest <= self.wall
            due_at = newest + cadence if known else self.wall
            last_attempt_at = newest if known else None
            found.append(
                DueTime(kind=kind, cadence=cadence, due_at=due_at, last_attempt_at=last_attempt_at)
            )
        return found

    def pass_time(self, real: timedelta, wall: timedelta | None = None) -> None:
        """Let time pass; on the wall it may be another."""
        self.real += real
        self.wall += real if wall is None else wall

    def live(self, until: timedelta) -> None:
        """Do what the watch does, until so much time has really passed."""
        while self.real < until:
            for name in self.schedule.startable(self.wall):
                self.schedule = self.schedule.started(name)
                assert self.schedule.startable(self.wall) == ()
                if pending := due_now(self.due_times(), self.wall):
                    self.missed += sum(missed_runs(pending, self.wall).values())
                    self.really.append(self.real)
                    for due_time in pending:
                        self.begins[due_time.kind].append(self.wall)
                    self.pass_time(self.takes)
                self.schedule = self.schedule.completed(
                    name, self.due_times(), self.wall, self.jitter
                )
            self.pass_time(self.schedule.sleep_time(self.wall))


def gaps(begins: list[datetime]) -> list[timedelta]:
    """Give the times between one try and the next."""
    return [later - earlier for earlier, later in pairwise(begins)]


@pytest.mark.no_cover
@settings(max_examples=25)
@given(jitter=st.floats(0, 1, exclude_max=True), takes=st.integers(0, 50))
def test_attempts_are_never_further_apart_than_the_cadence(jitter, takes):
    """For a week, whatever the jitter, and however long runs take within the shortest cadence."""
    world = World(jitter=jitter, takes=takes * MINUTE)
    world.live(timedelta(days=7))
    for kind, cadence in CADENCES.items():
        assert max(gaps(world.begins[kind])) <= cadence
        assert min(gaps(world.begins[kind])) >= cadence * 11 / 12 - MINUTE
    assert world.missed == 0


@settings(max_examples=40)
@given(
    before=st.integers(0, 3 * 24 * 60),
    asleep=st.integers(1, 30 * 24 * 60),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_sleep_of_any_length_is_followed_by_one_poll(before, asleep, jitter):
    """Timers stood still, the wall's clock went on: each kind is read once, at the next step."""
    world = World(jitter=jitter)
    world.live(before * MINUTE)
    rounds = len(world.really)
    late = world.wall - world.begins["incident"][-1] if world.begins["incident"] else None
    world.pass_time(timedelta(0), asleep * MINUTE)
    world.live(world.real + 30 * MINUTE)
    after = len(world.really) - rounds
    if late is not None:
        passed = (late + asleep * MINUTE) // HOUR
        assert after <= (1 if passed else 0) + 1
        assert (after >= 1) >= (passed >= 1)
        slots = sum((late + asleep * MINUTE) // cadence > 1 for cadence in CADENCES.values())
        assert (world.missed > 0) >= (slots == len(CADENCES))


@settings(max_examples=40)
@given(back=st.integers(1, 400 * 24 * 60), before=st.integers(1, 3 * 24 * 60))
def test_schedule_survives_a_clock_that_is_set_back(back, before):
    """What was planned by the wrong clock is void: within a step it is looked at again."""
    world = World()
    world.live(before * MINUTE)
    at = world.real
    world.pass_time(timedelta(0), -back * MINUTE)
    world.live(at + 26 * HOUR)
    tries = [at, *(one for one in world.really if one >= at), world.real]
    apart = [later - earlier for earlier, later in pairwise(tries)]
    # By the new clock, what was read less than an hour before it is still fresh.
    assert max(apart) <= HOUR + MAX_SLEEP


@settings(max_examples=25)
@given(takes=st.integers(61, 600))
def test_slow_run_is_followed_at_once_and_never_overlapped(takes):
    """The next one begins after a short rest."""
    world = World(takes=takes * MINUTE)
    world.live(timedelta(days=2))
    apart = gaps(world.begins["incident"])
    assert set(apart) == {takes * MINUTE + MIN_INTERVAL}


def test_schedule_limits_concurrent_polls():
    """Ten connections that are all due begin a few at a time, longest waiting first."""
    connections = {
        f"c{n}": ScheduledConnection(due_at=NOW - n * MINUTE, planned_at=NOW - HOUR)
        for n in range(10)
    }
    schedule = PollSchedule(connections=connections)
    first = schedule.startable(NOW)
    assert first == tuple(f"c{n}" for n in (9, 8, 7, 6))[:MAX_CONCURRENT]
    for name in first:
        schedule = schedule.started(name)
    assert schedule.startable(NOW) == ()
    assert schedule.sleep_time(NOW) == MAX_SLEEP
    schedule = schedule.completed(first[0], (), NOW, 0.0)
    assert schedule.startable(NOW) == ("c5",)


@pytest.mark.parametrize(
    ("failures", "pause"),
    [
        pytest.param(1, timedelta(seconds=30), id="the first"),
        pytest.param(2, timedelta(seconds=60), id="twice as long"),
        pytest.param(7, MAX_BACKOFF, id="and no longer than the most"),
        pytest.param(900, MAX_BACKOFF, id="however many"),
    ],
)
def test_failed_connection_backs_off(failures, pause):
    """The others are not touched, and one success forgets it all."""
    schedule = PollSchedule.all_due(["dead", "well"], NOW)
    for _ in range(failures):
        schedule = schedule.started("dead").failed("dead", NOW)
    assert schedule.connections["dead"].due_at == NOW + pause
    assert schedule.connections["well"].due_at == NOW
    assert schedule.completed("dead", (), NOW, 0.0).connections["dead"].failures == 0


def test_zero_cadence_keeps_the_minimum_interval():
    """Whatever the settings say, the source is not asked without end."""
    due_time = DueTime(kind="fake.thing", cadence=timedelta(0), due_at=NOW, last_attempt_at=NOW)
    schedule = (
        PollSchedule.all_due(["prod"], NOW).started("prod").completed("prod", [due_time], NOW, 0.5)
    )
    assert schedule.connections["prod"].due_at == NOW + MIN_INTERVAL
