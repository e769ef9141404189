"""An evaluation that remembers the one before says what one that remembers nothing says."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.cli.context import host_of
from ccm_core.config.defaults import with_defaults
from ccm_core.errors import StoreError
from ccm_core.host.discovery import discover
from ccm_core.host.loader import load
from ccm_core.model.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.erasure import Erasure
from ccm_core.model.json import digest, encode
from ccm_core.model.record import Source
from ccm_core.model.waiver import Waiver
from ccm_core.model.window import Window
from ccm_core.pipeline import Connection, Host, Recall, compile_rules, evaluate
from ccm_core.rules.interface import PackText
from ccm_core.sdk.secret import Secret
from ccm_core.store.content import packed
from ccm_core.store.interface import Harvest, Observation, OpenRun, StoreSettings
from ccm_core.store.open import open_store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
SERVICE = "pagerduty.service"
VIEW = "pagerduty.incident_response"
AS_IT_WAS = {"support_hours": None}
MILD = {
    "in_time": {"match": "row.urgency == 'high'", "assert": "row.time_to_acknowledge <= 900"},
    "due": {
        "assert": "!row.open",
        "not_due": "row.open && row.age <= params.limit",
        "tolerance": "{at_least: 60%, per: month}",
    },
    "counted": {
        "assert": "row.acknowledged",
        "not_due": "row.counted_age <= params.limit",
        "message": "{row.title} by {row.service.title}",
    },
    "overdue": {
        "match": "row.open && params.chosen",
        "assert": "row.counted_age <= limit",
        "let": "{limit: params.limit + 60}",
        "message": "{row.title} is {row.age} old, {limit} is allowed",
    },
    "seen": {"assert": "lookup('pagerduty.service', row.service.id).status != 'disabled'"},
    "moment": {"assert": "timestamp(row.occurred_at) < now - duration('3600s')"},
}
HARSH = {
    "aged": {"match": "row.age > 7200", "assert": "row.acknowledged", "message": "{row.age}"},
    "any": {"assert": "size(row) > 20"},
    "moment": {
        "assert": "row.open || timestamp(row.occurred_at) > now",
        "not_due": "row.age <= params.limit",
    },
}
CHOSEN = "\"row.urgency == 'high'\""
OTHER = {
    INCIDENT: {"numbered": {"assert": "row.incident_number > 3"}},
    SERVICE: {"active": {"assert": "row.status == 'active'", "message": "{row.name}"}},
}


def pack(name, groups):
    """Write a pack."""
    lines = [
        "apiVersion: ccm/v1",
        "kind: RulePack",
        f"metadata: {{name: {name}, version: 1.0.0, title: Rules}}",
        "parameters:",
        "  limit: {type: duration, default: 2h, description: d}",
        f"  chosen: {{type: condition, over: {VIEW}, default: {CHOSEN}, description: d}}",
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
    "both": [pack("mild", {VIEW: MILD}), pack("harsh", {VIEW: HARSH} | OTHER)],
}


@cache
def catalog():
    """Give what is installed."""
    return load(discover())


@cache
def compiled(name, limit="2h"):
    """Compile some packs; ``shipped``: those of the plugin."""
    texts = PACKS.get(name) or [
        PackText(text=one.text(), source=one.location) for one in catalog().packs.values()
    ]
    parameters = {} if name == "shipped" else {"limit": limit}
    return compile_rules(host(lambda: NOW), texts, parameters)


def host(clock):
    """Give the host with everything that is installed."""
    return Host(
        version="1",
        kinds=host_of(catalog()).kinds,
        views=catalog().views,
        plugins=(),
        clock=clock,
    )


def connection(name="firm", **settings_):
    """Give a connection."""
    connector = catalog().connectors["pagerduty"]
    given_ = {"base_url": "http://127.0.0.1:9", "share": 1, "lookback": "30d", **settings_}
    return Connection(
        name=name,
        connector=connector,
        settings=with_defaults(given_, connector.settings_schema()),
        auth_method="api_key",
        secrets={"key": Secret("k")},
        settings_digest=digest(encode(settings_)),
    )


class World:
    """A store that changes, a clock that moves, and what was remembered so far."""

    def __init__(self, store):
        """Begin with nothing but the runs."""
        self.store, self.now, self.recall, self.count = store, NOW, Recall(), 0
        self.services = {"S0": AS_IT_WAS, "S1": AS_IT_WAS}
        self.connections, self.looked = [connection()], NOW - timedelta(days=1)
        for name in ("firm", "twin"):
            self.store.begin(
                OpenRun(run=name, connection=name, connector="pagerduty", started_at=NOW)
            )
        self.derived = Counter()
        self.views = {
            name: replace(one, rows=self.counting(one)) for name, one in catalog().views.items()
        }

    def counting(self, view):
        """Count the incidents that a view is handed."""

        def rows(request):
            self.derived[view.name] += len(request.records.get(INCIDENT, ()))
            return view.rows(request)

        return rows

    def keep(self, kind, bodies, *, name="firm", snapshot=False, ended=None, **more):
        """Keep some bodies by key."""
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
                **more,
            },
        )
        seen = [
            Observation(
                key=key,
                observed_at=at,
                source=Source(
                    endpoint="/", window=collection.window, page=1, response_digest=digest(b"")
                ),
                body=packed(encode({"id": key, **body})),
            )
            for key, body in bodies.items()
        ]
        self.store.keep(Harvest(collection=collection, observations=seen, snapshot=snapshot))

    def refresh(self):
        """Look at everything once more where that is long ago, so that the evidence is of now."""
        if abs(self.now - self.looked) < timedelta(hours=1):
            return
        self.looked = self.now
        for kind in (INCIDENT, LOG_ENTRY):
            self.keep(kind, {})
            self.keep(kind, {}, window=None)
        self.serve(self.services)

    def serve(self, services):
        """Keep all services there are."""
        self.services = services
        named = {
            key: {"name": f"Service {key}", "status": "active", **more}
            for key, more in services.items()
        }
        self.keep(SERVICE, named, snapshot=True)

    def incident(self, key, hours=-5, *, name="firm", into=None, **more):
        """Keep an incident."""
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
        self.keep(INCIDENT, {key: body | more}, name=name)

    def entry(self, key, incident, what, hours=-5, *, name="firm", channel="website"):
        """Keep a log entry."""
        body = {
            "type": f"{what}_log_entry",
            "created_at": (NOW + timedelta(hours=hours)).isoformat(),
            "agent": {"id": "ann", "type": "user_reference"},
            "channel": {"type": channel},
            "incident": {"id": incident, "summary": incident},
        }
        self.keep(LOG_ENTRY, {key: body}, name=name)

    def lacking(self, incident):
        """Tell that the log of one incident could not be read."""
        fall = Shortfall(reason=Reason.DENIED, detail="403", subjects=(f"{INCIDENT}:{incident}",))
        self.keep(LOG_ENTRY, {}, outcome=Outcome.PARTIAL, shortfalls=(fall,))

    def erase(self, kind, key):
        """Erase what was kept of an object."""
        self.count += 1
        self.store.erase(
            Erasure(
                id=f"e{self.count}",
                connection="firm",
                kind=kind,
                key=key,
                reason="asked for",
                erased_at=self.now,
            )
        )

    def evaluate(self, packs, recall=None, waivers=()):
        """Judge now."""
        here = replace(host(lambda: self.now), views=self.views)
        return evaluate(here, self.connections, self.store, packs, waivers, recall=recall)

    def check(self, packs, waivers=()):
        """Judge with and without a memory; both say the same."""
        found = self.evaluate(packs, self.recall, waivers)
        derived, alone = +self.derived, self.evaluate(packs, None, waivers)
        self.derived = derived
        assert encode(found) == encode(alone)
        return found


@contextmanager
def opened(folder):
    """Open a world in a folder."""
    store = open_store(StoreSettings(url="sqlite:///ccm.db"), base=folder)
    try:
        yield World(store)
    finally:
        store.close()


@pytest.fixture
def world(tmp_path):
    """A world with a few incidents that were answered, and one that is open."""
    with opened(tmp_path) as made:
        for number in range(8):
            made.incident(f"I{number}")
            made.entry(f"L{number}a", f"I{number}", "trigger")
            made.entry(f"L{number}b", f"I{number}", "acknowledge", -4.9)
            made.entry(f"L{number}c", f"I{number}", "resolve", -4)
        made.incident("I8", -1, status="triggered")
        made.entry("L8a", "I8", "trigger", -1)
        made.refresh()
        yield made


KEYS = [f"I{n}" for n in range(5)]
HOURS = [-5, -1, -2, -719.5, -720, -721, 1]
INCIDENTS = st.fixed_dictionaries(
    {"hours": st.sampled_from(HOURS), "status": st.sampled_from(["triggered", "resolved"])},
    optional={
        "urgency": st.sampled_from(["low", None]),
        "into": st.sampled_from(KEYS),
        "service": st.sampled_from([None, {"id": "S1", "summary": "One"}, {"id": "S9"}]),
        "incident_number": st.sampled_from([1, None]),
    },
)
SUPPORT = {
    "type": "fixed_time_per_day",
    "time_zone": "Europe/Berlin",
    "start_time": "09:00:00",
    "end_time": "17:00:00",
    "days_of_week": [1, 2, 3, 4, 5],
}
SERVICES = st.fixed_dictionaries(
    {},
    optional={
        "support_hours": st.sampled_from([None, SUPPORT]),
        "status": st.sampled_from(["critical", "disabled"]),
    },
)
WHATS = ["trigger", "acknowledge", "resolve", "escalate", "annotate"]
CHANGES = st.one_of(
    st.tuples(st.just("incident"), st.sampled_from(KEYS), INCIDENTS),
    st.tuples(
        st.just("entry"),
        st.sampled_from(["La", "Lb", "Lc", "Ld"]),
        st.sampled_from(KEYS),
        st.sampled_from(WHATS),
        st.sampled_from([-5, -4.9, -4, -1]),
    ),
    st.tuples(st.just("services"), st.dictionaries(st.sampled_from(["S0", "S1"]), SERVICES)),
    st.tuples(
        st.just("erase"), st.sampled_from([INCIDENT, LOG_ENTRY]), st.sampled_from([*KEYS, "La"])
    ),
    st.tuples(st.just("twin"), st.sampled_from(KEYS)),
    st.tuples(st.just("lacking"), st.sampled_from(KEYS)),
    st.tuples(st.just("ahead"), st.sampled_from(KEYS)),
    st.tuples(st.just("stale")),
    st.tuples(st.just("settings"), st.sampled_from(["30d", "1d"])),
    st.tuples(st.just("limit"), st.sampled_from(["2h", "6h"])),
)
STEPS = st.lists(
    st.tuples(
        st.lists(CHANGES, max_size=4), st.sampled_from([1, 1, 20, 70, 60 * 24, 60 * 24 * 20, -30])
    ),
    min_size=2,
    max_size=6,
)


def apply(world, change):
    """Let something happen; give what the evaluations are to be made with from now on."""
    match change:
        case ("incident", key, fields):
            world.incident(key, **fields)
        case ("entry", key, incident, what, hours):
            world.entry(key, incident, what, hours)
        case ("services", services):
            world.serve(services)
        case ("erase", kind, key):
            world.erase(kind, key)
        case ("twin", key):  # the same body, observed through another connection
            world.incident(key, name="twin")
            world.incident(key, name="firm", title="other")
        case ("lacking", key):
            world.lacking(key)
        case ("ahead", key):  # another process, whose clock is ahead
            world.keep(
                INCIDENT,
                {key: {"created_at": "2026-11-23T07:00:00Z", "status": "x"}},
                ended=world.now + timedelta(minutes=30),
            )
        case ("settings", lookback):
            world.connections = [connection(lookback=lookback)]


@pytest.mark.parametrize("name", ["mild", "both", "shipped"])
@settings(deadline=None, max_examples=10)
@given(steps=STEPS)
def test_remembering_changes_nothing(name, steps):
    """Whatever happens in between, each evaluation says what it would say alone."""
    waivers = [
        Waiver(
            id="W",
            rule="mild_incident_response_due",
            subjects=("I1",),
            reason="r",
            owner="a",
            approver="b",
            created=NOW - timedelta(days=1),
            expires=NOW + timedelta(days=2),
        )
    ]
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as world:
        limit = "2h"
        for changes, minutes in steps:
            world.now += timedelta(minutes=minutes)
            for change in changes:
                apply(world, change)
                limit = change[1] if change[0] == "limit" else limit
            if ("stale",) not in changes:
                world.refresh()
            world.check(compiled(name, limit), waivers)


def statuses(evaluation, rule):
    """Give what one rule said, by subject."""
    (found,) = [one for one in evaluation.rules if one.rule == rule]
    return {one.subject.key: one.status.value for one in found.results}


def test_only_what_changed_is_derived_again(world):
    """A changed incident is derived, and one whose age a rule still looks at."""
    packs = compiled("plain")
    first = world.check(packs)
    world.now += timedelta(minutes=5)
    world.entry("L0d", "I0", "annotate", -1)
    world.derived.clear()
    then = world.check(packs)

    assert world.derived[VIEW] == 2
    assert statuses(first, "mild_incident_response_due")["I8"] == "not_applicable"
    same = {
        one.subject.key
        for rule, other in zip(then.rules, first.rules, strict=True)
        for one, was in zip(rule.results, other.results, strict=True)
        if one is was
    }
    assert same >= {f"I{number}" for number in range(1, 8)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(("incident", "I9", {"into": "I1"}), 2, id="one-is-merged-into-another"),
        pytest.param(
            ("services", {"S0": {"support_hours": None}, "S1": {"status": "x"}}),
            0,
            id="a-service-not-used",
        ),
        pytest.param(("services", {"S0": {"status": "x"}, "S1": {}}), 8, id="their-service"),
        pytest.param(("settings", "29d"), 9, id="another-horizon"),
        pytest.param(("erase", LOG_ENTRY, "L3b"), 9, id="something-was-erased"),
        pytest.param(("ahead", "I3"), 9, id="something-was-kept-later"),
        pytest.param(("limit", "6h"), 9, id="another-parameter"),
    ],
)
def test_what_a_change_concerns_is_derived_again(world, change, expected):
    """Where it is not certain what a change concerns, all of it is."""
    world.incident("I8", -1, status="resolved")
    world.entry("L8b", "I8", "resolve", -0.5)
    world.incident("I8", -1, status="resolved", service={"id": "S7"})
    world.check(compiled("plain"))
    world.now += timedelta(minutes=5)
    apply(world, change)
    world.derived.clear()
    world.check(compiled("plain", change[1] if change[0] == "limit" else "2h"))

    assert world.derived[VIEW] == expected


def test_what_is_looked_up_is_judged_afresh(world):
    """A rule that looks services up has all rows anew when one of them changed."""
    world.check(compiled("mild"))
    world.now += timedelta(minutes=5)
    world.serve({"S0": {"status": "disabled"}, "S1": {}})
    found = world.check(compiled("mild"))

    assert statuses(found, "mild_incident_response_seen")["I0"] == "fail"


def test_an_evaluation_of_a_past_moment_remembers_nothing(world):
    """What is remembered is of now."""
    world.check(compiled("plain"))
    held = world.recall.held
    host_ = replace(host(lambda: world.now), views=world.views)
    then = world.now - timedelta(minutes=1)
    evaluate(
        host_, world.connections, world.store, compiled("plain"), as_of=then, recall=world.recall
    )

    assert world.recall.held is held


def test_an_evaluation_that_failed_leaves_nothing(world):
    """Half of what is held may be of then, and half of now."""
    world.check(compiled("plain"))
    world.incident("I1", title="changed")
    store, world.store = world.store, Torn(world.store)
    with pytest.raises(StoreError):
        world.evaluate(compiled("plain"), world.recall)

    assert (world.recall.memory, world.recall.held) == (None, {})
    world.store = store
    world.check(compiled("plain"))


class Torn:
    """A store that cannot be read any more once what changed was told."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        """Ask the store, but for records."""
        if name == "among":
            raise StoreError("the disk reports an error.")
        return getattr(self._store, name)


def test_two_connections_are_held_apart(world):
    """An incident of one of them changes nothing of the other."""
    world.connections = [connection(), connection("twin")]
    world.keep(SERVICE, {}, name="twin", snapshot=True)
    world.incident("I1", name="twin", status="triggered")
    world.entry("L1", "I1", "trigger", name="twin")
    for _ in range(2):
        world.now += timedelta(minutes=2)
        world.check(compiled("plain"))
    world.incident("I1", name="twin", title="another")
    world.derived.clear()
    world.check(compiled("plain"))

    assert world.derived[VIEW] == 2  # I8 of the one, and I1 of the other
