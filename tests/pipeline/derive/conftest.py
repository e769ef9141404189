"""A store that changes between evaluations, and a clock that moves."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from ccm_core.app.installation import build_host
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.model.digest import digest
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import compile_rules, evaluate
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.rules.types import PackText
from ccm_core.sdk.secret import Secret
from ccm_core.store.codec.bodies import compress_body
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
SERVICE = "pagerduty.service"
VIEW, USERS = "pagerduty.incident_response", "pagerduty.user_access"
UNCHANGED = {"support_hours": None}
MILD = {
    "in_time": {"match": "row.urgency == 'high'", "assert": "row.time_to_acknowledge <= 900"},
    "due": {
        "assert": "!row.open",
        "let": "{ends: \"timestamp(row.occurred_at) + duration(string(params.limit) + 's')\"}",
        "not_due": "row.open && now <= ends",
        "tolerance": "{at_least: 60%, per: month}",
    },
    "counted": {
        "assert": "row.acknowledged",
        "not_due": "now <= deadline(row.clock_to_resolve, params.limit)",
        "message": "{row.title} by {row.service.title}",
    },
    "overdue": {
        "match": "row.open && params.chosen",
        "assert": "now <= deadline(row.clock_to_resolve, limit)",
        "let": "{limit: params.limit + 60}",
        "message": "{row.title} is open since {row.occurred_at}, {limit} is allowed",
    },
    "seen": {"assert": "lookup('pagerduty.service', row.service.id).status != 'disabled'"},
    "moment": {"assert": "timestamp(row.occurred_at) < now - duration('3600s')"},
}
HARSH = {
    "aged": {
        "match": "now - timestamp(row.occurred_at) > duration('7200s')",
        "assert": "row.acknowledged",
        "message": "{elapsed(row.clock_to_resolve, now)}",
    },
    "any": {"assert": "size(row) > 20"},
    "caused": {"assert": "row.urgency == 'none'", "finding": "{cause: '[row.urgency]'}"},
    "moment": {
        "assert": "row.open || timestamp(row.occurred_at) > now",
        "not_due": "now <= deadline(row.clock_to_resolve, params.limit)",
    },
}
ACCEPTED = {"accepted": {"assert": "!row.invitation_pending"}}
CHOSEN = "\"row.urgency == 'high'\""
OTHER = {
    INCIDENT: {"numbered": {"assert": "row.incident_number > 3"}},
    SERVICE: {"active": {"assert": "row.status == 'active'", "message": "{row.name}"}},
}


def pack(name, groups, chosen=CHOSEN):
    """Write a pack."""
    lines = [
        "apiVersion: ccm/v1",
        "kind: RulePack",
        f"metadata: {{name: {name}, version: 1.0.0, title: Rules}}",
        "parameters:",
        "  limit: {type: duration, default: 2h, description: d}",
        f"  chosen: {{type: condition, over: {VIEW}, default: {chosen}, description: d}}",
        "rules:",
    ]
    for over, rules in groups.items():
        for number, (rule, fields) in enumerate(rules.items()):
            lines += [
                f"  - id: {name}_{over.rpartition('.')[2]}_{rule}",
                f"    title: All is well {number}",
                "    status: stable",
                "    severity: high",
                f"    over: {over}",
                "    on_empty: fail",
                *(
                    f"    {key}: {text}"
                    if text.startswith("{") and key != "message"
                    else f'    {key}: "{text}"'
                    for key, text in ({"message": "{row.title}"} | fields).items()
                ),
            ]
    return PackText(text="\n".join(lines).encode(), source=f"{name}.yaml")


PLAIN = {name: rule for name, rule in MILD.items() if name != "seen"}
"""Those that look nothing up."""
PACKS = {
    "plain": [pack("mild", {VIEW: PLAIN})],
    "mild": [pack("mild", {VIEW: MILD})],
    "chosen": [
        pack(
            "chosen",
            {VIEW: {"answered": {"match": "params.chosen", "assert": "row.acknowledged"}}},
            chosen='"row.time_to_acknowledge <= params.limit"',
        )
    ],
    "raw": [pack("raw", OTHER)],
    "aged": [pack("aged", {VIEW: {"aged": HARSH["aged"]}})],
    "acts": [pack("acts", {USERS: ACCEPTED}), pack("mild", {VIEW: PLAIN})],
    "acts alone": [pack("acts", {USERS: ACCEPTED})],
    "both": [pack("mild", {VIEW: MILD}), pack("harsh", {VIEW: HARSH} | OTHER)],
}


@cache
def catalog():
    """Return what is installed."""
    return load(discover())


@cache
def compiled(name, limit="2h"):
    """Compile some packs; ``shipped``: those of the plugin."""
    texts = PACKS.get(name) or [
        PackText(text=pack.text(), source=pack.location) for pack in catalog().packs.values()
    ]
    parameters = {} if name == "shipped" else {"limit": limit}
    return compile_rules(host(lambda: NOW), texts, parameters)


def host(clock):
    """Return the host with everything that is installed."""
    return Host(
        version="1",
        kinds=build_host(catalog()).kinds,
        views=catalog().views,
        plugins=(),
        clock=clock,
    )


def connection(name="firm", **settings_):
    """Make a connection."""
    connector = catalog().connectors["pagerduty"]
    configured = {"base_url": "http://127.0.0.1:9", "share": 1, "lookback": "30d", **settings_}
    return Connection(
        name=name,
        connector=connector,
        settings=with_defaults(configured, connector.settings_schema()),
        auth_method="api_key",
        secrets={"key": Secret("k")},
        settings_digest=digest(encode(settings_)),
    )


class World:
    """A store that changes, a clock that moves, and views that count what they are handed."""

    connection = staticmethod(connection)

    def __init__(self, store):
        """Start with nothing but the runs."""
        self.store, self.now, self.count = store, NOW, 0
        self.services = {"S0": UNCHANGED, "S1": UNCHANGED}
        self.connections, self.refreshed_at = [connection()], NOW - timedelta(days=1)
        for name in ("firm", "twin"):
            self.store.runs.begin(
                OpenRun(run=name, connection=name, connector="pagerduty", started_at=NOW)
            )
        self.derived, self.rows = Counter(), {}
        self.views = {
            name: replace(view, rows=self.counting(view)) for name, view in catalog().views.items()
        }

    def counting(self, view):
        """Count the incidents that a view is handed, and hold its rows."""

        def rows(request):
            self.derived[view.name] += len(request.records.get(INCIDENT, ()))
            self.rows[view.name] = tuple(view.rows(request))
            return self.rows[view.name]

        return rows

    def store_bodies(self, kind, bodies, *, name="firm", snapshot=False, ended=None, **fields):
        """Store some bodies by key."""
        self.count += 1
        at = ended or self.now
        collection = Collection(
            id=f"c{self.count}",
            run=name,
            connection=name,
            kind=kind,
            version=1,
            **{
                "window": None if snapshot else Window(at - timedelta(days=99), at),
                "started_at": at,
                "ended_at": at,
                "outcome": Outcome.COMPLETE,
                **fields,
            },
        )
        observations = [
            Observation(
                key=key,
                observed_at=at,
                source=RecordSource(
                    endpoint="/", window=collection.window, page=1, response_digest=digest(b"")
                ),
                body=compress_body(encode({"id": key, **body})),
            )
            for key, body in bodies.items()
        ]
        self.store.records.append(
            WriteBatch(collection=collection, observations=observations, snapshot=snapshot)
        )

    def refresh(self):
        """Collect everything once more where that is long ago, so that the evidence is fresh."""
        if abs(self.now - self.refreshed_at) < timedelta(hours=1):
            return
        self.refreshed_at = self.now
        for kind in (INCIDENT, LOG_ENTRY):
            self.store_bodies(kind, {})
            self.store_bodies(kind, {}, window=None)
        self.store_services(self.services)

    def store_services(self, services):
        """Store all services."""
        self.services = services
        bodies = {
            key: {"name": f"Service {key}", "status": "active", **fields}
            for key, fields in services.items()
        }
        self.store_bodies(SERVICE, bodies, snapshot=True)

    def incident(self, key, hours=-5, *, name="firm", into=None, **fields):
        """Store an incident."""
        reason = into and {"type": "merge_resolve_reason", "incident": {"id": into}}
        body = {
            "incident_number": 7,
            "title": f"Disk of {key}",
            "created_at": (NOW + timedelta(hours=hours)).isoformat(),
            "status": "resolved",
            "urgency": "high",
            "service": {"id": "S0", "summary": "Zero"},
            "resolve_reason": reason,
        }
        self.store_bodies(INCIDENT, {key: body | fields}, name=name)

    def users(self, **sent):
        """Store all users, each with whether the invitation is marked as sent."""
        bodies = {key: {"name": key, "role": "owner"} for key in sent}
        for key, body in bodies.items():
            body["invitation_sent"] = sent[key]
        self.store_bodies("pagerduty.user", bodies, snapshot=True)

    def entry(
        self, key, incident, action, hours=-5, *, name="firm", channel="website", agent="ann"
    ):
        """Store a log entry."""
        body = {
            "type": f"{action}_log_entry",
            "created_at": (NOW + timedelta(hours=hours)).isoformat(),
            "agent": {"id": agent, "type": "user_reference"},
            "channel": {"type": channel},
            "incident": {"id": incident, "summary": incident},
        }
        self.store_bodies(LOG_ENTRY, {key: body}, name=name)

    def incomplete_log(self, incident):
        """Store a collection that could not read the log of one incident."""
        shortfall = Shortfall(
            reason=Reason.DENIED, detail="403", subjects=(f"{INCIDENT}:{incident}",)
        )
        self.store_bodies(LOG_ENTRY, {}, outcome=Outcome.PARTIAL, shortfalls=(shortfall,))

    def erase(self, kind, key):
        """Erase the records of an object."""
        self.count += 1
        self.store.erasure.erase(
            Erasure(
                id=f"e{self.count}",
                connection="firm",
                kind=kind,
                key=key,
                reason="asked for",
                erased_at=self.now,
            )
        )

    def apply(self, change):
        """Apply a change to the store or the settings."""
        match change:
            case ("incident", key, fields):
                self.incident(key, **fields)
            case ("entry", key, incident, action, hours):
                self.entry(key, incident, action, hours)
            case ("services", services):
                self.store_services(services)
            case ("erase", kind, key):
                self.erase(kind, key)
            case ("twin", key):  # the same body, observed through another connection
                self.incident(key, name="twin")
                self.incident(key, name="firm", title="other")
            case ("lacking", key):
                self.incomplete_log(key)
            case ("ahead", key):  # another process, whose clock is ahead
                self.store_bodies(
                    INCIDENT,
                    {key: {"created_at": "2026-11-23T07:00:00Z", "status": "x"}},
                    ended=self.now + timedelta(minutes=30),
                )
            case ("settings", lookback):
                self.connections = [self.connection(lookback=lookback)]

    def evaluate(self, packs, waivers=(), as_of=None):
        """Evaluate everything, now."""
        context = replace(host(lambda: self.now), views=self.views)
        return evaluate(context, self.connections, self.store, packs, waivers, as_of=as_of)


@contextmanager
def opened(folder):
    """Open a world in a folder."""
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)
    try:
        yield World(store)
    finally:
        store.close()


def filled(world):
    """Store a few incidents that were answered, and one that is open."""
    for number in range(8):
        world.incident(f"I{number}")
        world.entry(f"L{number}a", f"I{number}", "trigger")
        world.entry(f"L{number}b", f"I{number}", "acknowledge", -4.9)
        world.entry(f"L{number}c", f"I{number}", "resolve", -4)
    world.incident("I8", -1, status="triggered")
    world.entry("L8a", "I8", "trigger", -1)
    world.refresh()


@pytest.fixture
def world(tmp_path):
    """A world with a few incidents that were answered, and one that is open."""
    with opened(tmp_path) as world:
        filled(world)
        yield world


@pytest.fixture(scope="session")
def packs():
    """Return a function that compiles packs by their name."""
    return compiled


@pytest.fixture(scope="session")
def worlds():
    """Return a function that opens an empty world in a folder."""
    return opened
