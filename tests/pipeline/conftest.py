"""A connection to a simulated PagerDuty account, and the store that runs keep it in."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from ccm_pagerduty.client import open_session
from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account
from pagerduty_simulator.account.incident_store import Event, IncidentRecord, IncidentState
from pagerduty_simulator.demo_data.incidents import service_references

from ccm_core.app.installation import build_host
from ccm_core.collect.observer import NullObserver
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.ledger.signed_note import Unsigned
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.waiver import ApprovalAuthority, Waiver
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import (
    compile_rules,
    evaluate,
    next_moment,
    watch_scope,
)
from ccm_core.pipeline.reproduce import RuleSet, store_evaluation
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.rules.types import PackText
from ccm_core.sdk.http import Bounds
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIZES = AccountSizes(users=6, teams=2, schedules=3, policies=2, services=6, incidents=0)
INCIDENT = "pagerduty.incident"
HASTY = Bounds(attempts=4, backoff=0.0, max_backoff=0.0)
FOUNDED = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
SMALL = AccountSizes(users=6, teams=2, schedules=3, policies=2, services=5, incidents=30)
DAY = timedelta(days=1)
EVENTS = ("service", "incident", "incident_log_entry")


class SimulatedConnection:
    """One connection to a simulated account, and the store it is kept in."""

    def __init__(self, simulator, store):
        self.simulator, self.store = simulator, store
        self.account, self.control = simulator.account, simulator.control
        self.now = NOW

    def collect(
        self,
        now=NOW,
        nouns=EVENTS,
        longest=None,
        store=None,
        observer=None,
        *,
        force=False,
        accepted=(),
        **settings,
    ):
        """Do one run at a moment; give its manifest."""
        described = connector()
        selected = {f"pagerduty.{noun}" for noun in nouns}

        def chosen(settings):
            return tuple(
                replace(one, longest_window=longest) if longest and one.longest_window else one
                for one in described.selected_collectors(settings)
                if one.kind in selected
            )

        connection = Connection(
            name="simulated",
            connector=replace(
                described,
                collectors=chosen({}),
                collectors_for=chosen,
                connect=partial(open_session, bounds=HASTY),
                look_up=None,
            ),
            settings=with_defaults(
                {"base_url": self.simulator.base_url, "share": 1, **settings},
                described.settings_schema(),
            ),
            auth_method="api_key",
            secrets={"key": Secret(self.simulator.api_key)},
            settings_digest="sha256:0",
            accept_unavailable=dict.fromkeys(accepted, "not in our plan"),
        )
        host = Host(
            version="1",
            kinds={kind.name: kind for kind in kinds()},
            views={},
            plugins=(),
            clock=lambda: now,
        )
        self.control.requests.clear()
        return asyncio.run(
            collect(host, connection, store or self.store, observer or NullObserver(), force=force)
        )

    def kept(self, kind=INCIDENT):
        """Give the bodies that stand, by key."""
        return {one.key: one.body for one in self.store.records.current("simulated", kind)}

    def add(self, moments, events=(), service=0):
        """Add incidents that began at some moments; give their numbers."""
        services = list(self.account.services.values())
        first = self.account.incidents.next_number
        self.account.incidents.put(
            IncidentRecord(
                number=first + n,
                created=int(moment.timestamp()),
                references=service_references(
                    self.account, services[(service + n) % len(services)]
                ),
                state=IncidentState(events=(Event(0, "trigger", None, "api"), *events)),
                title="Something",
            )
            for n, moment in enumerate(moments)
        )
        return range(first, first + len(moments))

    def change(self, number, at, event):
        """Let something happen to an incident at a moment."""
        after = int(at.timestamp()) - self.account.incidents[number].created
        self.account.incidents.append_events(number, Event(after, event, None, "website"))

    def asked(self, template):
        """Count the requests of the newest run to an endpoint."""
        return len(self.control.requests_to(template))


@pytest.fixture
def simulated(tmp_path):
    """Serve an account without incidents, and open a store."""
    with PagerDutySimulator(build_account(NOW, sizes=SIZES)) as simulator:
        simulator.control.rate_limit = 1_000_000
        store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=tmp_path)
        yield SimulatedConnection(simulator, store)
        store.close()


class Signer:
    """A signing key of a test."""

    def __init__(self, seed=1):
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, data):
        """Sign some bytes."""
        return self._key.sign(data)


class Company:
    """A simulated account, the host that watches it, and a clock that a test moves."""

    def __init__(self, simulator, store, keys):
        self.simulator, self.store, self.keys = simulator, store, keys
        (self.signer,) = keys
        self.now = FOUNDED
        catalog = load(discover())
        self.packs = catalog.packs
        self.connector = catalog.connectors["pagerduty"]
        self.host = Host(
            version="1",
            kinds=build_host(catalog).kinds,
            views=catalog.views,
            plugins=catalog.versions(),
            clock=lambda: self.now,
        )

    def connection(self, **settings):
        """Give the connection as its settings want it."""
        effective = {"base_url": self.simulator.base_url, "share": 1, "lookback": "30d", **settings}
        return Connection(
            name="firm",
            connector=self.connector,
            settings=with_defaults(effective, self.connector.settings_schema()),
            auth_method="api_key",
            secrets={"key": Secret(self.simulator.api_key)},
            settings_digest=digest(json_codec.encode(settings)),
        )

    def collect(self):
        """Read what is due."""
        return asyncio.run(collect(self.host, self.connection(), self.store, NullObserver()))

    def ruling(self):
        """Give the shipped packs, and a waiver for the first rule."""
        texts = [PackText(text=one.text(), source=one.location) for one in self.packs.values()]
        compiled = compile_rules(self.host, texts, {})
        rules = [rule.id for pack in compiled.packs for rule in pack.pack.rules]
        waivers = [
            Waiver(
                id=f"W-{n}",
                rules=(rule,),
                authority=ApprovalAuthority(accepts_unsigned=True),
                reason="moved",
                owner="a",
                approver="b",
                created=FOUNDED - DAY,
                expires=FOUNDED + DAY,
            )
            for n, rule in enumerate(rules)
        ]
        return compiled, RuleSet(packs=texts, waivers=waivers)

    def evaluate(self):
        """Judge now, and keep what was said."""
        compiled, ruling = self.ruling()
        connections = [self.connection()]
        evaluation, act = evaluate_changes(
            self.host,
            [watch_scope(self.host, connection) for connection in connections],
            self.store,
            compiled,
            ruling.waivers,
            now=next_moment(self.host, connections, self.store),
        )
        store_evaluation(self.host, connections, self.store, evaluation, ruling, compiled, act)
        return self.store.evaluations.latest().evaluation

    def evaluate_as_of(self, moment):
        """Judge what had been stored by a moment, and keep what was said whole."""
        compiled, ruling = self.ruling()
        connections = [self.connection()]
        evaluation = evaluate(
            self.host, connections, self.store, compiled, ruling.waivers, as_of=moment
        )
        store_evaluation(self.host, connections, self.store, evaluation, ruling, compiled)
        return evaluation


@contextmanager
def founded(folder, denied=()):
    """Give a small firm whose account was read once, but for what is denied, and its store."""
    keys = [Signer()]
    with PagerDutySimulator(build_account(FOUNDED, sizes=SMALL)) as simulator:
        simulator.control.rate_limit = 1_000_000
        for template in denied:
            simulator.control.deny(template)
        settings = StoreLocation(url="sqlite:///ccm.db")
        store = open_store(settings, base=folder, signing=lambda: keys or Unsigned(why="lost"))
        company = Company(simulator, store, keys)
        company.collect()
        yield company
        store.close()


@pytest.fixture(scope="session")
def found_firm():
    """Return a function that founds such a firm in a folder."""
    return founded


@pytest.fixture
def firm(tmp_path):
    """A small firm whose account was read once, into a store that is signed."""
    with founded(tmp_path) as company:
        yield company


@pytest.fixture(scope="session")
def old_firm(tmp_path_factory):
    """The same for many tests, which must not change it: read and judged on two days."""
    with founded(tmp_path_factory.mktemp("firm")) as company:
        company.evaluate()
        company.now = FOUNDED + DAY
        services = company.simulator.account.services
        services.pop(min(services))
        company.collect()
        company.evaluate()
        yield company
