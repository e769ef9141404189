"""The incremental reader: what is read and derived again, and when all of it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.errors import StoreError

INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
SERVICE = "pagerduty.service"
VIEW = "pagerduty.incident_response"


def statuses(evaluation, rule):
    """Return the statuses of one rule, by subject."""
    (evaluated,) = [candidate for candidate in evaluation.rules if candidate.rule == rule]
    return {result.subject.key: result.status.value for result in evaluated.results}


def test_the_reader_derives_only_partitions_that_changed(world, packs):
    """A changed incident is derived, and no other: the moment changes no row."""
    first = world.check(packs("plain"))
    world.now += timedelta(minutes=5)
    world.entry("L0d", "I0", "annotate", -1)
    world.derived.clear()
    second = world.check(packs("plain"))

    assert world.derived[VIEW] == 1
    assert statuses(first, "mild_incident_response_due")["I8"] == "not_applicable"
    assert reused_subjects(first, second) >= {f"I{number}" for number in range(1, 8)}


def reused_subjects(first, second):
    """Return the subjects of which a result is the very same object."""
    return {
        result.subject.key
        for new, old in zip(second.rules, first.rules, strict=True)
        for result, old_result in zip(new.results, old.results, strict=True)
        if result is old_result
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
        pytest.param(("ahead", "I3"), 1, id="something-was-kept-by-a-later-clock"),
        pytest.param(("limit", "6h"), 0, id="another-parameter"),
    ],
)
def test_the_reader_derives_every_row_that_a_change_concerns(world, packs, change, expected):
    """Where it is not certain what a change concerns, all of it is."""
    world.incident("I8", -1, status="resolved")
    world.entry("L8b", "I8", "resolve", -0.5)
    world.incident("I8", -1, status="resolved", service={"id": "S7"}, into="I7")
    world.incident("I7", into="I2")
    world.incident("I6", service={"id": "S7"})
    world.check(packs("plain"))
    world.now += timedelta(minutes=5)
    world.apply(change)
    world.derived.clear()
    world.check(packs("plain", change[1] if change[0] == "limit" else "2h"))

    assert world.derived[VIEW] == expected


def test_the_reader_reads_only_changed_records_of_a_kind(world, packs):
    """Each record of a kind is a partition of its own."""
    first = world.check(packs("raw"))
    world.now += timedelta(minutes=5)
    world.incident("I1", incident_number=1)
    world.store = FailingStore(world.store, "current")
    second = world.evaluate(packs("raw"), world.cache)

    before = statuses(first, "raw_incident_numbered")
    after = statuses(second, "raw_incident_numbered")
    assert after == before | {"I1": "fail"}
    assert len(reused_subjects(first, second)) == len(before) - 1 + 2  # and both services


def test_a_rule_with_lookups_is_evaluated_again_on_all_rows(world, packs):
    """A rule that looks services up gets all rows again when one of them changed."""
    world.check(packs("mild"))
    world.now += timedelta(minutes=5)
    world.store_services({"S0": {"status": "disabled"}, "S1": {}})
    evaluation = world.check(packs("mild"))

    assert statuses(evaluation, "mild_incident_response_seen")["I0"] == "fail"


def test_an_evaluation_of_a_past_moment_leaves_the_cache_alone(world, packs):
    """The cache is of now."""
    world.check(packs("plain"))
    states = world.cache.states
    world.evaluate(packs("plain"), world.cache, as_of=world.now - timedelta(minutes=1))

    assert world.cache.states is states


def test_a_failed_evaluation_empties_the_cache(world, packs):
    """Otherwise half of the state may be of then, and half of now."""
    world.check(packs("plain"))
    world.incident("I1", title="changed")
    store, world.store = world.store, FailingStore(world.store, "get_many")
    with pytest.raises(StoreError):
        world.evaluate(packs("plain"), world.cache)

    assert (world.cache.results, world.cache.states) == (None, {})
    world.store = store
    world.check(packs("plain"))


class FailingRecords:
    """The records of a store, of which one method fails."""

    def __init__(self, records, method):
        self._records, self._method = records, method

    def __getattr__(self, name):
        """Call the store, but for that method."""
        if name == self._method:
            raise StoreError("the disk reports an error.")
        return getattr(self._records, name)


class FailingStore:
    """A store of whose records one method fails."""

    def __init__(self, store, method):
        self._store, self.records = store, FailingRecords(store.records, method)

    def __getattr__(self, name):
        """Call the store."""
        return getattr(self._store, name)


def test_the_states_of_two_connections_are_separate(world, packs):
    """An incident of one of them changes nothing of the other."""
    world.connections = [world.connection(), world.connection("twin")]
    world.store_bodies(SERVICE, {}, name="twin", snapshot=True)
    world.incident("I1", name="twin", status="triggered")
    world.entry("L1", "I1", "trigger", name="twin")
    for _ in range(2):
        world.now += timedelta(minutes=2)
        world.check(packs("plain"))
    world.incident("I1", name="twin", title="another")
    world.derived.clear()
    world.check(packs("plain"))

    assert world.derived[VIEW] == 1  # I1 of the other


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["plain", "both", "aged"])
@pytest.mark.parametrize(
    ("first", "second", "minutes"),
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
        pytest.param(
            [("incident", "I8", {"hours": -1.9, "status": "triggered"})],
            [],
            10,
            id="one-falls-due",
        ),
    ],
)
def test_a_change_that_concerns_other_rows_changes_their_results(
    world, packs, name, first, second, minutes
):
    """By a chain of merges, by the log, or by the time that passes."""
    for change in first:
        world.apply(change)
    before = world.check(packs(name))
    world.now += timedelta(minutes=minutes)
    for change in second:
        world.apply(change)
    after = world.check(packs(name))

    assert [rule.results for rule in before.rules] != [rule.results for rule in after.rules]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("plain", True, id="rules-that-look-it-up"),
        pytest.param("both", True, id="rules-over-both"),
        pytest.param("aged", False, id="rules-over-incidents"),
    ],
)
def test_a_service_that_vanishes_changes_only_what_asks_whether_it_exists(
    world, packs, name, changes
):
    """Incidents are evaluated by what it was; cached results and new ones agree."""
    before = world.check(packs(name))
    world.now += timedelta(minutes=1)
    world.apply(("services", {"S1": {}}))
    after = world.check(packs(name))

    assert (_statuses(after) != _statuses(before)) is changes


def _statuses(evaluation):
    return {result.id: result.status for rule in evaluation.rules for result in rule.results}
