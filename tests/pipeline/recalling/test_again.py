"""What is read and derived again, and when all of it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.errors import StoreError

INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
SERVICE = "pagerduty.service"
VIEW = "pagerduty.incident_response"
AS_IT_WAS = {"support_hours": None}


def statuses(evaluation, rule):
    """Give what one rule said, by subject."""
    (found,) = [one for one in evaluation.rules if one.rule == rule]
    return {one.subject.key: one.status.value for one in found.results}


def test_only_what_changed_is_derived_again(world, packs):
    """A changed incident is derived, and one whose age a rule still looks at."""
    first = world.check(packs("plain"))
    world.now += timedelta(minutes=5)
    world.entry("L0d", "I0", "annotate", -1)
    world.derived.clear()
    then = world.check(packs("plain"))

    assert world.derived[VIEW] == 2
    assert statuses(first, "mild_incident_response_due")["I8"] == "not_applicable"
    assert unchanged(first, then) >= {f"I{number}" for number in range(1, 8)}


def unchanged(first, then):
    """Name the subjects of which a result is the very same object."""
    return {
        one.subject.key
        for rule, other in zip(then.rules, first.rules, strict=True)
        for one, was in zip(rule.results, other.results, strict=True)
        if one is was
    }


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
def test_what_a_change_concerns_is_derived_again(world, packs, change, expected):
    """Where it is not certain what a change concerns, all of it is."""
    world.incident("I8", -1, status="resolved")
    world.entry("L8b", "I8", "resolve", -0.5)
    world.incident("I8", -1, status="resolved", service={"id": "S7"}, into="I7")
    world.incident("I7", into="I2")
    world.incident("I6", service={"id": "S7"})
    world.check(packs("plain"))
    world.now += timedelta(minutes=5)
    world.happens(change)
    world.derived.clear()
    world.check(packs("plain", change[1] if change[0] == "limit" else "2h"))

    assert world.derived[VIEW] == expected


def test_records_that_are_judged_as_they_are_are_read_again_where_they_changed(world, packs):
    """Each of them is a part of its own."""
    first = world.check(packs("raw"))
    world.now += timedelta(minutes=5)
    world.incident("I1", incident_number=1)
    world.store = Torn(world.store, "state")
    then = world.evaluate(packs("raw"), world.recall)

    was, now = statuses(first, "raw_incident_numbered"), statuses(then, "raw_incident_numbered")
    assert now == was | {"I1": "fail"}
    assert len(unchanged(first, then)) == len(was) - 1 + 2  # and both services


def test_what_is_looked_up_is_judged_afresh(world, packs):
    """A rule that looks services up has all rows anew when one of them changed."""
    world.check(packs("mild"))
    world.now += timedelta(minutes=5)
    world.serve({"S0": {"status": "disabled"}, "S1": {}})
    found = world.check(packs("mild"))

    assert statuses(found, "mild_incident_response_seen")["I0"] == "fail"


def test_an_evaluation_of_a_past_moment_remembers_nothing(world, packs):
    """What is remembered is of now."""
    world.check(packs("plain"))
    held = world.recall.states
    world.evaluate(packs("plain"), world.recall, as_of=world.now - timedelta(minutes=1))

    assert world.recall.states is held


def test_an_evaluation_that_failed_leaves_nothing(world, packs):
    """Half of what is held may be of then, and half of now."""
    world.check(packs("plain"))
    world.incident("I1", title="changed")
    store, world.store = world.store, Torn(world.store, "among")
    with pytest.raises(StoreError):
        world.evaluate(packs("plain"), world.recall)

    assert (world.recall.memory, world.recall.states) == (None, {})
    world.store = store
    world.check(packs("plain"))


class Torn:
    """A store of which something cannot be read any more."""

    def __init__(self, store, gone):
        self._store, self._gone = store, gone

    def __getattr__(self, name):
        """Ask the store, but for that."""
        if name == self._gone:
            raise StoreError("the disk reports an error.")
        return getattr(self._store, name)


def test_two_connections_are_held_apart(world, packs):
    """An incident of one of them changes nothing of the other."""
    world.connections = [world.connection(), world.connection("twin")]
    world.keep(SERVICE, {}, name="twin", snapshot=True)
    world.incident("I1", name="twin", status="triggered")
    world.entry("L1", "I1", "trigger", name="twin")
    for _ in range(2):
        world.now += timedelta(minutes=2)
        world.check(packs("plain"))
    world.incident("I1", name="twin", title="another")
    world.derived.clear()
    world.check(packs("plain"))

    assert world.derived[VIEW] == 2  # I8 of the one, and I1 of the other


@pytest.mark.parametrize("name", ["plain", "both", "aged"])
@pytest.mark.parametrize(
    ("first", "then", "minutes"),
    [
        pytest.param([("incident", "I0", {"hours": -719.5})], [], 70, id="one-leaves-the-period"),
        pytest.param(
            [("incident", "I9", {"into": "I0"}), ("incident", "I0", {"hours": -719.5})],
            [],
            70,
            id="what-it-was-merged-into-leaves-the-period",
        ),
        pytest.param(
            [("incident", "I9", {"into": "I1"}), ("entry", "L9", "I9", "trigger", -5)],
            [("entry", "L1e", "I1", "escalate", -1)],
            1,
            id="what-it-was-merged-into-goes-on",
        ),
        pytest.param(
            [("incident", "I9", {"into": "I77"}), ("entry", "L9", "I9", "trigger", -5)],
            [("incident", "I77", {}), ("entry", "L77", "I77", "trigger", -5)],
            1,
            id="what-it-was-merged-into-comes-to-be-known",
        ),
        pytest.param(
            [("incident", "I9", {"into": "I1"})],
            [("incident", "I9", {"status": "triggered"})],
            1,
            id="it-was-never-merged",
        ),
        pytest.param([], [("entry", "L1b", "I2", "acknowledge", -4)], 1, id="an-entry-moves"),
        pytest.param([], [], 75, id="one-grows-older"),
        pytest.param([("incident", "I8", {"hours": -1.9})], [], 10, id="one-falls-due"),
        pytest.param([], [("services", {"S1": {}})], 1, id="their-service-vanishes"),
    ],
)
def test_what_concerns_others_too_is_said_of_them(world, packs, name, first, then, minutes):
    """By the line of merges, by the log, or by the time that passes."""
    for change in first:
        world.happens(change)
    before = world.check(packs(name))
    world.now += timedelta(minutes=minutes)
    for change in then:
        world.happens(change)
    after = world.check(packs(name))

    assert [one.results for one in before.rules] != [one.results for one in after.rules]
