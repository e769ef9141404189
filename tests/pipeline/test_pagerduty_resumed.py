"""A backfill that is cut off again and again gives what an undisturbed one gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.incident_store import Event

from ccm_core.model.evidence.collection import Outcome
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INCIDENT, ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
RESOLVED = (Event(600, "resolve", None, "api"),)


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
