"""A connection to a simulated PagerDuty account, and the store that runs keep it in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from ccm_pagerduty.client import live
from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.simulator import AccountSizes, PagerDutySimulator, build_account
from ccm_pagerduty.simulator.incidents import Event, Plot, Story
from ccm_pagerduty.simulator.stories import place_of

from ccm_core.collect.interface import Silence
from ccm_core.config.defaults import with_defaults
from ccm_core.pipeline import Connection, Host, collect
from ccm_core.sdk.http import Bounds
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface import StoreSettings
from ccm_core.store.open import open_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIZES = AccountSizes(users=6, teams=2, schedules=3, policies=2, services=6, incidents=0)
INCIDENT = "pagerduty.incident"
HASTY = Bounds(attempts=4, backoff=0.0, backoff_most=0.0)
EVENTS = ("service", "incident", "incident_log_entry")


class Place:
    """One connection to a simulated account, and the store it is kept in."""

    def __init__(self, simulator, store):
        self.simulator, self.store = simulator, store
        self.account, self.steering = simulator.account, simulator.steering

    def collect(self, now=NOW, nouns=EVENTS, longest=None, store=None, **settings):
        """Do one run at a moment; give its manifest."""
        described = connector()
        wanted = {f"pagerduty.{noun}" for noun in nouns}

        def chosen(settings):
            return tuple(
                replace(one, longest_window=longest) if longest and one.longest_window else one
                for one in described.chosen(settings)
                if one.kind in wanted
            )

        connection = Connection(
            name="simulated",
            connector=replace(
                described,
                collectors=chosen({}),
                collectors_for=chosen,
                connect=partial(live, bounds=HASTY),
                look_up=None,
            ),
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
        return collect(host, connection, store or self.store, Silence())

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


@pytest.fixture
def place(tmp_path):
    """Serve an account without incidents, and open a store."""
    with PagerDutySimulator(build_account(NOW, sizes=SIZES)) as simulator:
        simulator.steering.rate_limit = 1_000_000
        store = open_store(StoreSettings(url="sqlite:///ccm.db"), base=tmp_path)
        yield Place(simulator, store)
        store.close()
