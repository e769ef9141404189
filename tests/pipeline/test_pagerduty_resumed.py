"""A backfill that is cut off again and again gives what an undisturbed one gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.incident_log import Event

from ccm_core.model.evidence.collection import Outcome
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INCIDENT, ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
RESOLVED = (Event(600, "resolve", None, "api"),)


class Killed(BaseException):
    """The process is gone."""


class Frail:
    """A store whose process dies after so many windows were kept."""

    def __init__(self, store, windows):
        self._store, self._left = store, windows

    def __getattr__(self, name):
        """Do the rest as the store does."""
        return getattr(self._store, name)

    def keep(self, harvest):
        """Keep a window, or die first."""
        if self._left == 0:
            raise Killed
        self._left -= 1
        return self._store.records.append(harvest)

    def seal(self, manifest):
        """Seal a run, unless the process is gone."""
        if self._left == 0:
            raise Killed
        self._store.runs.seal(manifest)


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
                store=Frail(simulated.store, windows),
            )
        requests += len(simulated.control.requests)
    manifest = simulated.collect(NOW + timedelta(minutes=9), longest=4 * DAY)
    requests += len(simulated.control.requests)

    assert manifest.outcome is Outcome.COMPLETE
    assert exported(simulated.store) == exported(whole)
    assert requests < undisturbed + 6 * len(deaths)
    whole.close()
