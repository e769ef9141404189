"""A backfill that is cut off again and again gives what an undisturbed one gives."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.incident_store import Event

from ccm_core.collect.observer import NullObserver
from ccm_core.model.evidence.collection import Outcome
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INCIDENT, ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
RESOLVED = (Event(600, "resolve", None, "api"),)


INCIDENTS = 250
AT_ONCE = tuple(Event(0, "notify", None, "api") for _ in range(41))
"""What happens to an incident in the second in which it begins: 42 entries with its trigger."""
STEP = 115
"""Answers to requests for log entries after which a run is stopped."""
MOST_RUNS = 8


class Killed(BaseException):
    """The process is gone."""


class DyingStore:
    """A store whose process dies after so many windows were stored."""

    def __init__(self, store, windows):
        self._store, self._windows_left = store, windows
        self.records = Delegate(store.records, append=self._append)
        self.runs = Delegate(store.runs, seal=self._seal)

    def __getattr__(self, name):
        """Return everything else from the store."""
        return getattr(self._store, name)

    def _append(self, batch):
        self._die_at_the_end()
        self._windows_left -= 1
        return self._store.records.append(batch)

    def _seal(self, manifest):
        self._die_at_the_end()
        self._store.runs.seal(manifest)

    def _die_at_the_end(self):
        if self._windows_left == 0:
            raise Killed


class Delegate:
    """An object with some methods replaced."""

    def __init__(self, target, **methods):
        self._target = target
        self.__dict__.update(methods)

    def __getattr__(self, name):
        """Return everything else from the object."""
        return getattr(self._target, name)


def exported(store):
    """Give what stands of the events: everything but when and in which collection it was read."""
    return [
        (one.kind, one.version, one.key, one.digest, one.body)
        for kind in (INCIDENT, ENTRY)
        for one in store.records.current("simulated", kind)
    ]


@pytest.mark.parametrize("deaths", [(0,), (1, 1), (3, 2, 4), (5, 0, 0, 7)], ids=str)
def test_a_killed_backfill_gives_the_same_evidence_as_an_undisturbed_one(
    simulated, tmp_path, deaths
):
    """Each run goes on where the one before was killed, and nothing is lost or read for ever."""
    simulated.add([NOW - n * HOUR for n in range(1, 60)], RESOLVED)
    simulated.add([NOW - n * DAY for n in range(1, 25)])
    whole = open_store(StoreLocation(url="sqlite:///whole.db"), base=tmp_path)
    simulated.collect(longest=4 * DAY, store=whole)
    undisturbed = len(simulated.control.requests)

    requests = 0
    for minute, windows in enumerate(deaths):
        with pytest.raises(Killed):
            simulated.collect(
                NOW + timedelta(minutes=minute),
                longest=4 * DAY,
                store=DyingStore(simulated.store, windows),
            )
        requests += len(simulated.control.requests)
    manifest = simulated.collect(NOW + timedelta(minutes=9), longest=4 * DAY)
    requests += len(simulated.control.requests)

    assert manifest.outcome is Outcome.COMPLETE
    assert exported(simulated.store) == exported(whole)
    assert requests < undisturbed + 6 * len(deaths)
    whole.close()


class Stopper(NullObserver):
    """Stops the run after so many pages of log entries."""

    def __init__(self, pages, stop):
        self._pages_left, self._stop = pages, stop

    def records_received(self, kind, *_counts):
        """Count a page."""
        self._pages_left -= kind == ENTRY
        if self._pages_left == 0:
            self._stop()


def kill():
    """End the process at once."""
    raise Killed


def cancel():
    """Ask the run to end, as Ctrl-C does."""
    asyncio.current_task().cancel()


@pytest.fixture
def burst(simulated):
    """Let 10,500 log entries happen to incidents of one team in one second."""
    for _ in range(INCIDENTS):
        simulated.add([NOW - 2 * DAY], AT_ONCE)
    return simulated


@pytest.mark.slow
@pytest.mark.attack(
    "Answers of the source",
    "One second with 10,500 log entries of one team takes longer to read than each run lasts",
    "Stored as it is read: runs that are stopped again and again end, with the same evidence",
)
@pytest.mark.parametrize(
    ("stop", "force"),
    [
        pytest.param(kill, False, id="killed"),
        pytest.param(cancel, False, id="cancelled"),
        pytest.param(cancel, True, id="cancelled, reading all anew"),
    ],
)
def test_a_second_is_read_to_its_end_by_runs_that_are_stopped(burst, tmp_path, stop, force):
    """Each run goes on within the second, and reads no incident for ever."""
    whole = open_store(StoreLocation(url="sqlite:///whole.db"), base=tmp_path)
    burst.collect(store=whole)
    undisturbed = len(burst.control.requests)

    stopped = requests = 0
    manifest = None
    while manifest is None and stopped < MOST_RUNS:
        now = NOW + timedelta(minutes=stopped)
        try:
            manifest = burst.collect(now, observer=Stopper(STEP, stop), force=force)
        except (Killed, asyncio.CancelledError):
            stopped += 1
        requests += len(burst.control.requests)

    assert manifest is not None
    assert (manifest.outcome, stopped > 1) == (Outcome.COMPLETE, True)
    assert exported(burst.store) == exported(whole)
    # One that reads all anew reads the windows that had been read as well.
    assert requests < (3 if force else 2) * undisturbed
    whole.close()
