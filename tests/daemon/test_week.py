"""A week of watching a simulated account over a socket, in seconds."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account
from pagerduty_simulator.account.incident_store import Event, IncidentRecord, IncidentState
from pagerduty_simulator.demo_data.incidents import service_references

from ccm_core.collect.cadence import grace_period
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.daemon.daemon import Daemon
from ccm_core.daemon.ports import WatchJob
from ccm_core.daemon.scheduler import MAX_JITTER
from ccm_core.daemon.signals import SignalFlags
from ccm_core.daemon.systemd_notify import SystemdNotifier
from ccm_core.pipeline.context import Connection, Host
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

from .conftest import NOW, Counted, LeapingClock, RecordedOutput, Unhurried

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY
SMALL = AccountSizes(users=4, teams=1, schedules=1, policies=1, services=2, incidents=5)
CADENCES = {
    "prod": {},
    "other": {
        "pagerduty.incident": 8 * HOUR,
        "pagerduty.incident_log_entry": 8 * HOUR,
        "pagerduty.service": 4 * HOUR,
        "pagerduty.schedule": DAY,
    },
}


@pytest.fixture
def lived(tmp_path):
    """Watch two connections to one account for a week; incidents go on meanwhile."""
    flags, output = SignalFlags(), RecordedOutput()
    clock = LeapingClock(until=NOW + WEEK, flags=flags)
    with PagerDutySimulator(build_account(NOW, sizes=SMALL)) as simulator:
        simulator.control.rate_limit = simulator.control.on_call_limit = 1_000_000
        numbers = happen_daily(simulator.account, clock)
        store = Counted(open_store(StoreLocation(url="sqlite:///ccm.db"), base=tmp_path))
        clock.busy = lambda: bool(sum(store.running.values()))
        job = WatchJob(
            host=Host(
                version="1",
                kinds={one.name: one for one in kinds()},
                views={},
                plugins=(),
                clock=clock.now,
            ),
            store=store,
            connections=tuple(CADENCES),
            connection=partial(connection, simulator),
            evaluate=lambda: "1 pass",
        )

        @contextmanager
        def opened():
            yield job

        daemon = Daemon(
            opened,
            clock=clock,
            output=output,
            supervisor=SystemdNotifier({}),
            jitter=random.Random(1).random,  # noqa: S311 - it spreads requests, and must repeat
            limiters=Unhurried(),
        )
        asyncio.run(asyncio.wait_for(daemon.run(flags), 600))
        yield store, output, numbers
        store.close()


def connection(simulator, name: str) -> Connection:
    """Give one of the two connections."""
    described = connector()
    return Connection(
        name=name,
        connector=described,
        settings=with_defaults(
            {"base_url": simulator.base_url, "lookback": "1d", "lookahead": "2d"},
            described.settings_schema(),
        ),
        auth_method="api_key",
        secrets={"key": Secret(simulator.api_key)},
        cadences=CADENCES[name],
        settings_digest="sha256:" + "0" * 64,
    )


def happen_daily(account, clock) -> list[int]:
    """Let an incident happen each day; give their numbers."""
    references = service_references(account, next(iter(account.services.values())))
    first = account.incidents.next_number
    state = IncidentState(
        events=(Event(0, "trigger", None, "api"), Event(600, "resolve", None, "api"))
    )

    def happen(day: int) -> None:
        created = int((NOW + day * DAY + 5 * HOUR).timestamp())
        incident = IncidentRecord(
            number=first + day,
            created=created,
            references=references,
            state=state,
            title="It broke",
        )
        account.incidents.put([incident])

    clock.at = [(NOW + day * DAY + 5.3 * HOUR, partial(happen, day)) for day in range(7)]
    return [first + day for day in range(7)]


@pytest.mark.slow
@pytest.mark.no_cover
def test_every_cadence_is_kept_for_a_week(lived):
    """No run is missed, nothing overlaps, nothing is read too often, and all of it is complete."""
    store, output, numbers = lived
    known = {one.name: one for one in kinds()}
    for name, cadences in CADENCES.items():
        tried = defaultdict(list)
        for manifest in store.runs.manifests(name):
            assert manifest.outcome == "complete"
            for kind in {one.kind for one in manifest.collections}:
                tried[kind].append(manifest.started_at)
        assert set(tried) == set(known)
        for kind, begins in tried.items():
            cadence = cadences.get(kind, known[kind].cadence)
            apart = [later - earlier for earlier, later in pairwise(begins)]
            assert begins[0] == NOW, kind
            assert max(apart) <= cadence, kind
            assert NOW + WEEK - begins[-1] <= cadence, kind
            assert (
                min(apart) >= cadence - grace_period(cadence) - MAX_JITTER
                or kind in READ_MORE_OFTEN
            ), kind
        bodies = [one.body for one in store.records.current(name, "pagerduty.incident")]
        assert {one["incident_number"] for one in bodies} >= set(numbers)
    assert store.most == {"prod": 1, "other": 1}
    assert output.about("missed runs") == []
    assert output.about("not collected") == []


READ_MORE_OFTEN = {"pagerduty.incident_log_entry"}
"""Read also whenever incidents are, because it reports which of them have changed."""
