"""Notifying of stored findings: whoever has to act learns of each change once, whatever fails."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.errors import SecretError
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.notify import sent_state
from ccm_core.notify.types import Channel
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.findings.track import track_findings
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.pipeline.notify import NotificationPolicy, notify
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from tests.findings.evaluations import HOUR, START, evaluation, result

DAY = timedelta(days=1)
"""The first moment is a Monday, 08:00 UTC."""
ALL = Channel(name="all", to=("env:HOOK",), min_severity=Severity.INFORMATIONAL)
DOORS = Channel(name="doors", to=("env:DOORS",), owners=("Doors",))


class Notified:
    """A store with evaluations, and channels whose addresses are on loopback."""

    def __init__(self, folder, name, addresses, channels):
        self.store = open_store(StoreLocation(url=f"sqlite:///{name}.db"), base=folder, create=True)
        self.file = folder / f"{name}.json"
        self.lookups = Counter()
        self.policy = NotificationPolicy(
            channels=channels,
            address=self._address,
            sent_state=self.file,
            findings=FindingPolicy(due={"high": 2 * HOUR}),
        )
        self._addresses = addresses
        self.latest = None

    def _address(self, reference):
        self.lookups[reference] += 1
        if reference not in self._addresses:
            raise SecretError(f"{reference} is not set")
        return Secret(self._addresses[reference])

    def evaluate(self, results, hour):
        """Store an evaluation and track its findings."""
        self.latest = evaluation(results, hour)
        self.store.evaluations.append(self.latest)
        track_findings(self.store)

    def notify(self, now=None):
        """Notify; return the titles that were sent, and what failed, by channel and address."""
        moment = now or self.latest.evaluated_at
        host = Host(version="0", kinds={}, views={}, plugins=(), clock=lambda: moment)
        results = notify(host, self.store, self.latest, self.policy)
        return {
            one.recipient: one.failure or one.message.title
            for one in results
            if one.message is not None
        }

    def reader(self):
        """Return what reads the findings."""
        return FindingReader(
            store=self.store, policy=self.policy.findings, now=self.latest.evaluated_at
        )


@pytest.fixture
def notified(tmp_path, webhook):
    """Make a store, whose channels reach the web hook but for those that are named."""
    made, numbers = [], itertools.count()

    def make(*channels, **addresses):
        reached = {"env:HOOK": webhook.address, "env:DOORS": webhook.address, **addresses}
        made.append(Notified(tmp_path, f"store-{next(numbers)}", reached, channels or (ALL,)))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


def door(key, status="fail", **more):
    """Make the result of one check on one door."""
    return result("owned", key, status, **more)


def owned_door(key, *owners):
    """Make the subject of a door that teams own."""
    return Subject(kind="acme.door", key=key, title=f"Door {key}", owners=owners)


def test_a_channel_that_is_down_keeps_no_other(notified, webhook):
    """It is sent the same the next time, and nobody anything twice."""
    world = notified(ALL, DOORS, **{"env:HOOK": "json://127.0.0.1:9/"})
    world.evaluate([door("a"), door("b", subject=owned_door("b", "Doors"))], 0)
    assert world.notify() == {
        "all env:HOOK": "the service did not accept the message",
        "doors env:DOORS": "ccm: 1 open finding",
    }
    world._addresses["env:HOOK"] = webhook.address
    assert world.notify() == {"all env:HOOK": "ccm: 1 open finding"}
    assert world.notify() == {}


def test_addresses_are_looked_up_where_there_is_something_to_send(notified):
    """A secret that is gone is no failure of a quiet hour, and keeps no other from being sent."""
    world = notified(Channel(name="gone", to=("env:GONE", "env:HOOK")))
    world.evaluate([door("a", "pass")], 0)
    assert (world.notify(), world.lookups) == ({}, Counter())
    world.evaluate([door("a")], 1)
    assert world.notify() == {
        "gone env:GONE": "env:GONE is not set",
        "gone env:HOOK": "ccm: 1 open finding",
    }


def test_a_kill_between_sending_and_recording_repeats_one_message(notified, webhook):
    """The state of before is there then: the message is sent once more, and never again."""
    world = notified()
    world.evaluate([door("a")], 0)
    world.notify()
    before = world.file.read_bytes()
    world.evaluate([door("a"), door("b")], 1)
    world.notify()
    world.file.write_bytes(before)
    world.notify()
    assert world.notify() == {}
    titles = [message["title"] for message in webhook.messages]
    assert titles == ["ccm: 1 open finding", "ccm: 1 opened", "ccm: 1 opened"]


def test_a_finding_that_is_handed_over_is_new_to_one_channel_and_over_for_the_other(notified):
    """And nobody reads that it was resolved."""
    world = notified(ALL, DOORS)
    world.evaluate([door("a"), door("b", subject=owned_door("b", "Doors"))], 0)
    world.notify()
    (item,) = [item for item in world.reader().active() if item.finding.subject.key == "a"]
    act = FindingAct(
        finding=item.finding.id, kind=ActKind.ASSIGNED, at=START, by="ada", owner="Doors"
    )
    world.store.findings.append_act(act)
    assert world.notify() == {
        "all env:HOOK": "ccm: 1 handed over",
        "doors env:DOORS": "ccm: 1 opened",
    }
    world.evaluate([door("a", "pass"), door("b", "pass")], 1)
    assert world.notify() == {"doors env:DOORS": "ccm: 2 resolved"}


def test_a_due_date_that_passes_is_news_without_any_change_of_evidence(notified):
    """Two hours after it was opened, as the settings of this test have it."""
    world = notified()
    world.evaluate([door("a")], 0)
    world.notify()
    assert world.notify(START + HOUR) == {}
    assert world.notify(START + 2 * HOUR) == {"all env:HOOK": "ccm: 1 overdue"}
    assert world.notify(START + 3 * HOUR) == {}


def test_a_week_of_hourly_runs_sends_a_digest_on_each_working_day(notified, webhook):
    """At 08:00, from the first message on; in no other hour is anything repeated."""
    world = notified()
    world.evaluate([door("a")], 0)
    sent = [hour for hour in range(8 * 24) if world.notify(START + hour * HOUR)]
    overdue = 2
    assert sent == [0, overdue, 24, 48, 72, 96, 168]
    assert webhook.messages[-1]["title"] == "ccm: 1 open finding, 1 overdue"


def test_a_digest_that_was_missed_is_sent_with_the_first_run_after_it(notified):
    """A machine that was off at 08:00 sends it when it runs again, once."""
    world = notified()
    world.evaluate([door("a", "pass"), door("b")], 0)
    world.notify()
    assert list(world.notify(START + DAY + 5 * HOUR)) == ["all env:HOOK"]
    assert world.notify(START + DAY + 6 * HOUR) == {}


STATUSES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["pass", "fail", "error"]))


@given(hours=st.lists(st.tuples(STATUSES, st.booleans()), min_size=1, max_size=5))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_was_sent_is_what_is_open(notified, webhook, hours):
    """After each message that arrives, whatever failed before; and nothing is sent twice."""
    world = notified()
    for number, (statuses, is_up) in enumerate(hours):
        world.evaluate([door(key, status) for key, status in statuses.items()], number)
        webhook.status = 200 if is_up else 500
        world.notify()
        if is_up:
            states = sent_state.read(world.file)
            keys = {key for state in states.values() for key in state.conditions}
            active = {f"finding:{item.finding.id}" for item in world.reader().active()}
            assert {key for key in keys if key.startswith("finding:")} == active
            assert world.notify() == {}
