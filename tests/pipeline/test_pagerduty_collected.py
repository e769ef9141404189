"""Whole runs over the simulated account: what is there is kept, or it is said what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.simulator import AccountSizes, PagerDutySimulator, build_account
from ccm_pagerduty.simulator.incidents import Event, Plot, Story
from ccm_pagerduty.simulator.stories import place_of

from ccm_core.collect.interface import Silence
from ccm_core.config.defaults import with_defaults
from ccm_core.model.collection import Outcome
from ccm_core.pipeline import Connection, Host, collect
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface import StoreSettings
from ccm_core.store.open import open_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SIZES = AccountSizes(users=6, teams=2, schedules=3, policies=2, services=6, incidents=0)
INCIDENT, ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
EVENTS = ("service", "incident", "incident_log_entry")


class Place:
    """One connection to a simulated account, and the store it is kept in."""

    def __init__(self, simulator, store):
        self.simulator, self.store = simulator, store
        self.account, self.steering = simulator.account, simulator.steering

    def collect(self, now=NOW, nouns=EVENTS, **settings):
        """Do one run at a moment; give its manifest."""
        described = connector()
        wanted = {f"pagerduty.{noun}" for noun in nouns}
        collectors = tuple(one for one in described.collectors if one.kind in wanted)
        connection = Connection(
            name="simulated",
            connector=replace(described, collectors=collectors),
            settings=with_defaults(
                {"base_url": self.simulator.base_url, "share": 1, **settings},
                described.settings_schema(),
            ),
            auth_method="api_key",
            secrets={"key": Secret(self.simulator.api_key)},
            settings_digest="sha256:0",
        )
        host = Host(
            version="1",
            kinds={kind.name: kind for kind in kinds()},
            views={},
            plugins=(),
            clock=lambda: now,
        )
        self.steering.requests.clear()
        return collect(host, connection, self.store, Silence())

    def kept(self, kind=INCIDENT):
        """Give the bodies that stand, by key."""
        return {one.key: one.body for one in self.store.state("simulated", kind)}

    def add(self, moments, events=(), service=0):
        """Add incidents that began at some moments; give their numbers."""
        services = list(self.account.services.values())
        first = self.account.incidents.next_number
        self.account.incidents.put(
            Story(
                number=first + n,
                created=int(moment.timestamp()),
                place=place_of(self.account, services[(service + n) % len(services)]),
                plot=Plot(events=(Event(0, "trigger", None, "api"), *events)),
                title="Something",
            )
            for n, moment in enumerate(moments)
        )
        return range(first, first + len(moments))

    def change(self, number, at, what):
        """Let something happen to an incident at a moment."""
        after = int(at.timestamp()) - self.account.incidents[number].created
        self.account.incidents.continue_(number, Event(after, what, None, "website"))

    def asked(self, template):
        """Count the requests of the newest run to an endpoint."""
        return len(self.steering.requests_of(template))


RESOLVED = (Event(600, "resolve", None, "api"),)


@pytest.fixture
def place(tmp_path):
    """Serve an account without incidents, and open a store."""
    with PagerDutySimulator(build_account(NOW, sizes=SIZES)) as simulator:
        simulator.steering.rate_limit = 1_000_000
        store = open_store(StoreSettings(url="sqlite:///ccm.db"), base=tmp_path)
        yield Place(simulator, store)
        store.close()


def collections(manifest, kind):
    """Give what a run kept of a kind."""
    return [one for one in manifest.collections if one.kind == kind]


@pytest.mark.slow
def test_a_burst_on_a_busy_day_is_read_whole(place):
    """Of 17,495 incidents in a day 12,000 began in one second; time does not cut those."""
    busy, burst = NOW - 2 * DAY, NOW - 2 * DAY + 11 * HOUR
    place.add([busy + timedelta(seconds=15 * n) for n in range(5_495)], RESOLVED)
    place.add([burst] * 12_000, RESOLVED)
    manifest = place.collect(nouns=("service", "incident"))

    assert manifest.outcome is Outcome.COMPLETE
    assert len(place.kept()) == 17_495
    assert place.asked("/incidents") < 300


def test_an_hour_in_which_nothing_happened_costs_the_same_whatever_is_kept(place):
    """The requests do not depend on how many incidents are in the store."""
    costs = []
    for round_, count in enumerate((50, 950)):
        now = NOW + round_ * DAY
        moments = [now - 20 * HOUR + timedelta(minutes=n) for n in range(count)]
        place.add(moments, RESOLVED)
        place.collect(now - 2 * HOUR)
        place.collect(now)
        costs.append(len(place.steering.requests))
    assert len(place.kept()) == 1000
    assert costs[0] == costs[1] <= 5


@pytest.mark.parametrize(
    "what", [pytest.param("resolve", id="resolved"), pytest.param("reopen", id="reopened")]
)
@pytest.mark.parametrize("strategy", ["account", "incident", "auto"])
def test_a_five_month_old_incident_that_changed_is_current_after_one_run(place, what, strategy):
    """Whatever happened to it within the last hour."""
    before = RESOLVED if what == "reopen" else ()
    (number,) = place.add([NOW - 150 * DAY], before)
    place.add([NOW - n * HOUR for n in range(1, 300)], RESOLVED)
    settings = {"lookback": "180d", "log_entries": strategy}
    place.collect(NOW, **settings)
    place.change(number, NOW + HOUR, what)
    manifest = place.collect(NOW + 2 * HOUR, **settings)

    assert manifest.outcome is Outcome.COMPLETE
    status = {body["incident_number"]: body["status"] for body in place.kept().values()}
    assert status[number] == ("resolved" if what == "resolve" else "triggered")
