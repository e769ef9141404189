"""Incidents that others were merged into: read by id, judged with what they are, gone or hidden."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from pagerduty_simulator.account.identifiers import incident_id
from pagerduty_simulator.account.incident_store import Event, IncidentRecord, IncidentState
from pagerduty_simulator.api.faults import refuse

from ccm_core.collect.windows.window_read import MAX_REFERENCED
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import LookupOutcome, Outcome, Reason

INCIDENT = "pagerduty.incident"
RULE = "pagerduty_incident_acknowledged_in_time"
FIRST = 7_000
MINUTE, HOUR, DAY = 60, 3_600, 86_400
AN_HOUR = timedelta(hours=1)
CHILD_AGE = 90 * MINUTE
"""The child began that long before now: within the lookback, after the run of two hours ago."""


@dataclass(frozen=True, kw_only=True)
class Merges:
    """Incidents of a test, by the name that it gives them."""

    lab: object

    def put(self, number, age, *events, into=None, urgency="high"):
        """Trigger an incident some seconds before now; events are ``(seconds after, type)``."""
        incidents, user = self.lab.account.incidents, next(iter(self.lab.account.users.values()))
        person = {"id": user.id, "type": "user_reference", "summary": user.name}
        some = next(iter(incidents))
        trigger = Event(0, "trigger", some.references.service, "api")
        timeline = (trigger, *(Event(after, name, person, "website") for after, name in events))
        incidents.put(
            [
                IncidentRecord(
                    number=FIRST + number,
                    created=self.lab.account.epoch - age,
                    references=some.references,
                    state=IncidentState(
                        events=timeline, merged_into=None if into is None else FIRST + into
                    ),
                    title=f"Incident {number}",
                    urgency=urgency,
                )
            ]
        )

    def child(self, *events, merged=5 * MINUTE, into=0, number=1):
        """Trigger an incident that is merged after some seconds."""
        self.put(number, CHILD_AGE, *events, (merged, "resolve"), into=into)

    def remove(self, number):
        """Delete an incident."""
        self.lab.account.incidents.remove(FIRST + number)

    @staticmethod
    def key(number):
        """Return the id of an incident."""
        return incident_id(FIRST + number)

    def result(self, ran, number=1):
        """Return what the rule of acknowledgements says of an incident; None: it is not judged."""
        return ran.results(RULE).get(f"{INCIDENT}:{self.key(number)}")

    def requests(self, ran, number=0):
        """Return the paths of requests about one incident."""
        return [
            request.path
            for request in ran.requests
            if request.path.startswith(f"/incidents/{self.key(number)}")
        ]


@pytest.fixture
def merges(lab):
    """Trigger and merge incidents; they are gone after the test."""
    incidents = lab.account.incidents
    before = {incident.number for incident in incidents}
    yield Merges(lab=lab)
    for number in {incident.number for incident in incidents} - before:
        incidents.remove(number)


def refreshes(ran):
    """Return the collections in which what may have changed was read."""
    return [
        collection
        for collection in ran.by_kind["incident"]
        if collection.window is None and collection.amends is None
    ]


@pytest.mark.attack(
    "Answers of the source",
    "An incident is merged into one that began before the lookback, and is resolved or still open",
    "The parent and its log entries are read by id, once; the child is judged with them",
)
@pytest.mark.parametrize("ended", [True, False], ids=["resolved", "open"])
def test_a_parent_from_before_the_lookback_is_read_by_its_id(lab, merges, ended):
    """It exists at the source, so nothing about its child stays inconclusive."""
    age = 60 * DAY
    end = [(age - HOUR // 2, "resolve")] if ended else []
    merges.put(0, age, (age - CHILD_AGE + 6 * MINUTE, "acknowledge"), *end, urgency="low")
    merges.child()
    first = lab.read()
    again = lab.read(after=first, later=AN_HOUR)

    for ran in (first, again):
        assert merges.result(ran).status is Status.PASS
    assert f"/incidents/{merges.key(0)}/log_entries" in merges.requests(first)
    assert merges.requests(again) == []
    assert set(first.outcomes.values()) == {Outcome.COMPLETE}


def test_a_chain_of_parents_is_read_link_by_link(lab, merges):
    """Each link is named by the one before it alone."""
    merges.put(0, 62 * DAY, (5 * MINUTE, "acknowledge"), (9 * DAY, "resolve"))
    merges.put(2, 61 * DAY, (8 * DAY, "resolve"), into=0)
    merges.put(3, 60 * DAY, (7 * DAY, "resolve"), into=2)
    merges.child(into=3)
    ran = lab.read()

    assert {merges.key(number) for number in (0, 1, 2, 3)} <= ran.bodies["incident"].keys()
    result = merges.result(ran)
    assert result is None or result.status is not Status.INSUFFICIENT
    (refresh,) = refreshes(ran)
    assert any("3 objects" in note for note in refresh.notes)


@pytest.mark.parametrize(
    ("events", "merged", "status"),
    [
        pytest.param([(4 * MINUTE, "acknowledge")], 5 * MINUTE, Status.PASS, id="acknowledged"),
        pytest.param(
            [(20 * MINUTE, "acknowledge")], 30 * MINUTE, Status.FAIL, id="acknowledged too late"
        ),
        pytest.param([], 16 * MINUTE, Status.FAIL, id="merged after the limit"),
        pytest.param([], 15 * MINUTE, Status.INSUFFICIENT, id="merged at the limit"),
        pytest.param([], 5 * MINUTE, Status.INSUFFICIENT, id="merged before the limit"),
    ],
)
@pytest.mark.attack(
    "Answers of the source",
    "An incident is merged into one that was deleted, and read with an account key",
    "It is judged by its own time; where that does not decide, the reason names the parent",
)
def test_a_child_of_a_deleted_parent_is_judged_by_what_it_proves(
    lab, merges, events, merged, status
):
    """Nobody can have acknowledged it through the parent before it was merged."""
    merges.child(*events, merged=merged)
    ran = lab.read()
    result = merges.result(ran)

    assert result.status is status
    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    (refresh,) = refreshes(ran)
    (gone,) = refresh.dangling
    assert (gone.kind, gone.key) == (INCIDENT, merges.key(0))
    assert (gone.named_by, gone.lookup_outcome) == (merges.key(1), LookupOutcome.DELETED)
    if status is Status.INSUFFICIENT:
        assert f"#{FIRST}" in result.reason or merges.key(0) in result.reason
        assert "gone at PagerDuty" in result.reason
        assert "waive" in result.reason


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.attack(
    "Visibility",
    "An incident is merged into one that the credential may not see",
    "Its child is inconclusive, and the reason is what the credential may not see",
)
def test_a_child_of_a_hidden_parent_is_inconclusive(lab, merges, status):
    """To a credential that sees a part, 404 does not mean deleted."""
    merges.put(0, 60 * DAY, (60 * DAY - HOUR, "acknowledge"), (60 * DAY - 60, "resolve"))
    merges.child((2 * MINUTE, "acknowledge"))
    if status == 404:
        lab.become_user_of_one_team()
        lab.control.visible_teams = None
    lab.control.inject("/incidents/{id}", refuse(status))
    ran = lab.read()

    result = merges.result(ran)
    assert result.status is Status.INSUFFICIENT
    assert Reason.HIDDEN_REFERENCES in ran.reasons("incident")
    assert merges.key(0) in result.reason
    assert "credential that sees the whole account" in result.reason


@pytest.mark.parametrize(
    "merged",
    [{1: 1}, {1: 2, 2: 1}, {1: 2, 2: 3, 3: 2}],
    ids=["into itself", "into each other", "into a circle"],
)
def test_a_circle_of_merges_ends(lab, merges, merged):
    """It cannot be; nothing passes by it, and nothing is asked for without end."""
    for number, into in merged.items():
        merges.child(number=number, into=into)
    ran = lab.read()

    assert all(merges.result(ran, number).status is Status.INSUFFICIENT for number in merged)
    assert "merged in a circle" in merges.result(ran).reason


def test_a_parent_that_a_stopped_run_left_unread_is_read_by_the_next(lab, merges):
    """No window names it any more: what the stopped run stored does."""
    merges.put(0, 60 * DAY, (60 * DAY - 80 * MINUTE, "acknowledge"), (60 * DAY - 60, "resolve"))
    merges.child()
    lab.control.script("/incidents", [None, *[refuse(500)] * 4])
    stopped = lab.read()
    lab.control.allow("/incidents")
    assert merges.key(0) not in stopped.bodies["incident"]

    ran = lab.read(after=stopped)
    assert merges.key(0) in ran.bodies["incident"]
    result = merges.result(ran)
    assert result is None or result.status is not Status.INSUFFICIENT


@pytest.mark.parametrize("strategy", ["account", "incident"])
def test_a_parent_whose_history_failed_is_read_again(lab, merges, strategy):
    """An incident in the evidence without its log entries leaves its children in doubt."""
    template = "/incidents/{id}/log_entries"
    merges.put(0, 60 * DAY, (60 * DAY - 80 * MINUTE, "acknowledge"), (60 * DAY - 60, "resolve"))
    merges.child()

    def refuse_the_parent(request, honest):
        is_parent = merges.key(0) in request.path
        return refuse(500)(request, honest) if is_parent else honest(request)

    lab.control.inject(template, refuse_the_parent)
    failed = lab.read(log_entries=strategy)
    lab.control.allow(template)
    assert failed.subjects("incident") == {f"{INCIDENT}:{merges.key(0)}"}

    ran = lab.read(after=failed, log_entries=strategy)
    assert merges.requests(ran)
    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    result = merges.result(ran)
    assert result is None or result.status is not Status.INSUFFICIENT


@pytest.mark.slow
def test_no_more_parents_are_read_in_a_run_than_its_bound(lab, merges):
    """The next run goes on where it stopped."""
    numbers = range(1_000, 1_000 + MAX_REFERENCED + 3)
    for number in numbers:
        merges.put(number, 60 * DAY, (7 * DAY, "resolve"))
        merges.child(number=number + 1_000, into=number)
    parents = {merges.key(number) for number in numbers}
    ran = lab.read()
    counts = [len(parents & ran.bodies["incident"].keys())]
    assert ran.outcomes["incident"] is Outcome.PARTIAL
    assert Reason.INTERRUPTED in ran.reasons("incident")
    for _ in range(2):
        ran = lab.read(after=ran, later=AN_HOUR)
        counts.append(len(parents & ran.bodies["incident"].keys()))
    assert counts == [MAX_REFERENCED, len(numbers), len(numbers)]
    assert ran.outcomes["incident"] is Outcome.COMPLETE


def test_an_incident_that_is_open_for_longer_than_the_lookback_is_judged(lab, merges):
    """Its log entries are in no window: they are read by its id, once."""
    merges.put(0, 60 * DAY)
    first = lab.read()
    again = lab.read(after=first, later=AN_HOUR)

    assert set(first.outcomes.values()) == {Outcome.COMPLETE}
    assert merges.result(first, 0).status is Status.FAIL
    assert merges.requests(first) == [f"/incidents/{merges.key(0)}/log_entries"]
    assert merges.requests(again) == []
