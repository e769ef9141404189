"""When a kind is due: timers that are early or late, failures, clocks that jump."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.collect.cadence import DueTime, grace_period
from ccm_core.collect.planner import PlanInputs, due_times, plan
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.sdk.types import Collector, EvidenceKind, Shape

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVENT, SNAPSHOT, DAILY = "fake.event", "fake.thing", "fake.owner"


def kind(name: str, shape: Shape, cadence: timedelta) -> EvidenceKind:
    """Make a kind that is read every so often."""
    return EvidenceKind(
        name=name, version=1, title=name, shape=shape, key=("id",), cadence=cadence, schema=dict
    )


KINDS = {
    EVENT: kind(EVENT, Shape.EVENT, HOUR),
    SNAPSHOT: kind(SNAPSHOT, Shape.SNAPSHOT, HOUR),
    DAILY: kind(DAILY, Shape.SNAPSHOT, DAY),
}


async def _collect(session, ask):
    """Give nothing: these tests plan, and read nothing."""
    for page in ():
        yield page


COLLECTORS = [
    Collector(kind=DAILY, collect=_collect),
    Collector(kind=SNAPSHOT, collect=_collect),
    Collector(kind=EVENT, collect=_collect, settles_after=10 * MINUTE),
]


@dataclass
class Past:
    """What was kept, and runs that add to it without reading anything."""

    kept: dict[str, list[Collection]] = field(default_factory=dict)
    cadences: dict[str, timedelta] = field(default_factory=dict)
    runs: int = 0

    def wanted(self, now: datetime) -> PlanInputs:
        """Ask for what is due at a moment."""
        return PlanInputs(now=now, horizon=Window(now - 30 * DAY, now), cadences=self.cadences)

    def run(
        self,
        now: datetime,
        *,
        takes: timedelta = timedelta(0),
        reason: Reason | None = None,
        started: datetime | None = None,
    ) -> set[str]:
        """Do one run whose reading takes a while; name the kinds it read."""
        self.runs += 1
        tasks = plan(COLLECTORS, KINDS, self.kept, self.wanted(now)).tasks
        for place, task in enumerate(tasks):
            for window in task.windows:
                self.kept.setdefault(task.kind.name, []).append(
                    Collection(
                        id=f"{self.runs}/{place}",
                        run=str(self.runs),
                        connection="fake-prod",
                        kind=task.kind.name,
                        version=1,
                        window=window,
                        started_at=(started or now) + takes * place / 3,
                        ended_at=(started or now) + takes * (place + 1) / 3,
                        outcome=Outcome.PARTIAL if reason else Outcome.COMPLETE,
                        shortfalls=(Shortfall(reason=reason, detail="x"),) if reason else (),
                    )
                )
        return {task.kind.name for task in tasks}

    def due_times(self, now: datetime) -> dict[str, DueTime]:
        """Say when each kind is due."""
        return {one.kind: one for one in due_times(COLLECTORS, KINDS, self.kept, self.wanted(now))}


@pytest.mark.no_cover
@given(
    offsets=st.lists(st.integers(-140, 140), min_size=50, max_size=50),
    takes=st.lists(st.integers(0, 40), min_size=50, max_size=50),
)
def test_hourly_timer_that_is_early_or_late_skips_no_run(offsets, takes):
    """Each run reads the hourly kinds and each 24th the daily one, however long readings take."""
    past, read = Past(), []
    for hour, (offset, minutes) in enumerate(zip(offsets, takes, strict=True)):
        now = NOW + hour * HOUR + timedelta(seconds=offset)
        read.append(past.run(now, takes=minutes * MINUTE))
    assert all({EVENT, SNAPSHOT} <= kinds for kinds in read)
    assert [hour for hour, kinds in enumerate(read) if DAILY in kinds] == [0, 24, 48]


@given(seconds=st.integers(0, 2 * 86_400))
def test_due_time_agrees_with_the_plan(seconds):
    """What a plan reads is due within its leeway, and what it leaves is not."""
    past = Past()
    past.run(NOW, takes=10 * MINUTE)
    now = NOW + timedelta(seconds=seconds)
    owed = {task.kind.name for task in plan(COLLECTORS, KINDS, past.kept, past.wanted(now)).tasks}
    for name, due_time in past.due_times(now).items():
        soon = due_time.due_at <= now + grace_period(due_time.cadence)
        assert soon == (name in owed), name


def test_connection_cadence_overrides_the_kind():
    """An override decides for the plan and for the turn."""
    past = Past(cadences={DAILY: 2 * HOUR})
    past.run(NOW)
    assert past.due_times(NOW)[DAILY].due_at == NOW + 2 * HOUR
    assert DAILY not in past.run(NOW + HOUR)
    assert DAILY in past.run(NOW + 2 * HOUR)


def test_every_kind_is_due_at_first():
    """What was never read is due now, and nothing was missed."""
    found = Past().due_times(NOW)
    assert {one.due_at for one in found.values()} == {NOW}
    assert {one.missed_runs(NOW) for one in found.values()} == {0}


@pytest.mark.parametrize("ahead", [timedelta(minutes=2), HOUR, 365 * DAY])
def test_collection_by_a_clock_in_the_future_is_repeated(ahead):
    """A collection that claims to have begun later than now covers nothing."""
    past = Past()
    past.run(NOW + ahead)
    assert {one.due_at for one in past.due_times(NOW).values()} == {NOW}
    assert past.run(NOW) == set(KINDS)
    assert past.run(NOW + timedelta(seconds=30)) == set()


@pytest.mark.parametrize(
    ("reason", "failures", "pause"),
    [
        pytest.param(Reason.SOURCE_ERROR, 1, MINUTE, id="a failure: a minute later"),
        pytest.param(Reason.INTERRUPTED, 9, 8 * MINUTE, id="as long as it has been failing"),
        pytest.param(Reason.RATE_LIMITED, 70, HOUR, id="and at most a cadence"),
        pytest.param(Reason.DENIED, 1, HOUR, id="a right is missing: a cadence later"),
        pytest.param(Reason.HIDDEN_REFERENCES, 2, HOUR, id="hidden: a cadence later"),
    ],
)
def test_failed_kind_is_retried_with_backoff(reason, failures, pause):
    """Asking again helps against a source that is down, not against a right that is missing."""
    past, now = Past(), NOW
    past.run(now - HOUR)
    for _ in range(failures):
        past.run(now, reason=reason)
        began, now = now, now + MINUTE
    assert past.due_times(now)[SNAPSHOT].due_at == began + pause


@pytest.mark.parametrize(
    ("age", "missed_runs"),
    [
        pytest.param(timedelta(0), 0, id="just begun"),
        pytest.param(HOUR, 0, id="due: the next scheduled run could just start"),
        pytest.param(2 * HOUR - MINUTE, 0, id="late, and still before the run after it"),
        pytest.param(2 * HOUR, 1, id="the next scheduled run was missed"),
        pytest.param(8 * HOUR + MINUTE, 7, id="a night asleep"),
        pytest.param(-HOUR, 0, id="a clock that went backwards"),
    ],
)
def test_missed_runs_counts_cadences_without_an_attempt(age, missed_runs):
    """A scheduled run is missed once the one after it is due and no run has tried the kind."""
    due_time = DueTime(kind=SNAPSHOT, cadence=HOUR, due_at=NOW + HOUR, last_attempt_at=NOW)
    assert due_time.missed_runs(NOW + age) == missed_runs
